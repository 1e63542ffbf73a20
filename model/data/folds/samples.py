"""What a run keeps of its samples: samples.npz, and dataset.json, which says how they were made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from base import files
from model.data.folds import splits
from model.data.options import Choice
from model.data.recording import Dataset, Preparation
from model.data.signal import features
from model.data.trials import Trial


def describe(
    dataset: Dataset, choice: Choice, settings: Preparation, arrays: dict[str, np.ndarray], trials: list[Trial]
) -> dict[str, Any]:
    """What dataset.json says: shape, features, subjects and counts of each part, how they were made, notes.

    arrays: of samples.npz.
    """
    return {
        "name": dataset.name,
        "simulated": dataset.simulated,
        "source": dataset.source,
        "shape": dataset.layout.shape,
        "features": features.feature_names(settings.features),
        "filter": settings.filter,
        "smoothing": settings.smoothing,
        "standardisation": settings.standardisation,
        "rest": dataset.rest,
        "rest_s": settings.apart_s,
        "train_stride": settings.train_stride,
        "sampling_hz": dataset.layout.sampling_hz,
        "resamples": dataset.resamples,
        "frame_s": dataset.layout.frame_s,
        "sample_s": dataset.layout.sample_s,
        "bands_hz": features.bands_hz(settings.features),
        "grid": dataset.layout.grid,
        "class_names": dataset.class_names,
        "classes": len(dataset.class_names),
        "split": choice.split,
        **parts(arrays),
        "cautions": dataset.cautions,
        "notes": list(dict.fromkeys(note for trial in trials for note in trial.notes)),
    }


def parts(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Subjects and counts of each part."""
    rows = {name: arrays["split"] == code for name, code in splits.SPLIT_CODES.items()}
    return {**{f"subjects_{name}": np.unique(arrays["subject"][own]).tolist() for name, own in rows.items()},
            **{f"samples_{name}": int(own.sum()) for name, own in rows.items()}}


def write(out: Path, arrays: dict[str, np.ndarray], description: dict[str, Any]) -> None:
    """Write out/samples.npz and out/dataset.json, each under its name only when whole."""
    files.write_npz(out / "samples.npz", **arrays)
    files.write_json(out / "dataset.json", description)
