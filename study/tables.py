"""Numbers of a study's tables, from the results of its jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.evaluate import confusion, metrics
from model.intervals import Interval, interval
from study.answers import read_result

METRICS = ("acc", "balanced", "auc_within", "sen", "spe", "pre", "macro_f1")


@dataclass(frozen=True)
class Row:
    """One classifier on every subject and seed. values: metric -> (seeds, subjects); spikes (seeds, folds, layers).

    Several folds of one subject (sessions, parts of the trials) are averaged first, since they are not independent;
    where folds mix subjects, a fold stands for one. A metric that a subject leaves undefined (no window of the class
    that it is about) is NaN there and left out of means.
    confusion (classes, classes): counts over all folds, mean over the seeds.
    """

    name: str
    values: dict[str, np.ndarray]
    spikes: np.ndarray
    confusion: np.ndarray

    def mean_sd(self, metric: str) -> tuple[float, float]:
        """Mean and standard deviation over subjects and seeds together, in percent."""
        values = 100.0 * self.values[metric]
        return float(np.nanmean(values)), float(np.nanstd(values, ddof=1)) if values.size > 1 else 0.0

    def per_subject(self) -> np.ndarray:
        """(subjects,) balanced accuracy, mean over seeds, in percent."""
        return 100.0 * self.values["balanced"].mean(axis=0)


@dataclass(frozen=True)
class Tested:
    """One fold of one seed: who and truth (n,), scores (n, classes), spikes per neuron (layers,)."""

    subject: np.ndarray
    truth: np.ndarray
    scores: np.ndarray
    spikes: np.ndarray

    @property
    def only(self) -> int:
        """Who is tested, or -1 where there are several."""
        return int(self.subject[0]) if len(np.unique(self.subject)) == 1 else -1


def rows(
    folders: list[tuple[int, Path]], classes: int, kept: Callable[[int], np.ndarray] | None = None
) -> dict[str, Row]:
    """One Row per setting of these jobs, which together hold every fold for each of their seeds.

    kept(fold): which of the fold's tested windows (n,) bool; None: all.
    """
    found: dict[str, dict[int, dict[int, Tested]]] = defaultdict(lambda: defaultdict(dict))
    for seed, folder in folders:
        result = read_result(folder)
        for k, setting in enumerate(result["settings"].tolist()):
            for place, fold in enumerate(np.unique(result["fold"])):
                own = result["fold"] == fold
                spikes = result["spikes"][k, place] if result["spikes"].size else np.zeros(0)
                if kept is not None:
                    own[own] = kept(int(fold))
                parts = result["subject"][own], result["truth"][own], result["scores"][k][own]
                found[setting][seed][int(fold)] = Tested(*parts, spikes)
    return {setting: _row(setting, seeds, classes) for setting, seeds in found.items()}


def _row(name: str, seeds: dict[int, dict[int, Tested]], classes: int) -> Row:
    grid = [[own[fold] for fold in sorted(own)] for _, own in sorted(seeds.items())]
    scores = [[_scores(fold, classes) for fold in line] for line in grid]
    counts = [confusion(np.concatenate([fold.truth for fold in line]),
                        np.concatenate([fold.scores for fold in line]).argmax(axis=1), classes) for line in grid]
    groups = [fold.only if fold.only >= 0 else -1 - place for place, fold in enumerate(grid[0])]
    values = {
        metric: np.stack([np.nanmean([[score[metric] for score, group in zip(line, groups, strict=True) if group == own]
                                      for line in scores], axis=1) for own in dict.fromkeys(groups)], axis=1)
        for metric in METRICS
    }
    return Row(name, values, np.array([[fold.spikes for fold in line] for line in grid]), np.mean(counts, axis=0))


def _scores(fold: Tested, classes: int) -> dict[str, float]:
    """Metrics of one fold; of two classes, NaN where the class that a metric is about was not tested."""
    scores = metrics(fold.truth, fold.scores, fold.subject)
    if classes == 2 and not (fold.truth == 1).any():
        scores |= {"sen": np.nan, "pre": np.nan}
    if classes == 2 and not (fold.truth == 0).any():
        scores |= {"spe": np.nan}
    return scores


class Difference(Interval):
    """Paired difference of two rows over subjects, each the mean over its seeds; in points, with its 95 % interval."""

    def __str__(self) -> str:
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"

    def against(self, bar: float) -> str:
        """What the data say of `at least bar`."""
        match self.decides(bar):
            case "holds":
                return "holds, and the whole interval with it"
            case "fails":
                return "**does not hold**, nor anywhere in the interval"
        mean = "the mean holds" if self.mean >= bar else "**the mean does not hold**"
        return f"{mean}; undecided, the interval has both"


def difference(first: Row, second: Row) -> Difference:
    """first - second in balanced accuracy; Student's t over subjects."""
    return Difference(**vars(interval(first.per_subject() - second.per_subject())))
