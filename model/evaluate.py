"""Metrics of a classifier, and a network's predictions and spike counts over a set of samples.

A classifier answers with scores (n, classes): the class with the highest is predicted, the lowest of them on a tie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from model.data.folds.splits import SPLIT_CODES


def select(samples: dict[str, np.ndarray], split: str) -> tuple[np.ndarray, np.ndarray]:
    """x (n, C, H, W) and y (n,) of one split, in the artefact's order."""
    rows = samples["split"] == SPLIT_CODES[split]
    return samples["x"][rows], samples["y"][rows]


def positive(classes: int) -> int | None:
    """The class that sen, spe and pre are about; None where they are means over the classes."""
    return 1 if classes == 2 else None


def metrics(truth: np.ndarray, scores: np.ndarray, subject: np.ndarray) -> dict[str, float]:
    """acc, balanced, macro_f1, sen, spe, pre, auc_within, each in 0 … 1; truth, subject (n,), scores (n, classes).

    sen, spe and pre are those of the positive class, or means over the classes, each class against the rest.
    A class that is never predicted has precision 0. auc_within is the mean of auc_by_subject, NaN where it has nobody.
    """
    predicted, classes = scores.argmax(axis=1), scores.shape[1]
    one = positive(classes)
    positives = list(range(classes)) if one is None else [one]
    specificity = [recall_score(truth != c, predicted != c, zero_division=0.0) for c in positives]
    common: dict[str, Any] = {"labels": positives, "average": "macro", "zero_division": 0.0}
    return {
        "acc": float(accuracy_score(truth, predicted)),
        "balanced": float(balanced_accuracy_score(truth, predicted)),
        "macro_f1": float(f1_score(truth, predicted, average="macro", zero_division=0.0)),
        "sen": float(recall_score(truth, predicted, **common)),
        "spe": float(np.mean(specificity)),
        "pre": float(precision_score(truth, predicted, **common)),
        "auc_within": float(np.mean(list(auc_by_subject(truth, scores, subject).values()) or np.nan)),
    }


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> list[list[int]]:
    """Counts, row = true class, column = predicted class."""
    return confusion_matrix(truth, predicted, labels=list(range(classes))).tolist()


def balanced_by_subject(truth: np.ndarray, predicted: np.ndarray, subject: np.ndarray) -> dict[int, float]:
    """Balanced accuracy of each subject, from (n,) each: the mean recall of the classes that the subject has."""
    hit, found = truth == predicted, {}
    for who in np.unique(subject):
        own = subject == who
        found[int(who)] = float(np.mean([hit[own & (truth == label)].mean() for label in np.unique(truth[own])]))
    return found


def auc_by_subject(truth: np.ndarray, scores: np.ndarray, subject: np.ndarray) -> dict[int, float]:
    """Area under the ROC curve within each subject, from (n,), (n, classes), (n,): blind to where the threshold lies.

    The mean over the classes that the subject has, each against the rest, by its score's lead over the best other one:
    of two classes that is their difference. Subjects with a single class have no such area and are left out.
    """
    lead = np.stack([scores[:, c] - np.delete(scores, c, axis=1).max(axis=1) for c in range(scores.shape[1])], axis=1)
    found = {}
    for who in np.unique(subject):
        own = subject == who
        labels = np.unique(truth[own])
        if len(labels) > 1:
            areas = [roc_auc_score(truth[own] == label, lead[own, label]) for label in labels]
            found[int(who)] = float(np.mean(areas))
    return found


def score(samples: dict[str, np.ndarray], scores: np.ndarray) -> dict[str, Any]:
    """What is reported of scores (n, classes) for the test split: metrics, confusion, balanced accuracy by subject.

    auc_within is None where no subject has several classes.
    """
    rows = samples["split"] == SPLIT_CODES["test"]
    truth, subject, predicted = samples["y"][rows], samples["subject"][rows], scores.argmax(axis=1)
    found = metrics(truth, scores, subject)
    within = None if np.isnan(found["auc_within"]) else found["auc_within"]
    return {"metrics": {**found, "auc_within": within}, "confusion": confusion(truth, predicted, scores.shape[1]),
            "by_subject": balanced_by_subject(truth, predicted, subject)}


@dataclass(frozen=True)
class Predictions:
    logits: np.ndarray  # (N, classes) float32
    spikes: list[np.ndarray]  # per spiking layer, encoder first: spikes of each sample, (N,) int64
    neurons: list[int]  # per spiking layer

    @property
    def classes(self) -> np.ndarray:
        """argmax (N,); NumPy, too, takes the lowest index on a tie."""
        return self.logits.argmax(axis=1)

    @property
    def spikes_per_neuron(self) -> float:
        return float(sum(layer.mean() for layer in self.spikes) / sum(self.neurons))


class Network(Protocol):
    """What is asked of an LSNNet here; so that metrics, and baselines with them, do not depend on its source."""

    training: bool

    def eval(self) -> Any: ...

    def train(self, mode: bool = True) -> Any: ...

    def trace(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]: ...


@torch.no_grad()
def predict(network: Network, x: np.ndarray, batch: int = 256) -> Predictions:
    """Logits and spike counts of x (N, C, H, W) in evaluation mode; the network's mode is put back."""
    mode = network.training
    network.eval()
    logits, counts, neurons = [], [], []
    for chunk in torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32)).split(batch):
        out, earliness = network.trace(chunk)
        logits.append(out.numpy())
        counts.append([(layer > 0).sum(dim=1).numpy() for layer in earliness])
        neurons = [layer.shape[1] for layer in earliness]
    network.train(mode)
    spikes = [np.concatenate(layer) for layer in zip(*counts, strict=True)]
    return Predictions(np.concatenate(logits), spikes, neurons)
