"""Augmentation of a batch of standardised feature maps. Shapes may have leading axes: a stack of folds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """The random numbers of one batch. Trainings with one seed draw the same, so folds trained at once share them.

    other, share (B,) uniform in 0 … 1: towards whom and how far; noise (B, C, H, W), offset (B, C, 1, 1) standard
    normal; electrode (B, 1, H, W) uniform in 0 … 1; turned (B,) bool, none where there is no mirror.
    """

    other: Tensor
    share: Tensor
    noise: Tensor
    offset: Tensor
    electrode: Tensor
    turned: Tensor | None = None

    @classmethod
    def of(cls, generator: torch.Generator, shape: tuple[int, ...], mirror: float = 0.0) -> Draws:
        """For samples of shape (C, H, W) behind a batch: shape (B, C, H, W). mirror: share of those turned round."""
        batch, channels, height, width = shape
        return cls(
            torch.rand(batch, generator=generator), torch.rand(batch, generator=generator),
            torch.randn(shape, generator=generator), torch.randn(batch, channels, 1, 1, generator=generator),
            torch.rand(batch, 1, height, width, generator=generator),
            torch.rand(batch, generator=generator) < mirror if mirror else None,
        )

    def to(self, device: str) -> Draws:
        """The same numbers on a device."""
        return replace(self, **{name: value.to(device) for name, value in vars(self).items() if value is not None})


def occupied_cells(x: Tensor) -> Tensor:
    """Which grid cells of x (N, C, H, W) hold an electrode, (H, W) bool: the others are 0 in every sample."""
    return (x != 0).any(dim=0).any(dim=0)


def disturb(x: Tensor, noise: Tensor, offset: Tensor, occupied: Tensor) -> Tensor:
    """White noise per value (B, C, H, W) plus one offset per channel and sample (B, C, 1, 1).

    x (..., B, C, H, W) in standard deviations of the training subjects; occupied (H, W): cells without electrode
    stay 0. The offset is common to all electrodes, as is a person's overall amplitude in a band.
    """
    return x + (noise + offset) * occupied


def add_noise(x: Tensor, deviation: float, offset: float) -> Tensor:
    """`disturb` with these deviations, drawn from torch's global generator; x (B, C, H, W)."""
    noise, common = deviation * torch.randn(x.shape), offset * torch.randn(*x.shape[:2], 1, 1)
    return disturb(x, noise, common, occupied_cells(x))


def drop_electrodes(x: Tensor, chance: Tensor, probability: float) -> Tensor:
    """Silence whole electrodes, all channels at once, each with `probability`; the rest keeps its scale.

    x (..., B, C, H, W); chance (B, 1, H, W) uniform in 0 … 1.
    """
    return x * (chance >= probability).to(x.dtype)


def mirror(x: Tensor, y: Tensor, turned: Tensor | None) -> tuple[Tensor, Tensor]:
    """Those samples that are `turned` (B,) round 0, with the other of two classes: x (..., B, C, H, W), y (..., B).

    Where 0 is a person's rest (`rest-baseline`), rest turns into task as it looks from the baseline of task, and the
    other way round: the classes keep their direction, and how far a sample is from 0 tells nothing.
    """
    if turned is None:
        return x, y
    return torch.where(turned[:, None, None, None], -x, x), torch.where(turned, 1 - y, y)


def subject_means(x: Tensor, y: Tensor, subject: Tensor) -> tuple[Tensor, Tensor]:
    """Mean map of each subject, (subjects, C, H, W), classes weighing the same, and each sample's row in it.

    x (N, C, H, W), y (N,), subject (N,) any numbers.
    """
    numbers, row = subject.unique(return_inverse=True)
    means = []
    for index in range(len(numbers)):
        own = row == index
        means.append(torch.stack([x[own & (y == c)].mean(dim=0) for c in y[own].unique()]).mean(dim=0))
    return torch.stack(means), row


def swap_subjects(x: Tensor, own: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """Move each sample towards another training subject, or past: x + share (other - own).

    x, own, other (..., B, C, H, W): samples, means of their subjects and of others; share (B,). People's means lie
    further apart than the classes of one person; without this the network learns who it is and fails on others.
    """
    return torch.addcmul(x, share[:, None, None, None], other - own)
