"""Trials of noise in a small layout, for the folds: two features, three electrodes, four frames to a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.data.folds import standardise
from model.data.folds.windows import Windows, cut
from model.data.recording import Layout, Preparation, trial_number
from model.data.trials import Trial

LAYOUT = Layout(sampling_hz=16, sample_s=4.0, frames_per_sample=4, grid=((None, "Fz"), ("Cz", "Pz")))
SETTINGS = Preparation(("bandpower",), "none", standardise.TRAIN_SUBJECTS, train_stride=1)
FEATURES = 2


def make(subjects: int, sessions: int, labels: Sequence[int], lengths: tuple[int, int] = (9, 16)) -> list[Trial]:
    """Noise far from mean 0 and deviation 1, another for each subject; numbered from 1, lengths in frames."""
    rng = np.random.default_rng(subjects)
    return [
        Trial(subject, trial_number(subject, session, k), label,
              rng.normal(5 + subject, 3, (rng.integers(*lengths), 3, FEATURES)))
        for subject in range(subjects) for session in range(1, sessions + 1) for k, label in enumerate(labels, start=1)
    ]


def cut_all(trials: list[Trial], settings: Preparation = SETTINGS) -> Windows:
    return cut(trials, settings, LAYOUT, 1 + max(trial.label for trial in trials))
