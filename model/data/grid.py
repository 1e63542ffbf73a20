"""The 19 electrodes of the international 10-20 system on a 5x5 grid.

Rows run from the forehead to the back of the head, columns from left to right, so that a 3x3 kernel sees
neighbours of the scalp:

         0    1    2    3    4
    0    .   Fp1   .   Fp2   .
    1   F7   F3   Fz   F4   F8
    2   T3   C3   Cz   C4   T4
    3   T5   P3   Pz   P4   T6
    4    .   O1    .   O2   .

The map is fixed, since a network is trained for it. The tests derive it once more from the positions of
mne's `colin27_1020` montage: rows by the front-back coordinate, columns by the left-right rank in the row.
"""

from __future__ import annotations

import numpy as np

GRID: tuple[tuple[str | None, ...], ...] = (
    (None, "Fp1", None, "Fp2", None),
    ("F7", "F3", "Fz", "F4", "F8"),
    ("T3", "C3", "Cz", "C4", "T4"),
    ("T5", "P3", "Pz", "P4", "T6"),
    (None, "O1", None, "O2", None),
)
HEIGHT = len(GRID)
WIDTH = len(GRID[0])
_CELLS = [(row, column) for row in range(HEIGHT) for column in range(WIDTH) if GRID[row][column] is not None]
ROWS = np.array([row for row, _ in _CELLS])
COLUMNS = np.array([column for _, column in _CELLS])
ELECTRODES: tuple[str, ...] = tuple(name for line in GRID for name in line if name is not None)


def place(values: np.ndarray) -> np.ndarray:
    """Put electrode values on the grid: (..., 19) in the order of ELECTRODES -> (..., 5, 5).

    Cells without an electrode are exactly 0, of the same type as `values`.
    """
    placed = np.zeros((*values.shape[:-1], HEIGHT, WIDTH), dtype=values.dtype)
    placed[..., ROWS, COLUMNS] = values
    return placed
