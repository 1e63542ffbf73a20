"""Features and signals on disk, found again by what they were made from.

A subject's features lie in features-<key>.npz. The key is a SHA-256 over all that decides them: the data set's identity
with this subject alone (identity.py), filter, features and smoothing, the source of model/data up to the features, and
the versions of the libraries that compute them. Standardisation, windows, splits, a data set's other subjects are not
in it. So an entry is never outdated, only no longer asked for; nothing is removed here, `make clean` removes all. An
entry appears when it is whole, and a run that is interrupted goes on with the subject it had come to. The signals of
all subjects together lie in signals-<key>.npy, float32, and signals-<key>.npz beside it; interrupted, they are begun
anew. Files that change while they are read are an error.

An entry that is damaged is made anew. In an npz zip's CRC-32 of each array tells, then shapes and values; in the npy
its SHA-256, kept in the npz, computed again whenever its size or time has changed. No file holds a pickle.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import mne
import numpy as np
import scipy

from base.errors import expected
from base.files import atomic_path, read_npz
from base.progress import Tell, silent
from base.records import digest, hash_sources
from model.data.identity import Hashes, identity_of
from model.data.recording import Dataset, Layout, Preparation
from model.data.signal.features import feature_names
from model.data.signal.filters import ZERO_PHASE
from model.data.trials import Trial, checked, extract_subject

# What makes features; the folds, which come after, are not in it.
_SOURCES = ("model/data/formats", "model/data/signal", "model/data/sets", "model/data/recording.py",
            "model/data/grid.py", "model/data/trials.py")


def trials(dataset: Dataset, settings: Preparation, folder: Path, tell: Tell = silent) -> list[Trial]:
    """What extract(dataset, settings) gives, bit for bit; what `folder` holds of it is not read again.

    tell(done, total, note) is called for every subject. Raises UserError as extract does, and where a
    subject's files change while they are read.
    """
    hashes = Hashes(folder)
    made = ["features", settings.filter, settings.features, settings.smoothing, settings.apart_s, dataset.rest]
    total = len(dataset.subjects)
    found: list[Trial] = []
    for done, subject in enumerate(dataset.subjects):
        tell(done, total, f"subject {subject}")
        key = _key(dataset, subject, made, hashes)
        path = folder / f"features-{key}.npz"
        own = _read_trials(path, dataset, settings, subject) if key else None
        if own is None:
            own = list(extract_subject(dataset, settings, subject))
            _check_unchanged(dataset, subject, key, _key(dataset, subject, made, hashes))
            if key:
                _write_trials(path, own)
        found += own
        tell(done + 1, total, f"subject {subject}")
    return found


def signals(
    dataset: Dataset, folder: Path, tell: Tell = silent, kind: str = ZERO_PHASE
) -> tuple[np.memmap, np.ndarray]:
    """Signals of samples that do not overlap: read-only float32 (N, electrodes, samples), trial numbers int64 (N,).

    In the order of `trials`, then of time; the rows are the layout's electrodes, the unit is the recording's.
    Window k of a trial starts where its frame k * frames_per_sample does, and there is one for every whole
    frames_per_sample frames: those of the windows of features that do not overlap either. N times electrodes times
    samples times 4 bytes on disk (SEED: 7.5 GB); one recording is in memory at a time. kind: of the filters. tell,
    errors: as in `trials`, and UserError on a data set without any recording.
    """
    hashes, made = Hashes(folder), ["signals", kind]
    tell(0, len(dataset.subjects), "files")
    keys = [_key(dataset, subject, made, hashes) for subject in dataset.subjects]
    # What cannot be known again has a name of its own, and is made anew each time.
    name = digest([dataset.name, keys])[:32]
    path = folder / f"signals-{name}.npy"
    found = None if None in keys else _read_signals(path, dataset, hashes)
    if found is None:
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            numbers = _write_windows(file, dataset, kind, tell)
        for subject, key in zip(dataset.subjects, keys, strict=True):
            _check_unchanged(dataset, subject, key, _key(dataset, subject, made, hashes))
        _write_arrays(path.with_suffix(".npz"), numbers=numbers, sha256=np.array(hashes(path)))
        found = np.load(path, mmap_mode="r", allow_pickle=False), numbers
    else:
        tell(len(keys), len(keys), "")
    return found


def _key(dataset: Dataset, subject: int, made: list[Any], hashes: Hashes) -> str | None:
    """32 hexadecimal digits; None where it is not known what the subject is read from."""
    known = identity_of(dataset, (subject,), hashes)
    return None if known is None else digest([made, known, _code()])[:32]


@cache
def _code() -> list[str]:
    """The source that makes features, hashed, and the versions of what it calls."""
    return [hash_sources(_SOURCES), *(str(library.__version__) for library in (np, scipy, mne, h5py))]


def _check_unchanged(dataset: Dataset, subject: int, before: str | None, after: str | None) -> None:
    if before != after:
        raise expected(f"{dataset.name}: subject {subject}", "files that changed while they were read", "no change")


def _write_arrays(path: Path, **arrays: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)  # not compressed: features hardly shrink


def _read_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of an npz; None where there is none or it is damaged."""
    try:
        return read_npz(path)
    except (OSError, ValueError):
        return None


def _write_trials(path: Path, own: list[Trial]) -> None:
    """One subject's trials, their frames put one after another, their notes as well."""
    if not own:
        return
    integers = {name: np.array(column, np.int64) for name, column in (
        ("number", [trial.number for trial in own]), ("label", [trial.label for trial in own]),
        ("frames_per_trial", [len(trial.frames) for trial in own]),
        ("notes_per_trial", [len(trial.notes) for trial in own]), ("border", [trial.border for trial in own]))}
    notes = np.array([note for trial in own for note in trial.notes], np.str_)
    _write_arrays(path, frames=np.concatenate([trial.frames for trial in own]), notes=notes, **integers)


def _read_trials(path: Path, dataset: Dataset, settings: Preparation, subject: int) -> list[Trial] | None:
    """One subject's trials; None where there are none or the file is damaged."""
    arrays = _read_arrays(path)
    names = ("frames", "frames_per_trial", "number", "label", "notes", "notes_per_trial", "border")
    if arrays is None or set(arrays) != set(names):
        return None
    frames, lengths, number, label, notes, noted, border = (arrays[name] for name in names)
    columns, classes = (len(dataset.layout.electrodes), len(feature_names(settings.features))), len(dataset.class_names)
    whole = (
        frames.dtype == np.float64 and frames.ndim == 3 and frames.shape[1:] == columns
        and all(column.dtype == np.int64 and column.shape == (len(lengths),)
                for column in (number, label, lengths, noted, border))
        and (lengths > 0).all() and lengths.sum() == len(frames) and np.isfinite(frames).all()
        and (label >= 0).all() and (label < classes).all()
        and (border >= 0).all() and (border < lengths).all()
        and notes.dtype.kind == "U" and notes.ndim == 1 and (noted >= 0).all() and noted.sum() == len(notes)
    )
    if not whole:
        return None
    pieces = np.split(frames, np.cumsum(lengths)[:-1])
    said = [tuple(part.tolist()) for part in np.split(notes, np.cumsum(noted)[:-1])]
    rows = zip(number, label, pieces, said, border, strict=True)
    return [Trial(subject, int(n), int(y), piece, words, int(start)) for n, y, piece, words, start in rows]


def _write_windows(file: BinaryIO, dataset: Dataset, kind: str, tell: Tell) -> np.ndarray:
    """Write every window to `file`, an npy, one recording at a time; (N,) trial numbers.

    How many there are is known at the end: numpy leaves room in the header for the first axis to grow.
    """
    layout, total = dataset.layout, len(dataset.subjects)
    numbers: list[int] = []
    shape = (len(layout.electrodes), layout.sample_samples)
    start = _write_header(file, (0, *shape))
    for done, subject in enumerate(dataset.subjects):
        tell(done, total, f"subject {subject}")
        for number, recording in checked(dataset, kind, subject):
            for window in _windows(recording.signal, layout):
                file.write(window.tobytes())
                numbers.append(number)
        tell(done + 1, total, f"subject {subject}")
    if not numbers:
        raise expected(dataset.name, "no recording", "one at least")
    file.seek(0)
    if _write_header(file, (len(numbers), *shape)) != start:
        raise AssertionError("an npy header that does not fit into the room left for it")
    return np.array(numbers, np.int64)


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> int:
    """An npy's header for float32; its length."""
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.tell()


def _windows(signal: np.ndarray, layout: Layout) -> Iterator[np.ndarray]:
    """(electrodes, samples) -> float32 (electrodes, sample_samples) each.

    Where T does not divide a sample, the last frame can end one sample before the window does, and with it the
    recording: then the last value stands twice.
    """
    length = layout.sample_samples
    starts = layout.frame_starts(signal.shape[1])
    last = len(starts) // layout.frames_per_sample * layout.frames_per_sample
    for start in starts[:last:layout.frames_per_sample]:
        window = signal[:, start : start + length].astype("<f4")
        yield np.pad(window, ((0, 0), (0, length - window.shape[1])), "edge")


def _read_signals(path: Path, dataset: Dataset, hashes: Hashes) -> tuple[np.memmap, np.ndarray] | None:
    """What _write_windows has written; None where it is not there or damaged."""
    arrays = _read_arrays(path.with_suffix(".npz"))
    if arrays is None or set(arrays) != {"numbers", "sha256"} or not path.is_file():
        return None
    numbers = arrays["numbers"]
    if hashes(path) != str(arrays["sha256"]):
        return None
    windows = np.load(path, mmap_mode="r", allow_pickle=False)
    shape = (len(numbers), len(dataset.layout.electrodes), dataset.layout.sample_samples)
    return (windows, numbers) if windows.shape == shape and windows.dtype == np.float32 else None
