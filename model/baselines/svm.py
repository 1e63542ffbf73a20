"""Baselines on the same features and split: support vector machine, majority class."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import SVC

from model.evaluate import SPLIT_CODES, select

COSTS = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)
KERNELS = ("linear", "rbf")
MOST_ROWS = 8000


def _rows(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, C * electrodes): grid cells without an electrode hold no information."""
    flat = x.reshape(len(x), -1)
    return flat[:, np.any(flat != 0.0, axis=0)]


def svm(samples: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, float | str]]:
    """Predictions (n,) int64 for the test split, and the settings that were chosen.

    Fitted on the training split only, classes weighted by their inverse frequency; kernel and C are
    those with the best balanced accuracy on the validation subjects (the first in case of a tie, so
    the smaller C); gamma is scikit-learn's 1 / (columns * variance). No refit on train + validation:
    the network does not train on the validation subjects either. Of more than MOST_ROWS training samples it
    takes that many, evenly spread: its time grows with their square.
    """
    train, val, test = (np.flatnonzero(samples["split"] == SPLIT_CODES[name]) for name in ("train", "val", "test"))
    if len(train) > MOST_ROWS:  # in the order of trials and time, so every trial keeps its share
        train = train[np.linspace(0, len(train) - 1, MOST_ROWS).astype(int)]
    x, y = _rows(samples["x"]), samples["y"]
    best: tuple[float, SVC] | None = None
    for kernel in KERNELS:
        for cost in COSTS:
            machine = SVC(C=cost, kernel=kernel, class_weight="balanced").fit(x[train], y[train])
            score = float(balanced_accuracy_score(y[val], machine.predict(x[val])))
            if best is None or score > best[0]:
                best = (score, machine)
    assert best is not None  # the grid is not empty
    score, machine = best
    return machine.predict(x[test]), {"kernel": machine.kernel, "c": machine.C, "val_balanced": score}


def majority(samples: dict[str, np.ndarray]) -> np.ndarray:
    """The most frequent class of the training split for every sample of the test split, (n,) int64."""
    _, y = select(samples, "train")
    return np.full(len(select(samples, "test")[1]), np.bincount(y).argmax(), dtype=np.int64)
