"""Baselines on the same features and split: support vector machine, majority class."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.svm import SVC

from base.errors import expected
from model.evaluate import SPLIT_CODES, select

GRID = {"linear": (0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0), "rbf": (0.001, 0.01, 0.1, 1.0, 10.0)}  # kernel -> C
INNER_FOLDS = 5
MOST_ROWS = 5000


def _rows(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, C * electrodes) float64: grid cells without an electrode hold no information."""
    flat = x.reshape(len(x), -1).astype(np.float64)
    return flat[:, np.any(flat != 0.0, axis=0)]


def _spread(rows: np.ndarray) -> np.ndarray:
    """At most MOST_ROWS of rows that are in the order of trials and time, so that every trial keeps its share."""
    places = np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(int)
    return rows[places]


def _machine(cost: float) -> SVC:
    """On kernels that are computed once for all settings; its answer is the highest of its scores."""
    return SVC(C=cost, kernel="precomputed", class_weight="balanced", break_ties=True)


def svm(samples: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, float | str]]:
    """Scores (n, classes) for the test split, and the settings that were chosen.

    Fitted on the training split, classes weighted by their inverse frequency. Kernel and C are those with the best
    balanced accuracy over inner folds of the training and validation samples, no person in two of them (no trial, where
    there is one person); the first in case of a tie, so the smaller C. gamma is scikit-learn's 1 / (columns *
    variance). No refit on train + validation: the network does not train on the validation samples either. Of more
    than MOST_ROWS samples it takes that many: its memory and time grow with their square.
    """
    train, test = (np.flatnonzero(samples["split"] == SPLIT_CODES[name]) for name in ("train", "test"))
    x, y = _rows(samples["x"]), samples["y"]
    known, train = _spread(np.flatnonzero(samples["split"] != SPLIT_CODES["test"])), _spread(train)
    gamma = 1.0 / (x.shape[1] * x[train].var())
    inner = _inner_folds(samples, known)
    best: tuple[float, str, float] | None = None
    for kernel, costs in GRID.items():
        gram = _gram(kernel, x[known], x[known], gamma)
        for cost in costs:
            found = cross_val_predict(_machine(cost), gram, y[known], cv=inner)
            balanced = float(balanced_accuracy_score(y[known], found))
            if best is None or balanced > best[0]:
                best = (balanced, kernel, cost)
    assert best is not None  # the grid is not empty
    balanced, kernel, cost = best
    machine = _machine(cost).fit(_gram(kernel, x[train], x[train], gamma), y[train])
    scores = machine.decision_function(_gram(kernel, x[test], x[train], gamma))
    if scores.ndim == 1:  # two classes: that of class 1
        scores = np.stack([-scores, scores], axis=1) / 2
    return scores, {"kernel": kernel, "c": cost, "inner_balanced": balanced}


def _gram(kernel: str, x: np.ndarray, of: np.ndarray, gamma: float) -> np.ndarray:
    """The kernel between each row of x and each of `of`."""
    made: np.ndarray = linear_kernel(x, of) if kernel == "linear" else rbf_kernel(x, of, gamma)
    return made


def _inner_folds(samples: dict[str, np.ndarray], rows: np.ndarray) -> list[tuple[Any, Any]]:
    """INNER_FOLDS folds of `rows` by person, or by trial where there is one person; fewer if a class has fewer."""
    y, groups = samples["y"][rows], samples["subject"][rows]
    if len(np.unique(groups)) == 1:
        groups = samples["trial"][rows]
    count = min(INNER_FOLDS, *(len(np.unique(groups[y == label])) for label in np.unique(y)))
    if count < 2:
        got = "a class of one person, or one trial"
        raise expected("SVM: training and validation", got, "at least two to choose by")
    return list(StratifiedGroupKFold(count).split(rows, y, groups))


def majority(samples: dict[str, np.ndarray]) -> np.ndarray:
    """Scores (n, classes) for the test split, the same for every sample: each class's share of the training split."""
    _, y = select(samples, "train")
    share = np.bincount(y, minlength=int(samples["y"].max()) + 1) / len(y)
    return np.tile(share, (len(select(samples, "test")[1]), 1))
