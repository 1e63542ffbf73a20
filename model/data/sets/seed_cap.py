"""The 62-electrode cap of the SEED sets: order in the files, place on the 8x9 grid, and the sample's shape.

Order: `Channel Order.xlsx` of the SEED release, the same for SEED, SEED-IV and SEED-V.

Grid: the 8x9 map public code uses for this cap. Rows run from the forehead to the back of the head, columns from
left to right; AF3 and AF4 stand beside the frontal poles:

         0    1    2    3    4    5    6    7    8
    0    .    .   AF3  Fp1  Fpz  Fp2  AF4   .    .
    1   F7   F5   F3   F1   Fz   F2   F4   F6   F8
    2   FT7  FC5  FC3  FC1  FCz  FC2  FC4  FC6  FT8
    3   T7   C5   C3   C1   Cz   C2   C4   C6   T8
    4   TP7  CP5  CP3  CP1  CPz  CP2  CP4  CP6  TP8
    5   P7   P5   P3   P1   Pz   P2   P4   P6   P8
    6    .   PO7  PO5  PO3  POz  PO4  PO6  PO8   .
    7    .    .   CB1  O1   Oz   O2   CB2   .    .

The tests hold it to mne's `colin27_1005` montage: x grows along every row, y falls down every column. CB1 and CB2
(cerebellar) are not in the montage; taken for its PO9 and PO10 they keep the order in their row.

Sample: 4x8x9, a window of 1 s. A window is cut into T = 4 frames, so a frame has 0.25 s, 50 samples at 200 Hz:
the paper cuts each trial by a fixed window that does not overlap and then "each sample into several shorter
frames"; its table lists the window (1 s) beside the frames (4). With the same reading DEAP's 1.5 s in 6 frames
are 0.25 s as well, which the other reading (1 s per frame, 4 s per sample) would leave a coincidence. A frame of
0.25 s resolves 4 Hz, so its spectrum holds 11 lines from 4 to 44 Hz and says nothing below 4 Hz.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.grid import Grid
from model.data.recording import Layout

SAMPLING_HZ = 200
SAMPLE_S = 1.0
_ORDER = """
    Fp1 Fpz Fp2 AF3 AF4 F7 F5 F3 F1 Fz F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCz FC2 FC4 FC6 FT8 T7 C5 C3 C1 Cz C2 C4 C6 T8
    TP7 CP5 CP3 CP1 CPz CP2 CP4 CP6 TP8 P7 P5 P3 P1 Pz P2 P4 P6 P8 PO7 PO5 PO3 POz PO4 PO6 PO8 CB1 O1 Oz O2 CB2
"""
FILE_ORDER: tuple[str, ...] = tuple(_ORDER.split())  # rows of the files' arrays

GRID: Grid = (
    (None, None, "AF3", "Fp1", "Fpz", "Fp2", "AF4", None, None),
    ("F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8"),
    ("FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8"),
    ("T7", "C5", "C3", "C1", "Cz", "C2", "C4", "C6", "T8"),
    ("TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8"),
    ("P7", "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8"),
    (None, "PO7", "PO5", "PO3", "POz", "PO4", "PO6", "PO8", None),
    (None, None, "CB1", "O1", "Oz", "O2", "CB2", None, None),
)
LAYOUT = Layout(SAMPLING_HZ, SAMPLE_S, 4, GRID)
# signal[TO_LAYOUT] puts the rows of a file's array into the layout's order.
TO_LAYOUT = np.array([FILE_ORDER.index(name) for name in LAYOUT.electrodes])


def find_folder(root: Path | None, name: str, inside: re.Pattern[str]) -> Path:
    """The folder `name` of the release: in `root`, or `root` itself, known by a name in it that `inside` matches.

    Raises UserError where neither is there, and where both are.
    """
    wanted = f"the release's folder that holds {name}"
    if root is None:
        raise expected("DATA_ROOT", "none", wanted)
    itself = root.is_dir() and any(inside.fullmatch(path.name) for path in root.iterdir())
    if itself and (root / name).is_dir():
        raise expected("DATA_ROOT", f"{root} with recordings beside {name}", "one of the two")
    if not itself and not (root / name).is_dir():
        raise expected("DATA_ROOT", f"{root} without {name}", wanted)
    return root if itself else root / name
