"""Trials to the network's samples, and the two files that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base import files
from model.data import grid
from model.data.folds import splits, standardise
from model.data.recording import Dataset, Layout, Preparation
from model.data.signal import features
from model.data.trials import Trial, extract


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


def arrange(trials: list[Trial], split: splits.Split, settings: Preparation, layout: Layout) -> Samples:
    """Standardisation, windows, grid. Only training windows overlap, by settings.train_stride."""
    subjects = [trial.subject for trial in trials]
    scaled = standardise.standardise(
        [trial.frames for trial in trials], subjects, split.train, settings.standardisation,
        layout.electrodes, features.feature_names(settings.features),
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


def describe(
    dataset: Dataset, split: splits.Split, settings: Preparation, samples: Samples, trials: list[Trial]
) -> dict[str, Any]:
    """What dataset.json says: shape, features, subjects and counts of each part, how they were made, notes."""
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
        "notes": list(dict.fromkeys(note for trial in trials for note in trial.notes)),
    }


def write(out: Path, samples: Samples, description: dict[str, Any]) -> None:
    """Write out/samples.npz and out/dataset.json, each under its name only when whole."""
    files.write_npz(out / "samples.npz", **vars(samples))
    files.write_json(out / "dataset.json", description)
