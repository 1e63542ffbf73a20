"""The classifiers of a run: a row here is trained by `make train` and is a row of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from base.progress import Tell
from model.baselines.ann import AnnTwin
from model.baselines.linear import linear
from model.baselines.svm import majority, svm
from model.evaluate import predict, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.train import TrainOptions, train

Samples = dict[str, np.ndarray]
# (samples, network of the preset, recipe, own folder, tell) -> scores (n, classes) of the test samples, what else is
# recorded
Fit = Callable[[Samples, LSNNetConfig, TrainOptions, Path, Tell], tuple[np.ndarray, dict[str, Any]]]


@dataclass(frozen=True)
class Classifier:
    """key: in accuracy.json and report.json. name: of its folder in train/. label: in the report.

    seeds: how many of the run's seeds it is trained with, from the first on; None: all; 0: it has no seed.
    """

    key: str
    name: str
    label: str
    fit: Fit
    seeds: int | None = 0


def _network(
    build: type[LSNNet], samples: Samples, config: LSNNetConfig, options: TrainOptions, folder: Path, tell: Tell
) -> tuple[np.ndarray, dict[str, Any]]:
    result = train(samples, config, options, folder, build, tell)
    found = predict(result.network, select(samples, "test")[0])
    return found.logits, {"best_epoch": result.best_epoch, "kept_by": options.kept_by,
                           "window_rule": config.window, "spikes_per_neuron": found.spikes_per_neuron}


def _svm(samples: Samples, *_: Any) -> tuple[np.ndarray, dict[str, Any]]:
    found, chosen = svm(samples)
    return found, {"chosen": chosen}


def _linear(samples: Samples, *_: Any) -> tuple[np.ndarray, dict[str, Any]]:
    return linear(samples), {}


def _majority(samples: Samples, *_: Any) -> tuple[np.ndarray, dict[str, Any]]:
    return majority(samples), {}


LSNNET = Classifier("float", "lsnnet", "LSNNet, float", partial(_network, LSNNet), None)
# In the order of the report's tables; what LSNNET is quantised to comes after them.
CLASSIFIERS = (
    Classifier("majority", "majority", "Majority class", _majority),
    Classifier("linear", "linear", "Linear teacher", _linear),
    Classifier("svm", "svm", "SVM, same features", _svm),
    Classifier("ann", "ann", "ANN twin, float", partial(_network, AnnTwin), 1),
    LSNNET,
)
