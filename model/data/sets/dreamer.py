"""DREAMER: EEG and ECG of 23 people who watched 18 film clips, from a 14-channel headset.

Katsigiannis, Ramzan, IEEE J. Biomed. Health Inform. 22, 98 (2018), doi:10.5281/zenodo.546113, given on request.
One file, DREAMER.mat: DREAMER.Data{1,23}.EEG.baseline{18,1} and .stimuli{18,1}, each (samples, 14 channels) at 128 Hz
in microvolt; ScoreValence, ScoreArousal, ScoreDominance (18,1), each 1 to 5. As published it is v5; saved again as
v7.3 it is read as well, trial by trial, while a v5 file is read whole (2.3 GiB at the peak).

Clips last 65 to 393 s. Used is the last minute of each, as by DREAMER's authors: earlier parts build the emotion up,
and every trial then weighs the same. Baseline: the whole neutral clip before it (61 s).

A sample is 1.5 s, 192 samples, divided into 9 frames; 9 does not divide 192, so a frame is 21 samples (0.164 s,
spectral lines 6.1 Hz apart) and every third frame is followed by a sample that none uses (see Layout); the paper's
9x4x5. A trial gives 40 samples. `dreamer-valence`, `-arousal`, `-dominance`: is the rating above 3?
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.formats.matlab import MatFile
from model.data.recording import Dataset, Layout, Recording
from model.data.sets.paper import paper_settings
from model.data.sets.ratings import CLASS_NAMES, labels_of
from model.data.signal.conditioning import from_baseline
from model.data.signal.still import trim

CHANNELS = ("AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4")
# montage.from_montage(CHANNELS, 4, 5)
LAYOUT = Layout(
    sampling_hz=128,
    sample_s=1.5,
    frames_per_sample=9,
    grid=(
        ("F7", "AF3", None, "AF4", "F8"),
        ("FC5", "F3", None, "F4", "FC6"),
        ("T7", None, None, None, "T8"),
        ("P7", "O1", None, "O2", "P8"),
    ),
)
TASKS = ("valence", "arousal", "dominance")
TRIALS = 18
USED_S = 60
THRESHOLD = 3.0
_SCALE = (1.0, 5.0)
_FILE_NAME = "DREAMER.mat"
_ROWS = [CHANNELS.index(name) for name in LAYOUT.electrodes]


def load(root: Path | None, task: str) -> Dataset:
    """The subjects of DREAMER.mat in `root`. UserError on a missing file, another rate or other electrodes."""
    if root is None or not (root / _FILE_NAME).is_file():
        raise expected("DATA_ROOT", f"{root or 'none'}, without {_FILE_NAME}", f"the folder of {_FILE_NAME}")
    mat = MatFile(root / _FILE_NAME)
    rate = mat.read("DREAMER", "EEG_SamplingRate")
    if rate.size != 1 or rate.item() != LAYOUT.sampling_hz:
        raise expected(f"{mat.path}: EEG_SamplingRate", rate.ravel().tolist(), f"{LAYOUT.sampling_hz} Hz")
    count = mat.length("DREAMER", "EEG_Electrodes")
    names = tuple(mat.text("DREAMER", "EEG_Electrodes", k) for k in range(count))
    if names != CHANNELS:
        raise expected(f"{mat.path}: EEG_Electrodes", " ".join(names), " ".join(CHANNELS))
    subjects = tuple(range(1, mat.length("DREAMER", "Data") + 1))
    source = "DREAMER (Katsigiannis and Ramzan 2018), last 60 s of each clip"
    return Dataset(f"dreamer-{task}", False, source, CLASS_NAMES, LAYOUT, paper_settings(LAYOUT), subjects,
                   partial(_read, mat, task), lambda _: [mat.path])


def _read(mat: MatFile, task: str, subject: int) -> Iterator[Recording]:
    """The 18 trials of one subject, numbered from 1."""
    data = ("DREAMER", "Data", subject - 1)
    for part in ("baseline", "stimuli"):
        count = mat.length(*data, "EEG", part)
        if count != TRIALS:
            raise expected(f"{mat.path}: subject {subject}: EEG.{part}", f"{count} trials", str(TRIALS))
    field = f"Score{task.capitalize()}"
    ratings = mat.read(*data, field).ravel()
    name = f"{mat.path}: subject {subject}: {field}"
    if len(ratings) != TRIALS:
        raise expected(name, f"{len(ratings)} ratings", str(TRIALS))
    shorter = _subjects_note(mat)
    labels = labels_of(ratings.astype(np.float64), THRESHOLD, _SCALE, name)
    for trial, label in enumerate(labels, start=1):
        where = f"{mat.path}: subject {subject}, trial {trial}"
        baseline, stimuli = (_signal(mat.read(*data, "EEG", part, trial - 1), f"{where}: {part}")
                             for part in ("baseline", "stimuli"))
        used = USED_S * LAYOUT.sampling_hz
        stimuli, notes = trim(stimuli, LAYOUT.sampling_hz, f"{where}: stimuli")
        if stimuli.shape[1] < used:
            raise expected(f"{where}: stimuli", f"{stimuli.shape[1]} samples", f"at least {used}, {USED_S} s")
        signal, unit_uv = from_baseline(stimuli[:, -used:], baseline, LAYOUT.electrodes, where)
        yield Recording(subject, 1, trial, label, signal, shorter + notes, unit_uv)


def _subjects_note(mat: MatFile) -> tuple[str, ...]:
    """What its user should know where the file has other people than it says: some were left out, or cut off."""
    try:
        said = mat.read("DREAMER", "noOfSubjects").ravel()
    except UserError:
        return ()  # not used: a file need not say it
    held = mat.length("DREAMER", "Data")
    return () if said.tolist() == [held] else (f"{mat.path}: {held} people, of the {said[0]:g} that noOfSubjects says",)


def _signal(stored: np.ndarray, name: str) -> np.ndarray:
    """(samples, 14) as stored -> float64 (14, samples), rows in the layout's order."""
    if stored.ndim != 2 or stored.shape[1] != len(CHANNELS):
        raise expected(name, f"shape {stored.shape}", f"(samples, {len(CHANNELS)})")
    return np.ascontiguousarray(stored.T[_ROWS], dtype=np.float64)
