"""Which features? Cross-validation over the subjects that are not tested, for the network and the baselines."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from base.errors import expected
from model.baselines.linear import linear
from model.baselines.svm import svm
from model.data import registry
from model.data.folds import protocols, splits
from model.data.folds.windows import cut
from model.data.options import Choice
from model.data.recording import Dataset, Preparation
from model.data.trials import Trial, extract
from model.evaluate import metrics, predict, select
from model.lsnnet import LSNNetConfig
from model.train import TrainOptions, train

CANDIDATES = (("pse",), ("bandpower",), ("de",), ("bandpower", "pse"), ("de", "pse"), ("bandpower", "de"))
PARTITIONS = 2  # ways to divide the subjects: with so few, one of them is easily won by chance
FOLDS = 6
SEEDS = (0, 1)


def development(dataset: Dataset, test_subjects: str | None) -> Dataset:
    """The dataset without its test subjects. Who they are where none are named depends, as in a run, on the labels."""
    labels = None
    if test_subjects is None:
        labels = {subject: {recording.label for recording in dataset.read(subject)} for subject in dataset.subjects}
    split = splits.split_subjects(dataset.subjects, test_subjects, labels=labels)
    return dataclasses.replace(dataset, subjects=tuple(sorted((*split.train, *split.validation))))


def folds(subjects: tuple[int, ...]) -> list[list[int]]:
    """PARTITIONS times FOLDS groups, first of neighbours, then shuffled; a partition holds each subject out once."""
    if len(subjects) < 2 * FOLDS:
        raise expected("subjects to choose on", len(subjects), f"at least {2 * FOLDS}")
    rng = np.random.default_rng(0)
    orders = [np.array(subjects), *(rng.permutation(subjects) for _ in range(PARTITIONS - 1))]
    return [sorted(fold.tolist()) for order in orders for fold in np.array_split(order, FOLDS)]


def score(dataset: Dataset, trials: list[Trial], settings: Preparation, held_out: list[int]) -> np.ndarray:
    """On `held_out`: the linear teacher's, the SVM's and LSNNet's balanced accuracy, and LSNNet's AUC within subjects.

    The other subjects are split into training and validation by the same rule as in a run, so early
    stopping and the SVM's settings are chosen on subjects that are not held out. LSNNet: mean over SEEDS.
    """
    windows = cut(trials, settings, dataset.layout, len(dataset.class_names))
    named = Choice(test=",".join(map(str, held_out)))
    (fold,) = protocols.folds("fixed", trials, windows, settings, dataset.layout, named)
    made = protocols.materialise(windows, fold)
    x, y = select(made, "test")
    who, network = windows.subject[fold.test], []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            config = LSNNetConfig(x.shape[1], x.shape[2], x.shape[3], len(dataset.class_names))
            result = train(made, config, TrainOptions(seed=seed), Path(folder))
        found = metrics(y, predict(result.network, x).logits, who)
        network.append((found["balanced"], found["auc_within"]))
    plain = [metrics(y, scores, who)["balanced"] for scores in (linear(made), svm(made)[0])]
    return np.array([*plain, *np.mean(network, axis=0)])


def main(dataset_name: str, data_root: Path | None, test_subjects: str | None) -> None:
    """Print the table of CANDIDATES; the test subjects are taken out before anything is computed."""
    dataset = development(registry.recordings(dataset_name, data_root), test_subjects)
    if len(dataset.class_names) != 2:
        raise expected("DATASET", f"{dataset_name} with {len(dataset.class_names)} classes", "two, with `make choose`")
    groups = folds(dataset.subjects)
    title = f"{dataset.name}{' (simulated)' if dataset.simulated else ''}: {len(groups)} folds over subjects"
    table = Table("features", "linear balanced", "SVM balanced", "LSNNet balanced", "LSNNet AUC within",
                  "LSNNet balanced per fold", title=title)
    console = Console()
    for features in CANDIDATES:
        settings = dataclasses.replace(dataset.settings, features=features)
        trials = extract(dataset, settings)
        name = "+".join(features)
        rows = [score(dataset, trials, settings, group) for group in track(groups, name, console=console)]
        means = [f"{value:.3f}" for value in np.mean(rows, axis=0)]
        table.add_row(name, *means, " ".join(f"{row[2]:.2f}" for row in rows))
    console.print(table)
