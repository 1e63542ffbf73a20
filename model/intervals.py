"""A mean over subjects with its 95 % interval, and what it says of a bar. Subjects are the unit: their samples are
not independent, so a hundred samples of six people are six values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

Decision = Literal["holds", "fails", "undecided"]
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Mean and the ends of its 95 % interval, in the unit of the values; without ends where one value says nothing."""

    mean: float
    low: float
    high: float

    def decides(self, bar: float) -> Decision:
        """What the interval says of `at least bar`: undecided where it has both."""
        if self.low >= bar:
            return "holds"
        return "fails" if self.high < bar else "undecided"


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Student's t over values (subjects,); of a paired difference, the values are each subject's own difference.

    One value has no interval: its ends are infinite.
    """
    own = np.asarray(values, np.float64)
    mean = float(own.mean())
    if len(own) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = float(stats.sem(own)) * float(stats.t.ppf(0.5 + LEVEL / 2, len(own) - 1))
    return Interval(mean, mean - half, mean + half)
