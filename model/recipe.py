"""The recipe of a training: augmentation, loss, order of samples, learning rate (its numbers: `options`).

Shared by the training of one network (`train`) and of many at once (`stacked`), which is why tensors may have a
leading axis for a stack of folds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor
from torch.nn import functional

from base.errors import expected
from model.augment import Draws, disturb, drop_electrodes, swap_subjects
from model.options import TrainOptions

SOFTNESS = 0.05  # earliness, in encoder windows, that counts as half a spike
EPOCHS_APART = 10_000  # between the seeds of two runs' orders; more epochs than any run has


def parameter_groups(parameters: Iterable[Tensor], options: TrainOptions, leading: int = 0) -> list[dict[str, Any]]:
    """AdamW's groups: weights decay, vectors (D, batch norm) do not; shapes have `leading` axes more than usual."""
    own = list(parameters)
    return [
        {"params": [p for p in own if p.ndim > 1 + leading], "weight_decay": options.weight_decay},
        {"params": [p for p in own if p.ndim <= 1 + leading], "weight_decay": 0.0},
    ]


def validation_score(logits: Tensor, y: Tensor, weights: Tensor) -> tuple[float, float]:
    """Class-balanced cross entropy and balanced accuracy; logits (n, classes), y (n,), weights (classes,)."""
    loss = float(functional.cross_entropy(logits, y, weights))
    return loss, float(balanced_accuracy_score(y.numpy(), logits.argmax(1).numpy()))


def learning_rate(step: int, per_epoch: int, options: TrainOptions) -> float:
    if options.schedule == "constant":
        return options.lr
    warmup = min(1.0, (step + 1) / per_epoch)
    return options.lr * warmup * 0.5 * (1 + math.cos(math.pi * step / (per_epoch * options.epochs)))


def augment(x: Tensor, own: Tensor, other: Tensor, draws: Draws, occupied: Tensor, options: TrainOptions) -> Tensor:
    """The recipe's augmentation of samples x (..., B, C, H, W), whose subjects' means are `own`."""
    moved = swap_subjects(x, own, other, options.swap * draws.share)
    noisy = disturb(moved, options.noise * draws.noise, options.offset * draws.offset, occupied)
    return drop_electrodes(noisy, draws.electrode, options.electrode_dropout)


def losses(
    logits: Tensor, y: Tensor, taught: Tensor, weights: Tensor, options: TrainOptions,
    turned: Tensor | None = None, threshold: Tensor | None = None,
) -> Tensor:
    """Class-balanced cross entropy to the smoothed labels, mixed with that to the teacher; shape (...).

    logits, taught (..., B, classes), taught being probabilities; y (..., B); weights (..., classes). turned (B,):
    samples from the other side of 0, whose classes lie in the same order, but about a threshold (..., classes) of their
    own, which is trained beside the network and then forgotten.
    """
    log_p, classes = logits.log_softmax(dim=-1), logits.shape[-1]
    named = log_p
    if turned is not None and threshold is not None:
        named = (logits + turned.unsqueeze(-1) * threshold.unsqueeze(-2)).log_softmax(dim=-1)
    hard = functional.one_hot(y, classes) * (1.0 - options.label_smoothing) + options.label_smoothing / classes
    total = weights.unsqueeze(-2).expand_as(log_p).gather(-1, y.unsqueeze(-1)).sum(dim=(-2, -1))
    labels = -(hard * weights.unsqueeze(-2) * named).sum(dim=(-2, -1)) / total
    soft = -(taught * log_p).sum(dim=-1).mean(dim=-1)
    return (1.0 - options.teacher) * labels + options.teacher * soft


def check_mirror(options: TrainOptions, classes: int) -> None:
    """UserError where samples are to be turned round and classes are not two."""
    if options.mirror and classes != 2:
        raise expected("recipe's mirror", f"{options.mirror:g} with {classes} classes", "0, or two classes")


def soft_spikes(active: Sequence[Tensor]) -> Tensor:
    """Spikes per neuron with a gradient, shape (...): an earliness x >= 0 counts x / (x + S) = 1 - S / (x + S).

    active: (..., B, neurons) per spiking layer; S = SOFTNESS. Steepest at 0: weak spikes are silenced first.
    """
    silent = sum((x + SOFTNESS).reciprocal().sum(dim=-1).mean(dim=-1) for x in active)
    return 1.0 - SOFTNESS * torch.as_tensor(silent) / sum(x.shape[-1] for x in active)


def order(seed: int, epoch: int, count: int, batch: int) -> tuple[Tensor, ...]:
    """The samples of each batch of an epoch. The last, short one is left out: batch norm needs more than one sample."""
    generator = torch.Generator().manual_seed(seed * EPOCHS_APART + epoch)
    return torch.randperm(count, generator=generator).split(batch)[: max(1, count // batch)]
