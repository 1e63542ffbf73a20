"""SEED and SEED-IV: EEG while watching film clips, BCMI laboratory, Shanghai Jiao Tong University.

SEED (Zheng, Lu, IEEE Trans. Auton. Ment. Dev. 7, 162, 2015): Preprocessed_EEG/{subject}_{date}.mat, 15 subjects,
three dates each, taken in their order as sessions 1 to 3; label.mat beside them. 15 trials, 3 classes.
SEED-IV (Zheng et al., IEEE Trans. Cybern. 49, 1110, 2019): eeg_raw_data/{session}/{subject}_{date}.mat, 15
subjects, folders 1, 2, 3. 24 trials, 4 classes, labels per session as its ReadMe.txt lists them.

A file has one array per trial, `<initials>_eeg<k>`, k from 1: 62 electrodes (seed_cap.FILE_ORDER) by samples,
200 Hz, already band-passed by the authors (to 75 Hz). Neither rate nor unit is written in it. It is read trial
by trial.

The paper takes the z-score from the rest before a trial. These files begin with the film: there is no rest in
them. Here every electrode is scaled by its mean and deviation over the trial itself, which uses no label and no
other trial, but does need the whole trial. Spectral entropy, the paper's feature, has the same value under any
scale and offset, so for it this choice changes nothing; for band power and differential entropy it does.

The lists of labels agree in several public readers, torcheeg's seed_iv.py among them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.formats.matlab import MatFile
from model.data.recording import Dataset, Recording
from model.data.sets.paper import paper_settings
from model.data.sets.seed_cap import LAYOUT, SAMPLE_S, SAMPLING_HZ, TO_LAYOUT, find_folder
from model.data.signal.conditioning import from_baseline
from model.data.signal.still import trim

SESSIONS = (1, 2, 3)
SEED_CLASSES = ("negative", "neutral", "positive")
SEED_IV_CLASSES = ("neutral", "sad", "fear", "happy")
# As in label.mat: -1 negative, 0 neutral, 1 positive.
SEED_LABELS = (1, 0, -1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 0, 1, -1)
# Per session, indices of SEED_IV_CLASSES.
SEED_IV_LABELS = (
    (1, 2, 3, 0, 2, 0, 0, 1, 0, 1, 2, 1, 1, 1, 2, 3, 2, 2, 3, 3, 0, 3, 0, 3),
    (2, 1, 3, 0, 0, 2, 0, 2, 3, 3, 2, 3, 2, 0, 1, 1, 2, 1, 0, 3, 0, 1, 3, 1),
    (1, 2, 2, 1, 3, 3, 3, 1, 1, 2, 1, 0, 2, 3, 3, 0, 2, 3, 0, 0, 2, 0, 1, 0),
)
# The films of both sets are shorter than 5 minutes; at any higher rate than 200 Hz some trial exceeds this.
_LONGEST_S = 400
_FILE_NAME = re.compile(r"(\d+)_(\d{8})\.mat", re.IGNORECASE | re.ASCII)
_SESSION = re.compile(r"[123]")  # SEED-IV's folders
_VARIABLE = re.compile(r"\w+_eeg(\d+)", re.ASCII)


def load(root: Path | None) -> Dataset:
    """SEED in `root`, the release or its Preprocessed_EEG. UserError on missing files or another label.mat."""
    folder = find_folder(root, "Preprocessed_EEG", _FILE_NAME)
    dates = _dated_files(folder)
    for subject, paths in dates.items():
        if len(paths) != len(SESSIONS):
            raise expected(f"{folder}: subject {subject}", ", ".join(p.name for p in paths), "3 files, one per session")
    _check_labels(folder / "label.mat")
    labels = tuple(label + 1 for label in SEED_LABELS)
    source = "SEED, BCMI laboratory (Zheng, Lu 2015), for research on request"
    return _dataset("seed", source, SEED_CLASSES, dates, (labels,) * len(SESSIONS))


def load_iv(root: Path | None) -> Dataset:
    """SEED-IV in `root`, the release or its eeg_raw_data. Raises UserError on missing files."""
    folder = find_folder(root, "eeg_raw_data", _SESSION)
    files: dict[int, list[Path]] = defaultdict(list)
    for session in SESSIONS:
        if not (folder / str(session)).is_dir():
            raise expected(f"{folder}", f"no folder {session}", "folders 1, 2 and 3, one per session")
        for subject, paths in _dated_files(folder / str(session)).items():
            if len(paths) > 1:
                raise expected(
                    f"{folder / str(session)}: subject {subject}", ", ".join(p.name for p in paths), "one file"
                )
            files[subject] += paths
    for subject, paths in files.items():
        if len(paths) != len(SESSIONS):
            inside = ", ".join(path.parent.name for path in paths)
            raise expected(f"{folder}: subject {subject}", f"files in {inside} alone", "one in each of 1, 2, 3")
    source = "SEED-IV, BCMI laboratory (Zheng et al. 2019), for research on request"
    return _dataset("seed-iv", source, SEED_IV_CLASSES, files, SEED_IV_LABELS)


def _dated_files(folder: Path) -> dict[int, list[Path]]:
    """{subject: its files, by date}. Raises UserError where there are none, and on two of one subject and date."""
    dated = sorted(
        (int(match[1]), match[2], path)
        for path in folder.iterdir()
        if (match := _FILE_NAME.fullmatch(path.name)) is not None
    )
    if not dated:
        raise expected(f"{folder}", "no {subject}_{date}.mat", "files such as 1_20131027.mat")
    files: dict[int, list[Path]] = defaultdict(list)
    named: dict[tuple[int, str], Path] = {}
    for subject, date, path in dated:
        other = named.setdefault((subject, date), path)
        if other != path:
            raise expected(f"{folder}: subject {subject}, {date}", f"{other.name} and {path.name}", "one file")
        files[subject].append(path)
    return files


def _check_labels(path: Path) -> None:
    """Hold label.mat to the published labels: another file of that name would quietly teach the wrong classes."""
    with MatFile(path) as file:
        labels = file.read("label")
    got = labels.ravel().tolist()
    if got != list(SEED_LABELS):
        shown = f"{labels.shape} {' '.join(f'{value:g}' for value in got[:20])}"
        raise expected(f"{path}: label", shown, f"(1, 15) {' '.join(map(str, SEED_LABELS))}")


def _dataset(
    name: str,
    source: str,
    classes: tuple[str, ...],
    files: dict[int, list[Path]],
    labels: tuple[tuple[int, ...], ...],
) -> Dataset:
    def read(subject: int) -> Iterator[Recording]:
        for session, path, own in zip(SESSIONS, files[subject], labels, strict=True):
            yield from _read_session(path, subject, session, own)

    # label.mat is not among the files: with other contents than these labels it is refused.
    return Dataset(name, False, source, classes, LAYOUT, paper_settings(LAYOUT), tuple(sorted(files)), read,
                   lambda subject: files[subject], repr(labels))


def _read_session(path: Path, subject: int, session: int, labels: tuple[int, ...]) -> Iterator[Recording]:
    """One file's trials in order, numbered from 1. Opened anew for each: an open one keeps what it has read."""
    with MatFile(path) as file:
        names = _trial_variables(path, file.names, len(labels))
    for trial, (name, label) in enumerate(zip(names, labels, strict=True), start=1):
        with MatFile(path) as file:
            stored = _check(f"{path}: {name}", file.read(name))[TO_LAYOUT]
        film, notes = trim(stored, SAMPLING_HZ, f"{path}: {name}")
        signal, unit_uv = from_baseline(film, film, LAYOUT.electrodes, f"{path}: {name}")
        yield Recording(subject, session, trial, label, signal, notes, unit_uv)


def _trial_variables(path: Path, names: Iterable[str], trials: int) -> list[str]:
    """Those of a file's variables that are trials 1, 2, ... Raises UserError on a missing trial or one too many."""
    found: dict[int, list[str]] = defaultdict(list)
    for name in names:
        if (match := _VARIABLE.fullmatch(name)) is not None:
            found[int(match[1])].append(name)
    wanted = f"one <initials>_eeg<k> for each k from 1 to {trials}"
    for trial in range(1, trials + 1):
        if len(found[trial]) != 1:
            raise expected(f"{path}: trial {trial}", ", ".join(found[trial]) or "no variable", wanted)
    extra = [name for trial, same in found.items() if not 1 <= trial <= trials for name in same]
    if extra:
        raise expected(f"{path}: variables", ", ".join(extra), wanted)
    return [found[trial][0] for trial in range(1, trials + 1)]


def _check(name: str, signal: np.ndarray) -> np.ndarray:
    """float64 (62, samples) of a length a film can have."""
    if signal.ndim != 2 or len(signal) != len(TO_LAYOUT):
        raise expected(name, f"shape {signal.shape}", f"({len(TO_LAYOUT)}, samples)")
    seconds = signal.shape[1] / SAMPLING_HZ
    if not SAMPLE_S <= seconds <= _LONGEST_S:
        got = f"{signal.shape[1]} samples, {seconds:g} s at {SAMPLING_HZ} Hz"
        raise expected(name, got, f"{SAMPLE_S:g} to {_LONGEST_S} s at {SAMPLING_HZ} Hz")
    return signal.astype(np.float64)
