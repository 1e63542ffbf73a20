"""The driver of a PYNQ board with the chip on it: `with Chip("firstspike.bit") as chip: chip.classify(batch)`.

Imports NumPy, pynq and spec (with what that needs of base) alone, as Python 3.10 and NumPy 1.21 have it, so that the
board's own image runs it.
"""

from firstspike_board.chip import Chip, Result
from firstspike_board.errors import BoardError

__all__ = ["BoardError", "Chip", "Result"]
