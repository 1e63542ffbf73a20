"""Baselines on the same features and split: support vector machine, majority class."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import SVC

from model.evaluate import SPLIT_CODES, select

COSTS = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)
KERNELS = ("linear", "rbf")


def _rows(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) -> (N, C * electrodes): grid cells without an electrode hold no information."""
    flat = x.reshape(len(x), -1)
    return flat[:, np.any(flat != 0.0, axis=0)]


def svm(samples: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, float | str]]:
    """Predictions (N,) int64 for every sample of the artefact, and the settings that were chosen.

    Fitted on the training split only, classes weighted by their inverse frequency; kernel and C are
    those with the best balanced accuracy on the validation subjects (the first in case of a tie, so
    the smaller C); gamma is scikit-learn's 1 / (columns * variance). No refit on train + validation:
    the network does not train on the validation subjects either.
    """
    train, val = (samples["split"] == SPLIT_CODES[name] for name in ("train", "val"))
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
    return machine.predict(x), {"kernel": machine.kernel, "c": machine.C, "val_balanced": score}


def majority(samples: dict[str, np.ndarray]) -> np.ndarray:
    """The most frequent class of the training split for every sample, (N,) int64."""
    _, y = select(samples, "train")
    return np.full(len(samples["y"]), np.bincount(y).argmax(), dtype=np.int64)
