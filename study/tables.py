"""Numbers of a study's tables, from the results of its jobs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from model.evaluate import confusion, metrics
from study.jobs import read_result

METRICS = ("acc", "balanced", "sen", "spe", "pre", "macro_f1")


@dataclass(frozen=True)
class Row:
    """One classifier on every fold and seed. values: metric -> (seeds, folds); spikes (seeds, folds, layers).

    confusion (classes, classes): counts over all folds, mean over the seeds.
    """

    name: str
    values: dict[str, np.ndarray]
    spikes: np.ndarray
    confusion: np.ndarray

    def mean_sd(self, metric: str) -> tuple[float, float]:
        """Mean and standard deviation over folds and seeds together, in percent."""
        values = 100.0 * self.values[metric]
        return float(values.mean()), float(values.std(ddof=1)) if values.size > 1 else 0.0

    def per_fold(self, metric: str = "balanced") -> np.ndarray:
        """(folds,), mean over seeds, in percent."""
        return 100.0 * self.values[metric].mean(axis=0)


def rows(folders: list[tuple[int, Path]], classes: int) -> dict[str, Row]:
    """One Row per setting of these jobs, which together hold every fold for each of their seeds."""
    found: dict[str, dict[int, dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]]]
    found = defaultdict(lambda: defaultdict(dict))
    for seed, folder in folders:
        result = read_result(folder)
        for k, setting in enumerate(result["settings"].tolist()):
            for place, fold in enumerate(np.unique(result["fold"])):
                own = result["fold"] == fold
                spikes = result["spikes"][k, place] if result["spikes"].size else np.zeros(0)
                found[setting][seed][int(fold)] = result["truth"][own], result["predicted"][k][own], spikes
    return {setting: _row(setting, seeds, classes) for setting, seeds in found.items()}


def _row(name: str, seeds: dict[int, dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]], classes: int) -> Row:
    grid = [[own[fold] for fold in sorted(own)] for _, own in sorted(seeds.items())]
    scores = [[metrics(truth, guess, classes) for truth, guess, _ in line] for line in grid]
    counts = [confusion(np.concatenate([truth for truth, _, _ in line]),
                        np.concatenate([guess for _, guess, _ in line]), classes) for line in grid]
    values = {metric: np.array([[score[metric] for score in line] for line in scores]) for metric in METRICS}
    spikes = np.array([[spikes for _, _, spikes in line] for line in grid])
    return Row(name, values, spikes, np.mean(counts, axis=0))


@dataclass(frozen=True)
class Difference:
    """Paired difference of two rows over the folds, each the mean over its seeds; in points, with its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


def difference(first: Row, second: Row, metric: str = "balanced") -> Difference:
    """first - second; Student's t over the folds, which are the subjects in leave-one-subject-out."""
    gaps = first.per_fold(metric) - second.per_fold(metric)
    mean, error = float(gaps.mean()), float(stats.sem(gaps)) if len(gaps) > 1 else 0.0
    half = error * float(stats.t.ppf(0.975, len(gaps) - 1)) if error > 0 else 0.0
    return Difference(mean, mean - half, mean + half)
