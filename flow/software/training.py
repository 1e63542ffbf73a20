"""Training: LSNNet with every seed, and what stands beside it.

Leaves, in OUT: train/<name>-seed<N>/, train.json, and for the report classifiers.json and history.json.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from base.files import read_json, read_npz, write_json
from flow.settings import Settings
from flow.software.classifiers import CLASSIFIERS, LSNNET, Classifier
from flow.software.jobs import RESULT, Job, run_jobs
from flow.software.rows import row
from flow.workers import tell
from model.evaluate import score
from model.lsnnet import LSNNetConfig
from model.train import HISTORY, TrainOptions


def network_config(settings: Settings, samples: dict[str, np.ndarray], classes: int) -> LSNNetConfig:
    """The network that was asked for, for samples x (N, C, H, W)."""
    _, channels, height, width = samples["x"].shape
    preset = settings.network
    return LSNNetConfig(channels, height, width, classes, preset.channels, preset.hidden, preset.strides,
                        window=settings.window_rule, window_rate=settings.window_rate)


def train_all(settings: Settings, key: str) -> None:
    """Train every classifier; write train.json, history.json, and classifiers.json with their rows of the report."""
    reads = (settings.out / "samples.npz", settings.out / "dataset.json")
    jobs = [Job(own.name, seed, folder, reads, partial(_train_job, settings, own.name, seed, folder))
            for own in CLASSIFIERS for seed in _seeds(settings, own)
            for folder in [settings.train_folder(own.name, seed)]]
    results = run_jobs(settings.out / "logs", key, jobs)
    write_json(settings.out / "train.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})
    write_json(settings.out / "classifiers.json", [
        row(own.key, own.label, None, () if own.seeds == 0 else _seeds(settings, own),
            [results[own.name, seed] for seed in _seeds(settings, own)]) for own in CLASSIFIERS])
    built = results[LSNNET.name, settings.seed]
    epochs = read_json(settings.train_folder(LSNNET.name, settings.seed) / HISTORY)
    write_json(settings.out / "history.json", {
        "kept": built["best_epoch"], "kept_by": built["kept_by"], "window_rule": built["window_rule"],
        "epochs": epochs,
    })


def _seeds(settings: Settings, classifier: Classifier) -> tuple[int, ...]:
    """The seeds of its jobs: one job where it has no seed."""
    return (0,) if classifier.seeds == 0 else settings.seeds[: classifier.seeds]


def _train_job(settings: Settings, name: str, seed: int, folder: Path) -> None:
    samples, classes = read_npz(settings.out / "samples.npz"), read_json(settings.out / "dataset.json")["classes"]
    (own,) = (classifier for classifier in CLASSIFIERS if classifier.name == name)
    config = network_config(settings, samples, classes)
    options = TrainOptions(seed=seed, **settings.recipe_facts.training)
    found, extra = own.fit(samples, config, options, folder, partial(tell, f"{name} seed {seed}"))
    write_json(folder / RESULT, {**score(samples, found), **extra})
