"""Augmentation of a batch of standardised feature maps, on tensors, drawn from torch's global generator."""

from __future__ import annotations

import torch
from torch import Tensor


def add_noise(x: Tensor, deviation: float, offset: float) -> Tensor:
    """White noise per value plus one offset per channel and sample; cells without electrode stay 0.

    x (B, C, H, W) in standard deviations of the training subjects. The offset is common to all
    electrodes, as is a person's overall amplitude in a band.
    """
    occupied = (x != 0).any(dim=0, keepdim=True)
    noise = deviation * torch.randn_like(x) + offset * torch.randn(*x.shape[:2], 1, 1)
    return x + noise * occupied


def drop_electrodes(x: Tensor, probability: float) -> Tensor:
    """Silence whole electrodes, all channels at once, each with `probability`; the rest keeps its scale."""
    kept = torch.rand(x.shape[0], 1, *x.shape[2:]) >= probability
    return x * kept


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


def swap_subjects(x: Tensor, row: Tensor, means: Tensor, strength: float) -> Tensor:
    """Move each sample towards another training subject, or past: x + a (mean of another - mean of its own).

    x (B, C, H, W); row (B,) is each sample's row in `means`; a is uniform in 0 … strength. People's means lie
    further apart than the classes of one person; without this the network learns who it is and fails on others.
    """
    other = torch.randint(len(means), (len(x),))
    share = strength * torch.rand(len(x), 1, 1, 1)
    return x + share * (means[other] - means[row])
