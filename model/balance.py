"""Weights by which every class counts the same."""

from __future__ import annotations

import torch
from torch import Tensor

from base.errors import expected


def class_weights(y: Tensor, classes: int) -> Tensor:
    """N / (classes * count) per class, (classes,): every class weighs the same in the loss."""
    counts = torch.bincount(y, minlength=classes)
    if int(counts.min()) == 0:
        raise expected("training split", f"class counts {counts.tolist()}", "samples of every class")
    return len(y) / (classes * counts.float())
