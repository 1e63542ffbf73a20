"""`make package`: one archive for a board, with a wheel of the driver that needs no network and no compiler."""
