"""Augmentation of a batch of standardised feature maps, on tensors, drawn from torch's global generator."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def add_noise(x: Tensor, deviation: float, offset: float) -> Tensor:
    """White noise per value plus one offset per channel and sample; cells without electrode stay 0.

    x (B, C, H, W) in standard deviations of the training subjects. The offset, common to all
    electrodes, stands for what differs between people: overall amplitude in a band.
    """
    occupied = (x != 0).any(dim=0, keepdim=True)
    noise = deviation * torch.randn_like(x) + offset * torch.randn(*x.shape[:2], 1, 1)
    return x + noise * occupied


def drop_electrodes(x: Tensor, probability: float) -> Tensor:
    """Silence whole electrodes, all channels at once, each with `probability`; the rest keeps its scale."""
    kept = torch.rand(x.shape[0], 1, *x.shape[2:]) >= probability
    return x * kept


def mix(x: Tensor, y: Tensor, classes: int, alpha: float) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al., ICLR 2018): convex pairs of samples and of their one-hot labels (B, classes)."""
    target = functional.one_hot(y, classes).to(x.dtype)
    if alpha == 0.0:
        return x, target
    share = torch.distributions.Beta(alpha, alpha).sample((len(x),))
    other = torch.randperm(len(x))
    wide = share[:, None, None, None]
    return wide * x + (1 - wide) * x[other], share[:, None] * target + (1 - share[:, None]) * target[other]
