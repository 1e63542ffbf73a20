"""EEGMAT: EEG during mental arithmetic, PhysioNet, ODC-By 1.0.

Zyma et al., Data 4(1), 14 (2019), doi:10.13026/C2JQ1P. Per subject one recording at rest (`SubjectNN_1.edf`,
about 180 s, label 0) and one of serial subtraction (`SubjectNN_2.edf`, about 60 s, label 1), 19 electrodes of
the 10-20 system. As published: 500 Hz, with an ear channel and an ECG, which are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from flow.errors import UserError, expected
from model.data.edf import read_signal
from model.data.recording import Dataset, Recording

CLASS_NAMES = ("rest", "arithmetic")
_DROPPED = ("EEG A2-A1", "ECG ECG")
FILE_NAME = re.compile(r"Subject(\d+)_([12])\.edf", re.IGNORECASE | re.ASCII)


def load(root: Path | None) -> Dataset:
    """Read every subject in the folder `root`. Raises UserError on anything missing or damaged."""
    files = _find(root)
    recordings = tuple(
        Recording(subject, label, read_signal(path, _DROPPED)) for (subject, label), path in sorted(files.items())
    )
    source = "PhysioNet EEGMAT 1.0.0 (Zyma et al. 2019), ODC-By 1.0"
    return Dataset("eegmat", False, source, CLASS_NAMES, recordings)


def _find(root: Path | None) -> dict[tuple[int, int], Path]:
    """{(subject, label): file}, with both recordings of each subject."""
    if root is None:
        raise UserError(
            "DATA_ROOT: got none, expected the folder of SubjectNN_1.edf; `make data DATASET=eegmat` gets it"
        )
    if not root.is_dir():
        raise expected("DATA_ROOT", f"{root}, which is not a folder", "the folder of SubjectNN_1.edf, SubjectNN_2.edf")
    files: dict[tuple[int, int], Path] = {}
    for path in sorted(root.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        if match:
            files[int(match[1]), int(match[2]) - 1] = path
    if not files:
        raise expected("DATA_ROOT", f"{root} without any SubjectNN_1.edf", "EEGMAT's EDF files")
    for subject, label in files:
        if (subject, 1 - label) not in files:
            other = f"Subject{subject:02d}_{2 - label}.edf"
            raise expected(f"{root}: subject {subject}", f"{files[subject, label].name} alone", f"{other} beside it")
    return files
