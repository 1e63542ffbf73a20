"""From recordings to the network's samples, and the two files that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from flow import files
from model.data import features, grid, smoothing, splits, standardise
from model.data.recording import FRAME_S, FRAMES_PER_SAMPLE, SAMPLING_HZ, Dataset


@dataclass(frozen=True)
class Settings:
    """How recordings become samples. `train_stride`: frames between the starts of two training windows."""

    features: tuple[str, ...]
    smoothing: str
    standardisation: str
    train_stride: int


@dataclass(frozen=True)
class Samples:
    """x float32 (N, T*F, H, W), channel t*F + f; y, subject int64 (N,); split int8 (N,)."""

    x: np.ndarray
    y: np.ndarray
    subject: np.ndarray
    split: np.ndarray


def windows(frames: np.ndarray, stride: int) -> np.ndarray:
    """(frames, electrodes, F) -> (windows, T, electrodes, F), T frames each, starts `stride` frames apart."""
    views = np.lib.stride_tricks.sliding_window_view(frames, FRAMES_PER_SAMPLE, axis=0)[::stride]
    return np.moveaxis(views, -1, 1)


def to_grid(sequences: np.ndarray) -> np.ndarray:
    """(windows, T, electrodes, F) -> float32 (windows, T*F, H, W); channel t*F + f."""
    placed = grid.place(np.swapaxes(sequences, 2, 3).astype(np.float32))  # (windows, T, F, H, W)
    return placed.reshape(len(placed), -1, grid.HEIGHT, grid.WIDTH)


def assemble(dataset: Dataset, split: splits.Split, settings: Settings) -> Samples:
    """Features, smoothing within each recording, standardisation, windows. Only training windows overlap."""
    subjects = [recording.subject for recording in dataset.recordings]
    smoothed = [
        smoothing.smooth(features.extract(recording.signal, settings.features), settings.smoothing)
        for recording in dataset.recordings
    ]
    scaled = standardise.standardise(smoothed, subjects, split.train, settings.standardisation)
    parts = []
    for recording, frames in zip(dataset.recordings, scaled, strict=True):
        part = split.part_of(recording.subject)
        x = to_grid(windows(frames, settings.train_stride if part == splits.TRAIN else FRAMES_PER_SAMPLE))
        tags = (recording.label, recording.subject, part)
        parts.append((x, *(np.full(len(x), tag) for tag in tags)))
    x, y, subject, part_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Samples(x, y.astype(np.int64), subject.astype(np.int64), part_of.astype(np.int8))


def describe(dataset: Dataset, split: splits.Split, settings: Settings, samples: Samples) -> dict[str, Any]:
    """What dataset.json says: shape, features, subjects and counts of each part, and how they were made."""
    counts = np.bincount(samples.split, minlength=3)
    return {
        "name": dataset.name,
        "simulated": dataset.simulated,
        "source": dataset.source,
        "shape": [FRAMES_PER_SAMPLE, grid.HEIGHT, grid.WIDTH],
        "features": features.feature_names(settings.features),
        "smoothing": settings.smoothing,
        "standardisation": settings.standardisation,
        "train_stride": settings.train_stride,
        "sampling_hz": SAMPLING_HZ,
        "frame_s": FRAME_S,
        "grid": grid.GRID,
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
    files.write_npz(out / "samples.npz", x=samples.x, y=samples.y, subject=samples.subject, split=samples.split)
    files.write_json(out / "dataset.json", description)
