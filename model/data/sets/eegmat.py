"""EEGMAT: EEG during mental arithmetic, PhysioNet, ODC-By 1.0.

Zyma et al., Data 4(1), 14 (2019), doi:10.13026/C2JQ1P. Per subject one recording at rest (`SubjectNN_1.edf`,
about 180 s, label 0) and one of serial subtraction (`SubjectNN_2.edf`, about 60 s, label 1), 19 electrodes of
the 10-20 system. As published: 500 Hz, with an ear channel and an ECG, which are left out. Every file of subjects
00-23 ends in 2 s in which nothing moves (1.07 s of the last value, 0.9 s of zeros): cut off before any filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.folds.standardise import TRAIN_SUBJECTS
from model.data.formats.edf import open_edf
from model.data.formats.recorded import DAMAGE, usable
from model.data.grid import TEN_TWENTY
from model.data.recording import Dataset, Layout, Preparation, Recording, trial_number

CLASS_NAMES = ("rest", "arithmetic")
LAYOUT = Layout(sampling_hz=128, sample_s=6.0, frames_per_sample=4, grid=TEN_TWENTY)
# Training windows overlap by 3 of 4 frames, an augmentation.
SETTINGS = Preparation(("bandpower",), "smoother", TRAIN_SUBJECTS, train_stride=1)
CAUTIONS = (
    "EEGMAT is rest against mental arithmetic, not emotion, with one recording per class and person.",
    "The recipe (features, teacher, penalty) was found on subjects of EEGMAT, and its test subjects were looked at on "
    "the way: no untouched test of it (docs/training.md).",
)
_DROPPED = ("EEG A2-A1", "ECG ECG")
FILE_NAME = re.compile(r"Subject(\d+)_([12])\.edf", re.IGNORECASE | re.ASCII)


def load(root: Path | None) -> Dataset:
    """Every subject in the folder `root`; a recording's trial number is its label.

    Raises UserError on anything missing, and, once read, on anything damaged.
    """
    files = _find(root)

    def read(subject: int) -> Iterator[Recording]:
        for label in range(len(CLASS_NAMES)):
            signal, rate_hz, notes = read_signal(files[subject, label])
            yield Recording(subject, 0, label, label, signal, notes, raw_hz=rate_hz)

    source = "PhysioNet EEGMAT 1.0.0 (Zyma et al. 2019), ODC-By 1.0"
    subjects = tuple(sorted({subject for subject, _ in files}))
    return Dataset("eegmat", False, source, CLASS_NAMES, LAYOUT, SETTINGS, subjects, read,
                   lambda subject: [files[subject, label] for label in range(len(CLASS_NAMES))],
                   cautions=CAUTIONS, resamples=True, rest=CLASS_NAMES[0])


def read_signal(path: Path) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """One file: float64 (electrodes, samples) in microvolt as recorded, its rate in Hz, and notes on it.

    Raises UserError on a damaged file, on missing or unknown channels and on what cannot be EEG (see usable).
    """
    try:
        recorded = open_edf(path, LAYOUT.electrodes, _DROPPED)
        signal, notes = usable(recorded, 0.0, None, LAYOUT.sample_s, str(path))
    except DAMAGE as error:
        raise UserError(f"{path}: not a readable EDF file: {' '.join(str(error).split())}") from error
    return signal, recorded.rate_hz, notes


def _find(root: Path | None) -> dict[tuple[int, int], Path]:
    """{(subject, label): file}, with both recordings of each subject."""
    if root is None:
        raise UserError(
            "DATA_ROOT: got none, expected the folder of SubjectNN_1.edf; `make data DATASET=eegmat` gets it"
        )
    if not root.is_dir():
        wanted = "the folder of SubjectNN_1.edf, SubjectNN_2.edf (`make data DATASET=eegmat` downloads them)"
        raise expected("DATA_ROOT", f"{root}, which is not a folder", wanted)
    files: dict[tuple[int, int], Path] = {}
    for path in sorted(root.iterdir()):
        match = FILE_NAME.fullmatch(path.name)
        if match:
            key = int(match[1]), int(match[2]) - 1
            trial_number(key[0], 0, key[1])  # not too large a number
            if key in files:
                raise expected(f"{root}: subject {key[0]}", f"{files[key].name} and {path.name}", "one of them")
            files[key] = path
    if not files:
        raise expected("DATA_ROOT", f"{root} without any SubjectNN_1.edf", "EEGMAT's EDF files")
    for subject, label in files:
        if (subject, 1 - label) not in files:
            other = f"Subject{subject:02d}_{2 - label}.edf"
            raise expected(f"{root}: subject {subject}", f"{files[subject, label].name} alone", f"{other} beside it")
    return files
