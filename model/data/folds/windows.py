"""All windows of a data set at once, features not yet standardised: what the folds of a protocol choose from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from base.errors import expected
from model.data import grid
from model.data.folds import samples, standardise
from model.data.recording import Layout, Preparation
from model.data.trials import Trial


@dataclass(frozen=True)
class Windows:
    """N windows, trial by trial and in the order of time; features smoothed but not standardised.

    x float32 (N, C, H, W), C = T*F, channel t*F + f, 0 where no electrode; y, subject, trial int64 (N,), trial as
    recording.trial_number; aligned bool (N,): windows that share no frame, those that validate and test, while
    training uses all; occupied bool (H, W): cells with an electrode; classes: the highest label + 1.
    """

    x: np.ndarray
    y: np.ndarray
    subject: np.ndarray
    trial: np.ndarray
    aligned: np.ndarray
    occupied: np.ndarray
    classes: int


def cut(trials: list[Trial], settings: Preparation, layout: Layout) -> Windows:
    """Windows that start settings.train_stride frames apart in each trial.

    Raises UserError where that does not divide a window (the aligned windows would not all be among them), and
    where the features are to be scaled by other frames than a fold's training trials.
    """
    length, stride = layout.frames_per_sample, settings.train_stride
    if stride < 1 or length % stride:
        raise expected("train_stride", stride, f"a divisor of the {length} frames of a sample")
    if settings.standardisation != standardise.TRAIN_SUBJECTS:
        wanted = f"{standardise.TRAIN_SUBJECTS}: a fold is scaled by its training trials"
        raise expected("standardisation", settings.standardisation, wanted)
    parts = []
    for trial in trials:
        x = samples.to_grid(samples.windows(trial.frames, length, stride), layout.grid)
        tags = (np.full(len(x), tag, dtype=np.int64) for tag in (trial.label, trial.subject, trial.number))
        parts.append((x, *tags, np.arange(len(x)) * stride % length == 0))
    occupied = grid.place(np.ones(len(layout.electrodes)), layout.grid) > 0
    x, y, subject, number, aligned = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Windows(x, y, subject, number, aligned, occupied, 1 + max(trial.label for trial in trials))
