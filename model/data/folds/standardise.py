"""Standardisation of features to mean 0 and deviation 1, per electrode and feature.

`train-subjects`: one mean and deviation, fitted on the training subjects' frames alone. What a deployed
classifier can do for a new person.

`per-subject-transductive`: each subject by the mean and deviation of that subject's own frames, all
recordings together, without their labels. It needs a person's recordings in advance, so its numbers are
never comparable with the other's, and carry this name everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from base.errors import expected

TRAIN_SUBJECTS = "train-subjects"
PER_SUBJECT = "per-subject-transductive"
STANDARDISATIONS = (TRAIN_SUBJECTS, PER_SUBJECT)
_SMALLEST_DEVIATION = 1e-6  # a feature that never moves becomes 0, not infinite


def check_standardisation(kind: str) -> None:
    if kind not in STANDARDISATIONS:
        raise expected("standardisation", kind, "one of " + ", ".join(STANDARDISATIONS))


def fit(recordings: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, each (electrodes, features), over the frames of all recordings."""
    frames = np.concatenate(recordings)
    return frames.mean(axis=0), np.maximum(frames.std(axis=0), _SMALLEST_DEVIATION)


def standardise(
    recordings: Sequence[np.ndarray], subjects: Sequence[int], train: Sequence[int], kind: str
) -> list[np.ndarray]:
    """Standardise recordings (frames, electrodes, features); `subjects` names each one's subject.

    `train`: the training subjects, the only ones fitted on for `train-subjects`. UserError on another kind.
    """
    check_standardisation(kind)
    scaled = []
    statistics: dict[int | None, tuple[np.ndarray, np.ndarray]] = {}
    for frames, subject in zip(recordings, subjects, strict=True):
        key = None if kind == TRAIN_SUBJECTS else subject
        if key not in statistics:
            fitted_on = train if key is None else (subject,)
            statistics[key] = fit([r for r, s in zip(recordings, subjects, strict=True) if s in fitted_on])
        mean, deviation = statistics[key]
        scaled.append((frames - mean) / deviation)
    return scaled
