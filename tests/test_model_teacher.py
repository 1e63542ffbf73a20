"""The linear teacher: probabilities of the classifier it was fitted as, for two classes and more."""

from __future__ import annotations

import pytest
import torch

from model.teacher import LinearTeacher


@pytest.mark.parametrize("classes", [2, 3])
def test_teacher_follows_the_class_means(classes: int) -> None:
    torch.manual_seed(0)
    y = torch.arange(300) % classes
    x = torch.randn(300, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    x[torch.arange(300), 0, y, 1] += 3.0
    teacher = LinearTeacher.fit(x, y)
    shares = teacher(x)
    assert shares.shape == (300, classes)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(300))
    assert float((shares.argmax(dim=1) == y).float().mean()) > 0.85
    logits = x.flatten(1) @ teacher.weight.T + teacher.bias
    assert float(logits.std(correction=0)) == pytest.approx(1.0, rel=1e-3)
