"""Earliest decision: the read-out's logits while its window runs, and when they are taken for the result.

Spikes of the last layer come in the order of time. A spike of earliness x is in the sums of every tick from its own on:
with `left` ticks to come it has added w * max(0, x - left), at the window's end w * x. Decided is after a tick, so
after 1 … window of them. The rule is told in spec.units.Readout.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from base.errors import expected
from spec.netspec import NetSpec
from spec.units import Readout


def logits(unit: Readout, x: np.ndarray, left: int | np.ndarray) -> np.ndarray:
    """(N, in_features) ticks of earliness -> (N, classes) logits with `left` ticks to come, one number or (N, 1)."""
    return np.maximum(x - left, 0) @ unit.weight.T + unit.bias


def lead(found: np.ndarray) -> np.ndarray:
    """(N, classes) logits -> (N,): how far the largest is ahead of the next; of one class, more than any rule asks."""
    if found.shape[1] == 1:
        return np.full(len(found), np.iinfo(np.int64).max)
    second, first = np.partition(found, -2, axis=1)[:, -2:].T
    return first - second


def ticks(unit: Readout, x: np.ndarray) -> np.ndarray:
    """(N,) ticks after which each sample is decided, 1 … window; the whole window where `early` is "off"."""
    decided = np.full(len(x), unit.window)
    if unit.early == "off":
        return decided
    open_, rate = np.arange(len(x)), unit.rate  # not decided yet
    for left in range(unit.window - 1, 0, -1):
        reached = lead(logits(unit, x[open_], left)) >= unit.margin + rate * left
        decided[open_[reached]] = unit.window - left
        open_ = open_[~reached]
    return decided


def chosen(spec: NetSpec, x: np.ndarray, early: str, tolerance: float = 0.0) -> NetSpec:
    """The same network deciding so; x (N, in_features): earliness of its last layer for the validation samples.

    The margin of the rule "margin" is the smallest one above all leads that a running class, which is not the final
    one, ever has in a sample; of `tolerance` of the samples, those with the largest such leads, that is not asked. So
    at most that share of the validation samples change their class. Labels are not looked at.
    Raises UserError where a margin is asked for and there is no validation sample.
    """
    margin = smallest_margin(spec.readout, x, tolerance) if early == "margin" else 0
    return deciding(spec, early, margin)


def deciding(spec: NetSpec, early: str, margin: int = 0) -> NetSpec:
    """The same network with this rule."""
    unit = replace(spec.readout, early=early, margin=margin)
    return NetSpec(spec.preset, (*spec.units[:-1], unit), spec.date)


def smallest_margin(unit: Readout, x: np.ndarray, tolerance: float) -> int:
    """See `chosen`."""
    if not len(x):
        raise expected("EARLY", "margin, without a validation sample", "some to choose the margin on")
    final = logits(unit, x, 0).argmax(axis=1)
    misled = np.full(len(x), -1)  # largest lead of another class than the final one; -1: none ever had one
    for left in range(1, unit.window):
        found = logits(unit, x, left)
        other = found.argmax(axis=1) != final
        misled[other] = np.maximum(misled[other], lead(found[other]))
    kept = len(x) - int(tolerance * len(x))
    return 1 + int(np.sort(misled)[kept - 1]) if kept else 0
