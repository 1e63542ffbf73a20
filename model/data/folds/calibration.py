"""`rest-baseline`: a person's features by the first seconds of that person's own rest, per electrode and feature.

    x' = (x - m) / sqrt(d D)

m, d: mean and deviation over the frames of those seconds. D: the training people's deviation, that of x' over their
frames with sqrt(d) alone, squared; the fold has it (protocols.py). Those seconds are in no part, whoever's they are. A
wearer's own come the same way, before the first class is said: nothing but the input's scaling depends on them.

Whoever is calibrated so has told which recording rest is. A classifier may learn "unlike that recording" in place of a
class, and does so better than the class can be learnt. So there is the other recording's baseline, to be taken in
rest's place: a classifier of the class keeps its direction, one of the distance turns round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from base.errors import expected
from model.data.folds import standardise
from model.data.folds.protocols import Fold
from model.data.folds.windows import Windows, to_grid
from model.data.recording import Dataset, Layout, Preparation
from model.data.signal.features import feature_names
from model.data.trials import Trial


@dataclass(frozen=True)
class Baseline:
    """mean, root: (electrodes, F), m and sqrt(d)."""

    mean: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, frames: np.ndarray, layout: Layout, features: tuple[str, ...], name: str) -> Baseline:
        """Of a person's frames at rest, (frames, electrodes, F). UserError, with `name`, on a still feature."""
        mean, deviation = standardise.fit([frames], layout.electrodes, feature_names(features), name)
        return cls(mean, np.sqrt(deviation))

    def scaled(self, frames: np.ndarray) -> np.ndarray:
        """Frames (..., electrodes, F) of the person, all but the fold's part."""
        return (frames - self.mean) / self.root


def calibrated(trials: list[Trial], dataset: Dataset, settings: Preparation) -> list[Trial]:
    """With `rest-baseline` each trial scaled by its person's Baseline, and without the frames that it is from.

    With another standardisation the trials as they are. UserError where a person has no rest.
    """
    if settings.standardisation != standardise.REST_BASELINE:
        return trials
    rest = dataset.rest_label
    own = _baselines(trials, rest, dataset, settings.features)
    missing = sorted({trial.subject for trial in trials}.difference(own))
    if missing:
        raise expected(f"{dataset.name}: subject {missing[0]}", f"no recording of {dataset.rest}",
                       f"one, for {standardise.REST_BASELINE}")
    return [
        replace(trial, frames=own[trial.subject].scaled(trial.frames[trial.border if trial.label == rest else 0 :]))
        for trial in trials
    ]


def _baselines(
    trials: Iterable[Trial], label: int, dataset: Dataset, features: tuple[str, ...]
) -> dict[int, Baseline]:
    """Each subject's Baseline from the first recording of this class."""
    return {
        trial.subject: Baseline.of(trial.frames[: trial.border], dataset.layout, features,
                                   f"subject {trial.subject}, {dataset.class_names[label]}")
        for trial in trials if trial.label == label and trial.border
    }


@dataclass(frozen=True)
class Swap:
    """The other class's baseline in rest's place: a window x (C, H, W) of `Windows` becomes x * gain + shift.

    subject int64 (S,), ascending; gain, shift float64 (S, C, H, W), of each; apart bool (N,): windows without a frame
    of the other baseline, those that are tested with it. Of people without the other class: 1, 0 and none.
    """

    subject: np.ndarray
    gain: np.ndarray
    shift: np.ndarray
    apart: np.ndarray

    @classmethod
    def of(cls, trials: list[Trial], windows: Windows, dataset: Dataset, settings: Preparation) -> Swap:
        """trials: as extracted; windows: cut from these, calibrated. The other class is the first that is not rest."""
        layout, rest = dataset.layout, dataset.rest_label
        other = min(label for label in range(windows.classes) if label != rest)
        own, others = (_baselines(trials, label, dataset, settings.features) for label in (rest, other))
        if short := {trial.subject for trial in trials if trial.label == other}.difference(others):
            raise expected(f"{dataset.name}: subject {min(short)}, {dataset.class_names[other]}",
                           "less than two samples", "a half to calibrate by, and a half to test")
        subjects = np.unique(windows.subject)
        gains, shifts = [], []
        for subject in subjects.tolist():
            mine, its = own[subject], others.get(subject, own[subject])
            gains.append(mine.root / its.root)
            shifts.append((mine.mean - its.mean) / its.root)
        borders = {trial.number: trial.border for trial in trials if trial.label == other}
        apart = np.isin(windows.subject, list(others))
        for number, border in borders.items():
            rows = np.flatnonzero(windows.trial == number)
            apart[rows] &= np.arange(len(rows)) * settings.train_stride >= border
        return cls(subjects, _maps(gains, layout), _maps(shifts, layout), apart)

    def swapped(self, windows: Windows, rows: np.ndarray) -> np.ndarray:
        """The windows of `rows` (n,) by the other baseline, (n, C, H, W)."""
        who = np.searchsorted(self.subject, windows.subject[rows])
        return windows.x[rows] * self.gain[who] + self.shift[who]

    def tested(self, windows: Windows, folds: list[Fold]) -> tuple[Windows, list[Fold]]:
        """All of them, and behind them the tested ones again by the other baseline; folds that test both.

        Those behind len(windows.y) are the swapped ones, of the rows that have no frame of that baseline.
        """
        again = np.flatnonzero(self.apart & windows.aligned)
        place = np.full(len(windows.y), -1)
        place[again] = len(windows.y) + np.arange(len(again))
        y, subject, number = (np.concatenate([own, own[again]]) for own in (windows.y, windows.subject, windows.trial))
        aligned = np.concatenate([windows.aligned, np.zeros(len(again), bool)])
        x = np.concatenate([windows.x, self.swapped(windows, again)])
        more = replace(windows, x=x, y=y, subject=subject, trial=number, aligned=aligned)
        both = [np.concatenate([fold.test, place[fold.test[self.apart[fold.test]]]]) for fold in folds]
        return more, [replace(fold, test=test) for fold, test in zip(folds, both, strict=True)]


def _maps(values: list[np.ndarray], layout: Layout) -> np.ndarray:
    """(S, electrodes, F) -> (S, C, H, W), the same for every frame of a sample."""
    return to_grid(np.repeat(np.stack(values)[:, None], layout.frames_per_sample, 1), layout.grid)
