"""From recordings to the network's samples, and the two files that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base import files
from base.errors import expected
from model.data import features, grid, smoothing, splits, standardise
from model.data.recording import Dataset, Layout, Preparation, Recording, trial_number

__all__ = [
    "Preparation",
    "Samples",
    "Trial",
    "arrange",
    "assemble",
    "checked",
    "describe",
    "extract",
    "extract_subject",
    "write",
]


@dataclass(frozen=True)
class Trial:
    """What is kept of a recording: its smoothed features, frames (frames, electrodes, F)."""

    subject: int
    number: int
    label: int
    frames: np.ndarray


@dataclass(frozen=True)
class Samples:
    """x float32 (N, T*F, H, W), channel t*F + f; y, subject, trial int64 (N,); split int8 (N,).

    trial: recording.trial_number of the recording that a sample is from.
    """

    x: np.ndarray
    y: np.ndarray
    subject: np.ndarray
    trial: np.ndarray
    split: np.ndarray


def windows(frames: np.ndarray, length: int, stride: int) -> np.ndarray:
    """(frames, electrodes, F) -> (windows, length, electrodes, F), starting `stride` frames apart."""
    views = np.lib.stride_tricks.sliding_window_view(frames, length, axis=0)[::stride]
    return np.moveaxis(views, -1, 1)


def to_grid(sequences: np.ndarray, cells: grid.Grid) -> np.ndarray:
    """(windows, T, electrodes, F) -> float32 (windows, T*F, H, W); channel t*F + f."""
    placed = grid.place(np.swapaxes(sequences, 2, 3).astype(np.float32), cells)  # (windows, T, F, H, W)
    return placed.reshape(len(placed), -1, *placed.shape[-2:])


def extract(dataset: Dataset, settings: Preparation) -> list[Trial]:
    """Features of every recording, smoothed within it. One recording's signal is held at a time.

    Raises UserError on a recording that a reader should not have handed over: wrong rows, a value that is not
    finite, too short for one sample, an unknown label, a number that occurs twice.
    """
    return [trial for subject in dataset.subjects for trial in extract_subject(dataset, settings, subject)]


def extract_subject(dataset: Dataset, settings: Preparation, subject: int) -> Iterator[Trial]:
    """Those trials of extract that are this subject's; the same errors."""
    for number, recording in checked(dataset, subject):
        frames = features.extract(recording.signal, settings.features, dataset.layout)
        smoothed = np.ascontiguousarray(smoothing.smooth(frames, settings.smoothing))
        yield Trial(subject, number, recording.label, smoothed)


def checked(dataset: Dataset, subject: int) -> Iterator[tuple[int, Recording]]:
    """One subject's recordings as they are read, each with its trial_number. UserError as in extract."""
    seen: set[int] = set()
    for recording in dataset.read(subject):
        number = trial_number(recording.subject, recording.session, recording.trial)
        _check(dataset, recording, number in seen)
        if recording.subject != subject:
            raise expected(f"{dataset.name}: subject {subject}", f"a trial of subject {recording.subject}", "its own")
        seen.add(number)
        yield number, recording


def _check(dataset: Dataset, recording: Recording, repeated: bool) -> None:
    name = f"{dataset.name}: subject {recording.subject}, session {recording.session}, trial {recording.trial}"
    rows, classes = len(dataset.layout.electrodes), len(dataset.class_names)
    if repeated:
        raise expected(name, "it twice", "every trial once")
    if recording.signal.ndim != 2 or len(recording.signal) != rows:
        raise expected(f"{name}: signal", f"shape {recording.signal.shape}", f"({rows}, samples)")
    if recording.signal.shape[1] < dataset.layout.sample_samples:
        raise expected(f"{name}: length", f"{recording.signal.shape[1] / dataset.layout.sampling_hz:.3g} s",
                       f"at least {dataset.layout.sample_s:g} s")
    if not np.isfinite(recording.signal).all():
        raise expected(f"{name}: signal", "NaN or infinite values", "a finite signal")
    if not 0 <= recording.label < classes:
        raise expected(f"{name}: label", recording.label, f"0 … {classes - 1}")


def arrange(trials: list[Trial], split: splits.Split, settings: Preparation, layout: Layout) -> Samples:
    """Standardisation, windows, grid. Only training windows overlap, by settings.train_stride."""
    subjects = [trial.subject for trial in trials]
    scaled = standardise.standardise(
        [trial.frames for trial in trials], subjects, split.train, settings.standardisation
    )
    length = layout.frames_per_sample
    parts = []
    for trial, frames in zip(trials, scaled, strict=True):
        part = split.part_of(trial.subject)
        stride = settings.train_stride if part == splits.TRAIN else length
        x = to_grid(windows(frames, length, stride), layout.grid)
        tags = (trial.label, trial.subject, trial.number, part)
        parts.append((x, *(np.full(len(x), tag) for tag in tags)))
    x, y, subject, number, part_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    integers = y.astype(np.int64), subject.astype(np.int64), number.astype(np.int64)
    return Samples(x, *integers, part_of.astype(np.int8))


def assemble(dataset: Dataset, split: splits.Split, settings: Preparation) -> Samples:
    """Features, smoothing within each recording, standardisation, windows: extract, then arrange."""
    return arrange(extract(dataset, settings), split, settings, dataset.layout)


def describe(dataset: Dataset, split: splits.Split, settings: Preparation, samples: Samples) -> dict[str, Any]:
    """What dataset.json says: shape, features, subjects and counts of each part, and how they were made."""
    counts = np.bincount(samples.split, minlength=3)
    return {
        "name": dataset.name,
        "simulated": dataset.simulated,
        "source": dataset.source,
        "shape": dataset.layout.shape,
        "features": features.feature_names(settings.features),
        "smoothing": settings.smoothing,
        "standardisation": settings.standardisation,
        "train_stride": settings.train_stride,
        "sampling_hz": dataset.layout.sampling_hz,
        "frame_s": dataset.layout.frame_s,
        "grid": dataset.layout.grid,
        "class_names": dataset.class_names,
        "classes": len(dataset.class_names),
        "subjects_train": split.train,
        "subjects_val": split.validation,
        "subjects_test": split.test,
        "samples_train": int(counts[splits.TRAIN]),
        "samples_val": int(counts[splits.VALIDATION]),
        "samples_test": int(counts[splits.TEST]),
    }


def write(out: Path, samples: Samples, description: dict[str, Any]) -> None:
    """Write out/samples.npz and out/dataset.json, each under its name only when whole."""
    files.write_npz(out / "samples.npz", **vars(samples))
    files.write_json(out / "dataset.json", description)
