"""What a person writes once: facts of the board, presets of network and folding."""
