"""Training of LSNNet (and of its twin without spikes): AdamW, early stopping, resume after an interrupt."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from flow.errors import expected
from flow.files import atomic_path, write_json
from model.augment import add_noise, drop_electrodes, mix
from model.evaluate import select
from model.lsnnet import LSNNet, LSNNetConfig

CHECKPOINT = "float.pt"
STATE = "train-state.pt"
HISTORY = "history.json"


@dataclass(frozen=True)
class TrainOptions:
    """Recipe; the defaults are the ones chosen by cross-validation over subjects (docs/training.md)."""

    seed: int = 0
    epochs: int = 40
    patience: int = 15  # epochs without a lower validation loss before training ends
    batch: int = 64
    lr: float = 1e-3  # peak; one epoch of linear warm-up, then a cosine to zero
    weight_decay: float = 0.05  # on weights, not on D and batch norm
    label_smoothing: float = 0.1
    noise: float = 0.3  # white input noise, standard deviations
    offset: float = 0.3  # input offset per sample and channel, standard deviations
    electrode_dropout: float = 0.1
    mixup: float = 0.0  # alpha of the Beta distribution
    activity: float = 0.0  # weight of the mean earliness per spiking layer in the loss
    ema: float = 0.98  # per-step decay of the averaged weights, which are those kept


@dataclass
class TrainResult:
    network: LSNNet  # best weights, in evaluation mode
    best_epoch: int
    history: list[dict[str, Any]]  # per epoch: train_loss, val_loss, val_balanced, windows
    wall_s: float  # of this call; an earlier, interrupted one is not counted


def load(path: Path, build: type[LSNNet] = LSNNet) -> LSNNet:
    """Network of a checkpoint written by `train`, in evaluation mode."""
    saved = torch.load(path, weights_only=True)
    network = build(LSNNetConfig.from_dict(saved["config"]))
    network.load_state_dict(saved["state"])
    return network.eval()


def class_weights(y: Tensor, classes: int) -> Tensor:
    """N / (classes * count) per class, (classes,): every class weighs the same in the loss."""
    counts = torch.bincount(y, minlength=classes)
    if int(counts.min()) == 0:
        raise expected("training split", f"class counts {counts.tolist()}", "samples of every class")
    return len(y) / (classes * counts.float())


@dataclass
class _Run:
    """Everything that moves during a training, so that it can be saved and restored whole."""

    network: LSNNet
    average: AveragedModel
    optimizer: torch.optim.AdamW
    epoch: int = 0
    best_loss: float = math.inf
    best_epoch: int = -1
    best_state: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def start(cls, network: LSNNet, options: TrainOptions) -> _Run:
        average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.ema), use_buffers=True)
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return cls(network, average, torch.optim.AdamW(groups, lr=options.lr))

    def save(self, path: Path, fingerprint: str) -> None:
        state = {
            "fingerprint": fingerprint,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "epoch": self.epoch,
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "best_state": self.best_state,
            "history": self.history,
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def restore(self, path: Path, fingerprint: str) -> None:
        """Go on from `path` if it belongs to the same data, network and recipe; else leave all as it is."""
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        if state["fingerprint"] != fingerprint:
            return
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        for name in ("epoch", "best_loss", "best_epoch", "best_state", "history"):
            setattr(self, name, state[name])


def _fingerprint(samples: dict[str, np.ndarray], config: LSNNetConfig, options: TrainOptions) -> str:
    digest = hashlib.sha256(json.dumps([config.to_dict(), dataclasses.asdict(options)]).encode())
    for name in ("x", "y", "split"):
        digest.update(np.ascontiguousarray(samples[name]).tobytes())
    return digest.hexdigest()


def _learning_rate(step: int, per_epoch: int, options: TrainOptions) -> float:
    warmup = min(1.0, (step + 1) / per_epoch)
    return options.lr * warmup * 0.5 * (1 + math.cos(math.pi * step / (per_epoch * options.epochs)))


def _train_epoch(run: _Run, x: Tensor, y: Tensor, weights: Tensor, options: TrainOptions) -> float:
    """One pass over x (N, C, H, W) in a fresh order; returns the mean loss."""
    run.network.train()
    # The last, short batch is left out: batch norm cannot work on a single sample.
    batches = torch.randperm(len(x)).split(options.batch)[: max(1, len(x) // options.batch)]
    total = 0.0
    for index, rows in enumerate(batches):
        rate = _learning_rate(run.epoch * len(batches) + index, len(batches), options)
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        inputs = drop_electrodes(add_noise(x[rows], options.noise, options.offset), options.electrode_dropout)
        inputs, target = mix(inputs, y[rows], len(weights), options.mixup)
        logits, earliness = run.network.trace(inputs)
        loss = functional.cross_entropy(logits, target, weights, label_smoothing=options.label_smoothing)
        loss = loss + options.activity * sum(layer.mean() for layer in earliness)
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        run.average.update_parameters(run.network)
        total += float(loss.detach())
    return total / len(batches)


@torch.no_grad()
def _validate(network: LSNNet, x: Tensor, y: Tensor, weights: Tensor) -> tuple[float, float]:
    """Class-balanced cross entropy and balanced accuracy over the validation subjects."""
    logits = network.eval()(x)
    loss = float(functional.cross_entropy(logits, y, weights))
    return loss, float(balanced_accuracy_score(y.numpy(), logits.argmax(1).numpy()))


def _tensors(samples: dict[str, np.ndarray], split: str) -> tuple[Tensor, Tensor]:
    x, y = select(samples, split)
    if len(y) == 0:
        raise expected(f"{split} split", "no samples", "at least one")
    layout = torch.channels_last  # a third faster than the default for 3x3 depthwise on small grids
    return torch.from_numpy(x).float().contiguous(memory_format=layout), torch.from_numpy(y).long()


def _loop(run: _Run, samples: dict[str, np.ndarray], options: TrainOptions, state: Path, mark: str) -> None:
    classes = run.network.config.classes
    (x, y), (val_x, val_y) = _tensors(samples, "train"), _tensors(samples, "val")
    weights, val_weights = class_weights(y, classes), class_weights(val_y, classes)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns) as progress:
        task = progress.add_task(f"train seed {options.seed}", total=options.epochs, completed=run.epoch, note="")
        while run.epoch < options.epochs and run.epoch - run.best_epoch <= options.patience:
            train_loss = _train_epoch(run, x, y, weights, options)
            kept: LSNNet = run.average.module
            val_loss, val_balanced = _validate(kept, val_x, val_y, val_weights)
            if val_loss < run.best_loss:
                run.best_loss, run.best_epoch = val_loss, run.epoch
                run.best_state = {name: value.clone() for name, value in kept.state_dict().items()}
            windows = [float(layer.window) for layer in kept.layers if hasattr(layer, "window")]
            run.history.append(
                {"train_loss": train_loss, "val_loss": val_loss, "val_balanced": val_balanced, "windows": windows}
            )
            run.epoch += 1
            run.save(state, mark)
            progress.update(task, completed=run.epoch, note=f"val {val_balanced:.3f}")


def train(
    samples: dict[str, np.ndarray],
    config: LSNNetConfig,
    options: TrainOptions,
    out: Path,
    build: type[LSNNet] = LSNNet,
) -> TrainResult:
    """Train on the train split, stop and choose by the val split; the test split is not looked at.

    Writes out/float.pt ({"config", "state"}) and out/history.json once training has ended. Until then
    out/train-state.pt holds the last whole epoch, and a call with the same data, network and recipe
    goes on from there to the same result as without the interrupt. A state of anything else is ignored.
    """
    started = time.monotonic()
    torch.set_num_threads(1)  # more threads are slower on networks this small
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        network = build(config).to(memory_format=torch.channels_last)
        run = _Run.start(network, options)
        mark = _fingerprint(samples, config, options)
        run.restore(out / STATE, mark)
        _loop(run, samples, options, out / STATE, mark)
    network.load_state_dict(run.best_state)
    with atomic_path(out / CHECKPOINT) as temporary:
        torch.save({"config": config.to_dict(), "state": run.best_state}, temporary)
    write_json(out / HISTORY, run.history)
    (out / STATE).unlink()
    return TrainResult(network.eval(), run.best_epoch, run.history, time.monotonic() - started)
