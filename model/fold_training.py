"""Training of the folds of a protocol at once, each to the result that `train` alone would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from base.errors import expected
from base.progress import Tell, silent
from model.augment import Draws, mirror, subject_means
from model.balance import class_weights
from model.data.folds.protocols import Fold, standardised
from model.data.folds.windows import Windows
from model.lsnnet import LSNNet, LSNNetConfig
from model.recipe import (
    TrainOptions,
    augment,
    check_mirror,
    learning_rate,
    losses,
    order,
    parameter_groups,
    soft_spikes,
    validation_score,
)
from model.stacked import Stack
from model.teacher import LinearTeacher

CHUNK = 2048  # validation windows through a network at a time


@dataclass
class FoldResult:
    """What `train` leaves for one fold: best weights in evaluation mode, best epoch, history per epoch."""

    network: LSNNet
    best_epoch: int
    history: list[dict[str, Any]]  # train_loss, val_loss, val_balanced


def _channels_last(x: Tensor) -> Tensor:
    """(..., C, H, W) -> (..., H, W, C)."""
    return x.movedim(-3, -1).contiguous()


class _Material:
    """Training and validation samples of all folds, standardised batch by batch: the windows lie in memory once.

    Maps are channels last, (..., H, W, C); where augmentation wants (..., C, H, W) it gets a view.
    """

    def __init__(self, windows: Windows, folds: Sequence[Fold], options: TrainOptions, device: str) -> None:
        self.options, self.device = options, device
        self.x = _channels_last(torch.from_numpy(windows.x.astype(np.float32)))
        self.y = torch.from_numpy(windows.y)
        self.rows = [torch.from_numpy(fold.train) for fold in folds]
        self.mean, self.scale = (
            torch.stack([_channels_last(torch.from_numpy(maps.astype(np.float32))) for maps in column]).unsqueeze(1)
            for column in ([fold.mean for fold in folds], [1 / fold.deviation for fold in folds])
        )
        self.shift = -self.mean * self.scale
        self.subjects = torch.from_numpy(windows.subject).unique(return_inverse=True)[1]  # (N,) 0 … subjects - 1
        self.occupied = torch.from_numpy(windows.occupied)
        self.validation = []
        means, numbers, rows_of, taught, weights = [], [], [], [], []
        for index, fold in enumerate(folds):
            x, y = torch.from_numpy(standardised(windows, fold, fold.train)), self.y[fold.train]
            own, row = subject_means(x, y, self.subjects[fold.train])
            where = torch.zeros(int(self.subjects.max()) + 1, dtype=torch.long)
            where[self.subjects[fold.train]] = row
            teacher = LinearTeacher.fit(x, y)
            means.append(_channels_last(own))
            numbers.append(len(own))
            rows_of.append(where)
            taught.append((teacher.weight.view(-1, *x.shape[1:]), teacher.bias))
            weights.append(class_weights(y, windows.classes))
            rows = torch.from_numpy(fold.val)
            maps, labels = self.standardised(rows.unsqueeze(0), slice(index, index + 1)), self.y[rows]
            self.validation.append((maps.to(device), labels, class_weights(labels, windows.classes)))
        self.means = torch.nn.utils.rnn.pad_sequence(means, batch_first=True)  # (F, subjects, H, W, C)
        self.numbers = torch.tensor(numbers).unsqueeze(1)
        self.row_of_subject = torch.stack(rows_of)  # (F, subjects)
        self.class_weights = torch.stack(weights)
        self.teacher = _channels_last(torch.stack([weight for weight, _ in taught])).flatten(2)
        self.teacher_bias = torch.stack([bias for _, bias in taught]).unsqueeze(1)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))

    def standardised(self, rows: Tensor, folds: slice = slice(None)) -> Tensor:
        """Maps of rows (F, B) of the windows, (F, B, H, W, C), each fold by its own scaling."""
        return torch.addcmul(self.shift[folds], self.x[rows], self.scale[folds])

    def batch(self, rows: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        """Augmented maps (F, B, H, W, C), labels (F, B) and the teacher's probabilities (F, B, classes)."""
        other = (draws.other * self.numbers).long()  # (F, B)
        own = self.row_of_subject.gather(1, self.subjects[rows])
        fold = torch.arange(len(rows), device=rows.device).unsqueeze(1)
        maps = self.standardised(rows), self.means[fold, own], self.means[fold, other]
        x, own_mean, other_mean = (own_map.movedim(-1, -3) for own_map in maps)
        x = augment(x, own_mean, other_mean, draws, self.occupied, self.options)
        x, y = mirror(x, self.y[rows], draws.turned)
        x = x.movedim(-3, -1)
        taught = torch.baddbmm(self.teacher_bias, x.flatten(2), self.teacher.transpose(1, 2))
        return x, y, taught.softmax(dim=-1)


def batches_of(fold: Fold, batch: int) -> tuple[int, int]:
    """How many batches an epoch has, and of how many windows: the same for all folds that are trained at once."""
    return max(1, len(fold.train) // batch), min(len(fold.train), batch)


@torch.no_grad()
def _validate(stack: Stack, state: dict[str, Tensor], material: _Material) -> list[tuple[float, float]]:
    """Per fold: class-balanced cross entropy and balanced accuracy over its validation windows."""
    found = []
    for index, (x, y, weights) in enumerate(material.validation):
        own = {name: value[index : index + 1] for name, value in state.items()}
        single = Stack(stack.build, stack.config, own, stack.parameters)
        logits = torch.cat([single.trace(chunk, training=False)[0][0] for chunk in x.split(CHUNK, dim=1)])
        found.append(validation_score(logits.cpu(), y, weights))
    return found


class _Loop:
    """One training of a stack: the loop of `train`, for all folds in step."""

    def __init__(self, stack: Stack, material: _Material, options: TrainOptions, steps: int) -> None:
        self.stack, self.material, self.options, self.steps = stack, material, options, steps
        self.threshold = torch.zeros(stack.folds, stack.config.classes, device=material.device,
                                     requires_grad=bool(options.mirror))
        learnt = [*(stack.state[name] for name in stack.parameters), *([self.threshold] if options.mirror else [])]
        groups = parameter_groups(learnt, options, leading=1)
        self.optimizer = torch.optim.AdamW(groups, lr=options.lr, fused=True)
        self.chance = torch.Generator().manual_seed(options.seed)
        self.average: dict[str, Tensor] = {}
        self.best_loss = [float("inf")] * stack.folds
        self.best_epoch = [-1] * stack.folds
        self.best: dict[str, Tensor] = {}
        self.history: list[list[dict[str, Any]]] = [[] for _ in range(stack.folds)]

    def epoch(self, epoch: int) -> None:
        """All batches, then validation; what improved a fold that has not ended is kept."""
        options, counts = self.options, [len(rows) for rows in self.material.rows]
        batches = [order(options.seed, epoch, count, options.batch) for count in counts]
        total = torch.zeros(self.stack.folds, device=self.material.device)
        for index in range(self.steps):
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(epoch * self.steps + index, self.steps, options)
            rows = torch.stack([own[batch[index]] for own, batch in zip(self.material.rows, batches, strict=True)])
            total += self._step(rows.to(self.material.device))
        for fold, (loss, balanced) in enumerate(_validate(self.stack, self.average, self.material)):
            if self.ended(fold, epoch):
                continue
            if epoch >= options.first_kept and loss < self.best_loss[fold]:
                self._keep(fold, epoch, loss)
            self.history[fold].append(
                {"train_loss": float(total[fold]) / self.steps, "val_loss": loss, "val_balanced": balanced})

    def _step(self, rows: Tensor) -> Tensor:
        material, state = self.material, self.stack.state
        height, width, channels = material.x.shape[1:]
        shape = (rows.shape[1], channels, height, width)
        draws = Draws.of(self.chance, shape, self.options.mirror).to(material.device)
        x, y, taught = material.batch(rows, draws)
        logits, active = self.stack.trace(x, training=True)
        loss = losses(logits, y, taught, material.class_weights, self.options, draws.turned, self.threshold)
        if self.options.activity and self.stack.build.spiking:
            loss = loss + self.options.activity * soft_spikes(active)
        self.optimizer.zero_grad()
        loss.sum().backward()  # a fold's loss depends on its own parameters alone
        self.optimizer.step()
        with torch.no_grad():
            moving = {name: value for name, value in state.items() if value.is_floating_point()}
            if not self.average:
                self.average = {name: value.detach().clone() for name, value in state.items()}
            else:
                running = [self.average[name] for name in moving]
                torch._foreach_lerp_(running, list(moving.values()), 1.0 - self.options.average_decay)
        return loss.detach()

    def _keep(self, fold: int, epoch: int, loss: float) -> None:
        self.best_loss[fold], self.best_epoch[fold] = loss, epoch
        if not self.best:
            self.best = {name: value.clone() for name, value in self.average.items()}
        for name, value in self.best.items():
            value[fold] = self.average[name][fold]

    def ended(self, fold: int, epoch: int) -> bool:
        """Whether `train` would have ended before this epoch."""
        return self.options.ended(epoch, self.best_epoch[fold])


def train_folds(
    windows: Windows, folds: Sequence[Fold], config: LSNNetConfig, options: TrainOptions,
    build: type[LSNNet] = LSNNet, tell: Tell = silent, device: str = "cpu",
) -> list[FoldResult]:
    """One network per fold, all with the same seed: what `train(materialise(windows, fold), ...)` gives for each.

    Equal but for the order in which floats are added up. All folds must have as many batches per epoch; no fold looks
    at another's windows, nor at its own test windows. Raises UserError where the batches differ in number.
    device: a name that torch knows; random numbers are drawn on the CPU, so another one only rounds differently. The
    networks come back on the CPU.
    """
    check_mirror(options, config.classes)
    batches = {batches_of(fold, options.batch) for fold in folds}
    if len(batches) != 1:
        raise expected("folds trained at once", f"(batches per epoch, windows) {sorted(batches)}", "the same for each")
    torch.set_num_threads(1)  # more threads are slower on networks this small
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        stack = Stack.of([build(config).to(device)] * len(folds))
    loop = _Loop(stack, _Material(windows, folds, options, device), options, batches.pop()[0])
    for epoch in range(options.epochs):
        if all(loop.ended(fold, epoch) for fold in range(len(folds))):
            break
        loop.epoch(epoch)
        tell(epoch + 1, options.epochs, f"{len(folds)} folds")
    if -1 in loop.best_epoch:
        raise expected(f"training of {folds[loop.best_epoch.index(-1)].name}", "a loss that is not finite", "a number")
    return [
        FoldResult(stack.network(index, loop.best), loop.best_epoch[index], loop.history[index])
        for index in range(len(folds))
    ]
