"""Training of LSNNet (and of its twin without spikes): AdamW, early stopping, resume after an interrupt."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from flow.errors import expected
from flow.files import atomic_path, write_json
from model.augment import add_noise, drop_electrodes, subject_means, swap_subjects
from model.evaluate import SPLIT_CODES, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.teacher import LinearTeacher
from model.ttfs import B1Layer

CHECKPOINT = "float.pt"
STATE = "train-state.pt"
HISTORY = "history.json"

Tell = Callable[[int, int, str], None]


def silent(done: int, total: int, note: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class TrainOptions:
    """Recipe; the defaults are the ones chosen by cross-validation over subjects (docs/training.md)."""

    seed: int = 0
    epochs: int = 25
    settled: float = 0.75  # share of the epochs before any is kept: a falling validation loss says little there
    patience: int = 8  # settled epochs without a lower validation loss before training ends
    batch: int = 64
    lr: float = 3e-3  # peak; one epoch of linear warm-up, then a cosine to zero
    weight_decay: float = 0.05  # on weights, not on D and batch norm
    label_smoothing: float = 0.1
    teacher: float = 0.7  # share of the linear teacher in the loss
    swap: float = 2.0  # strength of the move towards another training subject
    noise: float = 0.6  # white input noise, standard deviations
    offset: float = 0.6  # input offset per sample and channel, standard deviations
    electrode_dropout: float = 0.1
    average_decay: float = 0.98  # per step, of the running mean of the weights, which is what is kept

    @property
    def first_kept(self) -> int:
        """The first epoch that can be kept."""
        return min(int(self.settled * self.epochs), self.epochs - 1)


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
        average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.average_decay), use_buffers=True)
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return cls(network, average, torch.optim.AdamW(groups, lr=options.lr))

    @property
    def averaged(self) -> LSNNet:
        """The network with the mean weights, which is the one that is validated and kept."""
        return cast(LSNNet, self.average.module)

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
        try:
            state = torch.load(path, weights_only=True)
        except (EOFError, OSError, RuntimeError, pickle.UnpicklingError):  # cut short or garbled: start over
            return
        if state["fingerprint"] != fingerprint:
            return
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        for name in ("epoch", "best_loss", "best_epoch", "best_state", "history"):
            setattr(self, name, state[name])


def _fingerprint(samples: dict[str, np.ndarray], network: LSNNet, options: TrainOptions) -> str:
    recipe = [type(network).__name__, network.config.to_dict(), dataclasses.asdict(options)]
    digest = hashlib.sha256(json.dumps(recipe).encode())
    for name in ("x", "y", "subject", "split"):
        digest.update(np.ascontiguousarray(samples[name]).tobytes())
    return digest.hexdigest()


def _learning_rate(step: int, per_epoch: int, options: TrainOptions) -> float:
    warmup = min(1.0, (step + 1) / per_epoch)
    return options.lr * warmup * 0.5 * (1 + math.cos(math.pi * step / (per_epoch * options.epochs)))


@dataclass(frozen=True)
class _Material:
    """The training split as tensors, and what is derived from it once."""

    x: Tensor  # (N, C, H, W)
    y: Tensor  # (N,)
    weights: Tensor  # (classes,)
    means: Tensor  # (subjects, C, H, W)
    row: Tensor  # (N,) row of each sample's subject in means
    teacher: LinearTeacher

    @classmethod
    def of(cls, samples: dict[str, np.ndarray], classes: int) -> _Material:
        x, y = _tensors(samples, "train")
        subject = torch.from_numpy(samples["subject"][samples["split"] == SPLIT_CODES["train"]])
        weights = class_weights(y, classes)
        return cls(x, y, weights, *subject_means(x, y, subject), LinearTeacher.fit(x, y))

    def draw(self, rows: Tensor, options: TrainOptions) -> Tensor:
        """Augmented inputs of the samples `rows`, (B, C, H, W)."""
        moved = swap_subjects(self.x[rows], self.row[rows], self.means, options.swap)
        return drop_electrodes(add_noise(moved, options.noise, options.offset), options.electrode_dropout)


def _loss(network: LSNNet, material: _Material, rows: Tensor, options: TrainOptions) -> Tensor:
    """Class-balanced cross entropy to the labels, mixed with that to the teacher's view of the same inputs."""
    inputs = material.draw(rows, options)
    logits, smoothing = network(inputs), options.label_smoothing
    labels = functional.cross_entropy(logits, material.y[rows], material.weights, label_smoothing=smoothing)
    taught = functional.cross_entropy(logits, material.teacher(inputs))
    return (1.0 - options.teacher) * labels + options.teacher * taught


def _train_epoch(run: _Run, material: _Material, options: TrainOptions) -> float:
    """One pass over the samples in a fresh order; returns the mean loss."""
    run.network.train()
    # The last, short batch is left out: batch norm cannot work on a single sample.
    count = len(material.y)
    batches = torch.randperm(count).split(options.batch)[: max(1, count // options.batch)]
    total = 0.0
    for index, rows in enumerate(batches):
        rate = _learning_rate(run.epoch * len(batches) + index, len(batches), options)
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        loss = _loss(run.network, material, rows, options)
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


def _loop(
    run: _Run, samples: dict[str, np.ndarray], options: TrainOptions, keep: Callable[[], None], tell: Tell
) -> None:
    """Epochs until the last or until patience ends; `keep` saves the run after each."""
    classes = run.network.config.classes
    material, (val_x, val_y) = _Material.of(samples, classes), _tensors(samples, "val")
    val_weights = class_weights(val_y, classes)
    while run.epoch < options.epochs and run.epoch - max(run.best_epoch, options.first_kept) <= options.patience:
        train_loss = _train_epoch(run, material, options)
        kept = run.averaged
        val_loss, val_balanced = _validate(kept, val_x, val_y, val_weights)
        if run.epoch >= options.first_kept and val_loss < run.best_loss:
            run.best_loss, run.best_epoch = val_loss, run.epoch
            run.best_state = {name: value.clone() for name, value in kept.state_dict().items()}
        windows = [float(layer.window) for layer in kept.layers if isinstance(layer, B1Layer)]
        run.history.append(
            {"train_loss": train_loss, "val_loss": val_loss, "val_balanced": val_balanced, "windows": windows}
        )
        run.epoch += 1
        keep()
        tell(run.epoch, options.epochs, f"validation {val_balanced:.3f}")


def train(
    samples: dict[str, np.ndarray],
    config: LSNNetConfig,
    options: TrainOptions,
    out: Path,
    build: type[LSNNet] = LSNNet,
    tell: Tell = silent,
) -> TrainResult:
    """Train on the train split, stop and choose by the val split; the test split is not looked at.

    Writes out/float.pt ({"config", "state"}) and out/history.json once training has ended. Until then
    out/train-state.pt holds the last whole epoch, and a call with the same data, network and recipe
    goes on from there to the same result as without the interrupt. A state of anything else is ignored.
    tell(epochs done, epochs at most, note) is called after each epoch.
    """
    started = time.monotonic()
    torch.set_num_threads(1)  # more threads are slower on networks this small
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        network = build(config)
        run = _Run.start(network, options)
        mark = _fingerprint(samples, network, options)
        run.restore(out / STATE, mark)
        _loop(run, samples, options, lambda: run.save(out / STATE, mark), tell)
    network.load_state_dict(run.best_state)
    with atomic_path(out / CHECKPOINT) as temporary:
        torch.save({"config": config.to_dict(), "state": run.best_state}, temporary)
    write_json(out / HISTORY, run.history)
    (out / STATE).unlink()
    return TrainResult(network.eval(), run.best_epoch, run.history, time.monotonic() - started)
