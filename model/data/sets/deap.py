"""DEAP: EEG and peripheral signals of 32 people who watched 40 one-minute music videos.

Koelstra et al., IEEE Trans. Affect. Comput. 3, 18 (2012); given on request by Queen Mary University of London.
Read are the files of data_preprocessed_python, s01.dat to s32.dat: a pickle of `data` (40 trials, 40 channels, 8064
samples) and `labels` (40 trials; valence, arousal, dominance, liking, each 1 to 9); or those of
data_preprocessed_matlab, s01.mat to s32.mat, with variables of these names and shapes. 128 Hz, microvolt, 4-45 Hz,
average reference, eyes' artefacts taken out, all by DEAP's authors. Of the 40 channels the first 32 are EEG, in the
order of CHANNELS; the first 3 s of a trial are its baseline, 60 s of video follow.

A sample is 1.5 s, 192 samples, divided into 6 frames of 0.25 s (32 samples, spectral lines 4 Hz apart); the paper's
6x6x7. A trial gives 40 of them. `deap-valence` and `deap-arousal` are two tasks: is the rating above 5?
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.formats.matlab import MatFile
from model.data.formats.pickled import read_arrays
from model.data.recording import Dataset, Layout, Recording
from model.data.sets.paper import paper_settings
from model.data.sets.ratings import CLASS_NAMES, labels_of
from model.data.signal.conditioning import from_baseline
from model.data.signal.still import trim

CHANNELS = (
    "Fp1", "AF3", "F3", "F7", "FC5", "FC1", "C3", "T7", "CP5", "CP1", "P3", "P7", "PO3", "O1", "Oz", "Pz",
    "Fp2", "AF4", "Fz", "F4", "F8", "FC6", "FC2", "Cz", "C4", "T8", "CP6", "CP2", "P4", "P8", "PO4", "O2",
)
# montage.from_montage(CHANNELS, 6, 7)
LAYOUT = Layout(
    sampling_hz=128,
    sample_s=1.5,
    frames_per_sample=6,
    grid=(
        (None, None, "Fp1", None, "Fp2", None, None),
        ("F7", "F3", "AF3", "Fz", "AF4", "F4", "F8"),
        ("FC5", "C3", "FC1", None, "FC2", "C4", "FC6"),
        ("T7", "CP5", "CP1", "Cz", "CP2", "CP6", "T8"),
        (None, "P3", "PO3", "Pz", "PO4", "P4", None),
        (None, "P7", "O1", "Oz", "O2", "P8", None),
    ),
)
TASKS = ("valence", "arousal")  # columns 0 and 1 of `labels`
TRIALS = 40
BASELINE_S = 3
SHAPE = (TRIALS, 40, (BASELINE_S + 60) * LAYOUT.sampling_hz)
THRESHOLD = 5.0
_SCALE = (1.0, 9.0)
_ROWS = [CHANNELS.index(name) for name in LAYOUT.electrodes]
_FOLDERS = ("data_preprocessed_python", "data_preprocessed_matlab")
_FILE_NAME = re.compile(r"s(\d\d)\.(dat|mat)", re.IGNORECASE | re.ASCII)


def load(root: Path | None, task: str) -> Dataset:
    """The subjects whose files are in `root` or in its folder of the release. UserError on none, and on two of one."""
    files = _find(root)
    source = "DEAP, preprocessed (Koelstra et al. 2012)"
    return Dataset(f"deap-{task}", False, source, CLASS_NAMES, LAYOUT, paper_settings(LAYOUT), tuple(sorted(files)),
                   partial(_read, files, TASKS.index(task)), lambda subject: [files[subject]])


def _read(files: dict[int, Path], column: int, subject: int) -> Iterator[Recording]:
    """The 40 trials of one subject, numbered from 1. One file, about 100 MB, is held."""
    path = files[subject]
    arrays = read_arrays(path) if path.suffix.lower() == ".dat" else _read_mat(path)
    for name, shape, meaning in (("data", SHAPE, "trials, channels, 63 s at 128 Hz"), ("labels", (TRIALS, 4), "")):
        if name not in arrays:
            raise expected(f"{path}: arrays", ", ".join(arrays) or "none", f"one named {name}")
        if arrays[name].shape != shape:
            raise expected(f"{path}: {name}", f"shape {arrays[name].shape}", f"{shape} {meaning}")
    labels = labels_of(arrays["labels"][:, column], THRESHOLD, _SCALE, f"{path}: labels")
    start = BASELINE_S * LAYOUT.sampling_hz
    for trial, (channels, label) in enumerate(zip(arrays["data"], labels, strict=True), start=1):
        eeg = channels[_ROWS].astype(np.float64)
        where = f"{path}: trial {trial}"
        film, notes = trim(eeg[:, start:], LAYOUT.sampling_hz, where)
        signal, unit_uv = from_baseline(film, eeg[:, :start], LAYOUT.electrodes, where)
        yield Recording(subject, 1, trial, label, signal, notes, unit_uv)


def _read_mat(path: Path) -> dict[str, np.ndarray]:
    with MatFile(path) as mat:
        return {name: mat.read(name) for name in ("data", "labels")}


def _find(root: Path | None) -> dict[int, Path]:
    """{subject: file}"""
    wanted = f"the folder of DEAP's {' or '.join(_FOLDERS)}"
    if root is None:
        raise UserError(f"DATA_ROOT: got none, expected {wanted}")
    if not root.is_dir():
        raise expected("DATA_ROOT", f"{root}, which is not a folder", wanted)
    listed = {folder: _files(folder) for folder in (root, *(root / name for name in _FOLDERS)) if folder.is_dir()}
    found = {folder: files for folder, files in listed.items() if files}
    if not found:
        raise expected("DATA_ROOT", f"{root} without any s01.dat or s01.mat", wanted)
    if len(found) > 1:
        raise expected("DATA_ROOT", f"files in {' and in '.join(map(str, found))}", "one of these folders")
    (files,) = found.values()
    return files


def _files(folder: Path) -> dict[int, Path]:
    """{subject: file}; UserError where a subject has two."""
    files: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        if (match := _FILE_NAME.fullmatch(path.name)) is None or not path.is_file():
            continue
        other = files.setdefault(int(match[1]), path)
        if other != path:
            raise expected(f"{folder}: subject {int(match[1])}", f"{other.name} and {path.name}", "one file")
    return files
