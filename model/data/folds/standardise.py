"""Standardisation of features to mean 0 and deviation 1, per electrode and feature.

`train-subjects`: one mean and deviation, fitted on the training subjects' frames alone. What a deployed
classifier can do for a new person.

`per-subject-transductive`: each subject by the mean and deviation of that subject's own frames, all
recordings together, without their labels. It needs a person's recordings in advance, so its numbers are
never comparable with the other's, and carry this name everywhere.

`rest-baseline`: each person by the first seconds of their own rest (calibration.py), which a deployed classifier can
ask of whoever puts it on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from base.errors import expected

TRAIN_SUBJECTS = "train-subjects"
PER_SUBJECT = "per-subject-transductive"
REST_BASELINE = "rest-baseline"
STANDARDISATIONS = (TRAIN_SUBJECTS, PER_SUBJECT, REST_BASELINE)
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


def by_subject(
    recordings: Sequence[np.ndarray], subjects: Sequence[int], electrodes: Sequence[str], features: Sequence[str]
) -> list[np.ndarray]:
    """Each subject's frames scaled by that subject's own, for `per-subject-transductive`.

    recordings: (frames, electrodes, features) each; `subjects` names each one's subject. UserError as fit
    raises it.
    """
    own = {subject: [r for r, s in zip(recordings, subjects, strict=True) if s == subject] for subject in set(subjects)}
    statistics = {subject: fit(frames, electrodes, features, f"subject {subject}") for subject, frames in own.items()}
    scaled = []
    for frames, subject in zip(recordings, subjects, strict=True):
        mean, deviation = statistics[subject]
        scaled.append((frames - mean) / deviation)
    return scaled
