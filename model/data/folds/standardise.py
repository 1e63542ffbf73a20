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
# Features are entropies and logarithms of powers, a few units in size: below this they carry float32's rounding.
_SMALLEST_DEVIATION = 1e-4


def check_standardisation(kind: str) -> None:
    if kind not in STANDARDISATIONS:
        raise expected("standardisation", kind, "one of " + ", ".join(STANDARDISATIONS))


def fit(
    recordings: Sequence[np.ndarray], electrodes: Sequence[str], features: Sequence[str], name: str = "training frames"
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, each (electrodes, features), over the frames of all recordings.

    Raises UserError, naming electrode and feature, where a feature does not move: nothing could be learnt from it.
    `name` says in errors whose frames they are.
    """
    frames = np.concatenate(recordings)
    mean, deviation = frames.mean(axis=0), frames.std(axis=0)
    still = np.argwhere(~(deviation >= _SMALLEST_DEVIATION))  # written so that NaN does not pass
    if len(still):
        row, column = still[0]
        raise expected(f"{name}: {electrodes[row]}: {features[column]}",
                       f"{mean[row, column]:.4g} in all {len(frames)}, deviation {deviation[row, column]:.2g}",
                       "a feature that moves")
    return mean, deviation


def standardise(
    recordings: Sequence[np.ndarray], subjects: Sequence[int], train: Sequence[int], kind: str,
    electrodes: Sequence[str], features: Sequence[str],
) -> list[np.ndarray]:
    """Standardise recordings (frames, electrodes, features); `subjects` names each one's subject.

    `train`: the training subjects, the only ones fitted on for `train-subjects`. UserError on another kind, and as fit
    raises it.
    """
    check_standardisation(kind)
    scaled = []
    statistics: dict[int | None, tuple[np.ndarray, np.ndarray]] = {}
    for frames, subject in zip(recordings, subjects, strict=True):
        key = None if kind == TRAIN_SUBJECTS else subject
        if key not in statistics:
            fitted_on, name = (train, "training frames") if key is None else ((subject,), f"subject {subject}")
            own = [r for r, s in zip(recordings, subjects, strict=True) if s in fitted_on]
            statistics[key] = fit(own, electrodes, features, name)
        mean, deviation = statistics[key]
        scaled.append((frames - mean) / deviation)
    return scaled
