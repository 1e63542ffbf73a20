"""Electrodes on a rectangular grid, so that a 3x3 kernel sees neighbours of the scalp.

Rows run from the forehead to the back of the head, columns from left to right. TEN_TWENTY holds the 19 electrodes
of the international 10-20 system:

         0    1    2    3    4
    0    .   Fp1   .   Fp2   .
    1   F7   F3   Fz   F4   F8
    2   T3   C3   Cz   C4   T4
    3   T5   P3   Pz   P4   T6
    4    .   O1    .   O2   .

A data set's map is fixed, since a network is trained for it. The tests derive each once more from the positions
of mne's standard montages.
"""

from __future__ import annotations

import numpy as np

Grid = tuple[tuple[str | None, ...], ...]  # rows of equal length; None is a cell without an electrode

TEN_TWENTY: Grid = (
    (None, "Fp1", None, "Fp2", None),
    ("F7", "F3", "Fz", "F4", "F8"),
    ("T3", "C3", "Cz", "C4", "T4"),
    ("T5", "P3", "Pz", "P4", "T6"),
    (None, "O1", None, "O2", None),
)


def electrodes(grid: Grid) -> tuple[str, ...]:
    """The grid's electrodes, row by row."""
    return tuple(name for row in grid for name in row if name is not None)


def place(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Put electrode values on the grid: (..., electrodes) in the order of `electrodes(grid)` -> (..., H, W).

    Cells without an electrode are exactly 0, of the same type as `values`.
    """
    taken = np.array([[name is not None for name in row] for row in grid])
    placed = np.zeros((*values.shape[:-1], *taken.shape), dtype=values.dtype)
    placed[..., taken] = values  # a mask selects row by row, the order of electrodes()
    return placed
