"""The linear teacher as a classifier of its own: what the network has to be worth more than."""

from __future__ import annotations

import numpy as np
import torch

from model.evaluate import select
from model.teacher import LinearTeacher


def linear(samples: dict[str, np.ndarray]) -> np.ndarray:
    """Scores (n, classes) float32 for the test split, of the teacher that training fits to these samples."""
    x, y = (torch.from_numpy(part) for part in select(samples, "train"))
    return LinearTeacher.fit(x, y).logits(torch.from_numpy(select(samples, "test")[0])).numpy()
