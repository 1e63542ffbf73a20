"""Training: LSNNet with every seed, and what stands beside it.

Leaves, in OUT: train/<network>-seed<N>/, train.json, and history.json for the report.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from base.files import read_json, read_npz, write_json
from board.preset import Preset, load_preset
from flow.settings import Settings
from flow.software.jobs import RESULT, Job, run_jobs
from flow.workers import tell
from model.baselines.ann import AnnTwin
from model.baselines.svm import majority, svm
from model.evaluate import confusion, metrics, predict, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.train import HISTORY, TrainOptions, train


def network_config(preset: Preset, samples: dict[str, np.ndarray], classes: int) -> LSNNetConfig:
    """The preset's network for samples x (N, C, H, W)."""
    _, channels, height, width = samples["x"].shape
    return LSNNetConfig(channels, height, width, classes, preset.channels, preset.hidden)


def train_all(settings: Settings, key: str) -> None:
    """Train LSNNet with every seed, its ANN twin, and the SVM; write train.json and history.json."""
    reads = (settings.out / "samples.npz", settings.out / "dataset.json")
    jobs = [Job(name, seed, folder, reads, partial(_train_job, settings, name, seed, folder))
            for name, seed in [*(("lsnnet", seed) for seed in settings.seeds), ("ann", settings.seed), ("svm", 0)]
            for folder in [settings.train_folder(name, seed)]]
    results = run_jobs(settings.out / "logs", key, jobs)
    write_json(settings.out / "train.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})
    history = read_json(settings.train_folder("lsnnet", settings.seed) / HISTORY)
    write_json(settings.out / "history.json", history)


def _train_job(settings: Settings, name: str, seed: int, folder: Path) -> None:
    samples, classes = read_npz(settings.out / "samples.npz"), read_json(settings.out / "dataset.json")["classes"]
    x, y = select(samples, "test")
    if name == "svm":
        guess, chosen = svm(samples)
        extra = {"chosen": chosen, "majority": metrics(y, majority(samples), classes)}
    else:
        build = AnnTwin if name == "ann" else LSNNet
        config = network_config(load_preset(settings.preset), samples, classes)
        result = train(samples, config, TrainOptions(seed=seed), folder, build, partial(tell, f"{name} seed {seed}"))
        predictions = predict(result.network, x)
        extra = {"best_epoch": result.best_epoch, "spikes_per_neuron": predictions.spikes_per_neuron}
        guess = predictions.classes
    write_json(folder / RESULT,
               {"metrics": metrics(y, guess, classes), "confusion": confusion(y, guess, classes), **extra})
