"""A strongly regularised linear classifier whose opinion is part of the network's training target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

# So little that the weights are nearly the difference of the class means. On subjects never seen this was
# the best of all linear classifiers tried (docs/training.md), and far more regular than the network alone.
INVERSE_REGULARISATION = 1e-4


@dataclass(frozen=True)
class LinearTeacher:
    """logits = x weight^T + bias on flattened maps, of deviation 1 over the training samples.

    weight (classes, C * H * W), bias (classes,).
    """

    weight: Tensor
    bias: Tensor

    @classmethod
    def fit(cls, x: Tensor, y: Tensor) -> LinearTeacher:
        """Fit on samples x (N, C, H, W), y (N,), classes weighted by their inverse frequency."""
        rows, labels = x.flatten(1).numpy(), y.numpy()
        model = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=500)
        model.fit(rows, labels)
        weight, bias = model.coef_, model.intercept_
        if len(weight) == 1:  # two classes: one row, the log odds of class 1
            weight, bias = np.vstack((-weight, weight)) / 2, np.concatenate((-bias, bias)) / 2
        scale = 1.0 / max(float((rows @ weight.T + bias).std()), 1e-6)
        return cls(torch.from_numpy(weight * scale).float(), torch.from_numpy(bias * scale).float())

    def logits(self, x: Tensor) -> Tensor:
        """(B, classes) of x (B, C, H, W)."""
        return x.flatten(1) @ self.weight.T + self.bias

    def __call__(self, x: Tensor) -> Tensor:
        """Class probabilities (B, classes) of x (B, C, H, W), augmented or not."""
        return self.logits(x).softmax(dim=1)
