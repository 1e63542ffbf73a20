"""Training of LSNNet (and of its twin without spikes): AdamW, early stopping, resume after an interrupt."""

from __future__ import annotations

import copy
import dataclasses
import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from base.errors import expected
from base.files import read_sealed, write_bytes, write_json, write_sealed
from base.progress import Tell, silent
from base.records import digest, hash_sources
from base.sources import closure
from model.augment import Draws, mirror, occupied_cells, subject_means
from model.balance import class_weights
from model.evaluate import SPLIT_CODES, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.recipe import (
    SOFTNESS,
    TrainOptions,
    augment,
    check_mirror,
    learning_rate,
    losses,
    order,
    parameter_groups,
    validation_score,
)
from model.teacher import LinearTeacher
from model.ttfs import B1Layer

CHECKPOINT = "float.pt"
STATE = "train-state.pt"
HISTORY = "history.json"


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


def _packed(value: Any) -> memoryview:
    """What torch.save makes of it. In memory: to a file, torch does not say what the system has against writing."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getbuffer()


@dataclass
class _Run:
    """Everything that moves during a training, so that it can be saved and restored whole."""

    network: LSNNet
    averaged: LSNNet  # with the mean weights, which is the one that is validated and kept
    means: list[Tensor]  # its weights and buffers, in place
    moving: list[Tensor]  # those of network, in the same order, detached
    threshold: Tensor  # (classes,) of samples that are turned round
    optimizer: torch.optim.AdamW
    chance: torch.Generator  # of the augmentation
    epoch: int = 0
    best_loss: float = math.inf
    best_epoch: int = -1
    best_state: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def start(cls, network: LSNNet, options: TrainOptions) -> _Run:
        chance = torch.Generator().manual_seed(options.seed)
        threshold = torch.zeros(network.config.classes, requires_grad=bool(options.mirror))
        learnt = [*network.parameters(), *([threshold] if options.mirror else [])]
        optimizer = torch.optim.AdamW(parameter_groups(learnt, options), lr=options.lr, fused=True)
        averaged = copy.deepcopy(network)
        means, moving = ([v for v in n.state_dict().values() if v.is_floating_point()] for n in (averaged, network))
        return cls(network, averaged, means, moving, threshold, optimizer, chance)

    def average(self, decay: float) -> None:
        """Move the mean weights and buffers towards those after a step."""
        torch._foreach_lerp_(self.means, self.moving, 1.0 - decay)

    def save(self, path: Path, fingerprint: str) -> None:
        state = {
            "fingerprint": fingerprint,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "threshold": self.threshold.detach(),
            "optimizer": self.optimizer.state_dict(),
            "chance": self.chance.get_state(),
            "epoch": self.epoch,
            "best_loss": self.best_loss,
            "best_epoch": self.best_epoch,
            "best_state": self.best_state,
            "history": self.history,
        }
        write_sealed(path, _packed(state))

    def restore(self, path: Path, fingerprint: str) -> None:
        """Go on from `path` if it belongs to the same data, network and recipe; else leave all as it is."""
        data = read_sealed(path)
        if data is None:  # none, cut short or garbled: start over
            return
        state = torch.load(io.BytesIO(data), weights_only=True)
        if state["fingerprint"] != fingerprint:
            return
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.threshold.data.copy_(state["threshold"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.chance.set_state(state["chance"])
        for name in ("epoch", "best_loss", "best_epoch", "best_state", "history"):
            setattr(self, name, state[name])


def _fingerprint(samples: dict[str, np.ndarray], network: LSNNet, options: TrainOptions) -> str:
    recipe = [type(network).__name__, network.config.to_dict(), dataclasses.asdict(options)]
    made_by = [hash_sources(closure([__name__, type(network).__module__])), torch.__version__, np.__version__]
    return digest(recipe, made_by, *(samples[name] for name in ("x", "y", "subject", "split")))


@dataclass(frozen=True)
class _Material:
    """The training split as tensors, and what is derived from it once."""

    x: Tensor  # (N, C, H, W)
    y: Tensor  # (N,)
    weights: Tensor  # (classes,)
    means: Tensor  # (subjects, C, H, W)
    row: Tensor  # (N,) row of each sample's subject in means
    occupied: Tensor  # (H, W)
    teacher: LinearTeacher

    @classmethod
    def of(cls, samples: dict[str, np.ndarray], classes: int) -> _Material:
        x, y = tensors(samples, "train")
        subject = torch.from_numpy(samples["subject"][samples["split"] == SPLIT_CODES["train"]])
        weights = class_weights(y, classes)
        return cls(x, y, weights, *subject_means(x, y, subject), occupied_cells(x), LinearTeacher.fit(x, y))

    def draw(self, rows: Tensor, draws: Draws, options: TrainOptions) -> Tensor:
        """Augmented inputs of the samples `rows`, (B, C, H, W)."""
        other = (draws.other * len(self.means)).long()
        return augment(self.x[rows], self.means[self.row[rows]], self.means[other], draws, self.occupied, options)


def _train_epoch(run: _Run, material: _Material, options: TrainOptions) -> float:
    """One pass over the samples in a fresh order; returns the mean loss."""
    run.network.train()
    batches = order(options.seed, run.epoch, len(material.y), options.batch)
    total = 0.0
    for index, rows in enumerate(batches):
        rate = learning_rate(run.epoch * len(batches) + index, len(batches), options)
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        draws = Draws.of(run.chance, (len(rows), *material.x.shape[1:]), options.mirror)
        inputs, y = mirror(material.draw(rows, draws, options), material.y[rows], draws.turned)
        logits, spikes = run.network.learn(inputs, SOFTNESS if options.activity else 0.0)
        loss = losses(logits, y, material.teacher(inputs), material.weights, options, draws.turned, run.threshold)
        if options.activity and run.network.spiking:
            loss = torch.add(loss, spikes, alpha=options.activity)
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        run.average(options.average_decay if run.epoch + index else 0.0)  # the first step's are the first mean
        total += float(loss.detach())
    return total / len(batches)


def tensors(samples: dict[str, np.ndarray], split: str) -> tuple[Tensor, Tensor]:
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
    material, (val_x, val_y) = _Material.of(samples, classes), tensors(samples, "val")
    val_weights = class_weights(val_y, classes)
    while run.epoch < options.epochs and not options.ended(run.epoch, run.best_epoch):
        train_loss = _train_epoch(run, material, options)
        kept = run.averaged
        with torch.no_grad():
            val_loss, val_balanced = validation_score(kept.eval()(val_x), val_y, val_weights)
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
    check_mirror(options, config.classes)
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
    write_bytes(out / CHECKPOINT, _packed({"config": config.to_dict(), "state": run.best_state}))
    write_json(out / HISTORY, run.history)
    (out / STATE).unlink()
    return TrainResult(network.eval(), run.best_epoch, run.history, time.monotonic() - started)
