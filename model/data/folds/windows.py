"""All windows of a data set at once, not yet scaled to a fold: what the folds of a protocol choose from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.data import grid
from model.data.folds import standardise
from model.data.recording import Layout, Preparation, check_stride
from model.data.signal.features import feature_names
from model.data.trials import Trial


@dataclass(frozen=True)
class Windows:
    """N windows, trial by trial and in the order of time; features smoothed but not standardised.

    x float64 (N, C, H, W), C = T*F, channel t*F + f, 0 where no electrode; y, subject, trial int64 (N,), trial as
    recording.trial_number; aligned bool (N,): windows that share no frame, those that validate and test, while
    training uses all; occupied bool (H, W): cells with an electrode; classes: of the data set.
    """

    x: np.ndarray
    y: np.ndarray
    subject: np.ndarray
    trial: np.ndarray
    aligned: np.ndarray
    occupied: np.ndarray
    classes: int


def cut(trials: list[Trial], settings: Preparation, layout: Layout, classes: int) -> Windows:
    """Windows that start settings.train_stride frames apart in each trial.

    With `per-subject-transductive` standardisation, which knows no folds, of frames that are scaled already.
    UserError on a stride that does not divide a window.
    """
    length, stride = layout.frames_per_sample, settings.train_stride
    check_stride(stride, length)
    frames = [trial.frames for trial in trials]
    if settings.standardisation == standardise.PER_SUBJECT:
        frames = standardise.by_subject(frames, [trial.subject for trial in trials], layout.electrodes,
                                        feature_names(settings.features))
    counts = [(len(own) - length) // stride + 1 for own in frames]
    x = np.empty((sum(counts), length * frames[0].shape[2], *layout.shape[1:]))  # filled: no second copy of all
    places = np.split(np.arange(len(x)), np.cumsum(counts)[:-1])
    for own, rows in zip(frames, places, strict=True):
        sequences = np.lib.stride_tricks.sliding_window_view(own, length, axis=0)[::stride]
        x[rows] = to_grid(np.moveaxis(sequences, -1, 1), layout.grid)
    tags = ([trial.label for trial in trials], [trial.subject for trial in trials], [trial.number for trial in trials])
    y, subject, number = (np.repeat(np.array(tag, np.int64), counts) for tag in tags)
    aligned = np.concatenate([np.arange(count) * stride % length == 0 for count in counts])
    occupied = grid.place(np.ones(len(layout.electrodes)), layout.grid) > 0
    return Windows(x, y, subject, number, aligned, occupied, classes)


def to_grid(sequences: np.ndarray, cells: grid.Grid) -> np.ndarray:
    """(windows, T, electrodes, F) -> (windows, T*F, H, W); channel t*F + f."""
    placed = grid.place(np.swapaxes(sequences, 2, 3), cells)  # (windows, T, F, H, W)
    return placed.reshape(len(placed), -1, *placed.shape[-2:])
