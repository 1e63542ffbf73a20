"""Integrating read-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from base.errors import expected
from spec.units.unit import (
    BEAT_BITS,
    CORES,
    Joint,
    Unit,
    check_bias,
    check_core,
    check_pe,
    check_weights,
    core_module,
    folded_rows,
    largest_window,
    row_span,
    signed_bits,
)

MOST_COMPARED = 30  # bits of a logit where leads are compared: what is asked of a lead then fits into 31
EARLY = ("off", "margin", "exact")  # when the read-out decides: at its window's end, or by a rule, see Readout


@dataclass(frozen=True, eq=False)
class Readout(Unit):
    """Integrating read-out, no spike: logit = W x + b; class = argmax, the lowest index on a tie.

    weight (classes, in_features), bias (classes,). A logit q stands for q * 2^exponent. `core` and `pe`
    as in B1Layer, of classes instead of neurons.

    Where `early` is not "off", the result is what the logits are after the first tick at which the largest of them is
    ahead of every other by `margin + rate * ticks left` or more, or after the window's last tick. "margin": by
    `margin`, the same at every tick. "exact": by what the ticks to come could turn at most, whatever spikes they bring:
    the class is always that of the window's end.
    """

    kind: ClassVar[str] = "readout"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    in_features: int
    classes: int
    weight_bits: int
    time_bits: int
    exponent: int
    weight: np.ndarray
    bias: np.ndarray
    core: str = "ticks"
    pe: int = 0
    early: str = "off"
    margin: int = 0

    def __post_init__(self) -> None:
        check_weights(self.name, self.weight, self.weight_bits, (self.classes, self.in_features))
        check_bias(self.name, self.bias, (self.classes,))
        check_core(self.name, self.core)
        check_pe(self, "classes")
        if self.acc_bits > BEAT_BITS:
            raise expected(f"{self.name}.acc_bits", self.acc_bits, "at most 32, a beat of the output stream")
        if self.early not in EARLY:
            raise expected(f"{self.name}.early", self.early, ", ".join(EARLY))
        if self.early != "off" and self.core != "ticks":
            raise expected(f"{self.name}.early", self.early,
                           f"off with core {self.core}, to which spikes come in no order of time")
        if self.early != "off" and self.acc_bits > MOST_COMPARED:
            raise expected(f"{self.name}.acc_bits", self.acc_bits, f"at most {MOST_COMPARED} with early {self.early}")
        if self.margin and self.early != "margin":
            raise expected(f"{self.name}.margin", self.margin, f"0 where early is {self.early}")

    @property
    def module(self) -> str:
        return core_module(self) if self.early == "off" else f"{self.kind}_early"

    @property
    def window(self) -> int:
        return largest_window(self.time_bits)

    @property
    def slope_bits(self) -> int:
        return signed_bits(int(np.abs(self.weight).sum(axis=1).max()))

    @property
    def acc_bits(self) -> int:
        return signed_bits(int((np.abs(self.weight).sum(axis=1) * self.window + np.abs(self.bias)).max()))

    @property
    def rate(self) -> int:
        """What the lead of the largest logit must be per tick left, beside `margin`: more than a tick can turn."""
        if self.early != "exact":
            return 0
        turned = np.maximum(self.weight[:, None] - self.weight[None, :], 0).sum(axis=2)  # (for this class, from that)
        return 1 + int(turned.max())

    @property
    def first_lead(self) -> int:
        """That decides after the first tick. No lead is as large as the margin is cut down to here."""
        return min(self.margin, 1 << self.acc_bits) + self.rate * (self.window - 1)

    @property
    def beats(self) -> int:
        """Beats of a result: the logits, then the class."""
        return self.classes + 1

    @property
    def takes(self) -> Joint:
        return Joint(self.in_features, self.time_bits, events=CORES[self.core])

    @property
    def sends(self) -> Joint:
        return Joint(self.beats, BEAT_BITS, signed=True, lanes=1)

    @property
    def fold(self) -> dict[str, int | str]:
        return {"core": self.core, "pe": self.pe}

    @property
    def rows(self) -> np.ndarray:
        """Row j * (classes / pe) + fold, field i: weight[fold * pe + i, j]."""
        return folded_rows(self.weight, self.pe)

    @property
    def start(self) -> np.ndarray:
        return self.bias

    @property
    def passes(self) -> int:
        """Per spike, each of them over `pe` classes."""
        return self.classes // self.pe

    @property
    def start_words(self) -> int:
        return self.classes if self.passes > 1 else 1

    def parameters(self) -> dict[str, int]:
        ticks = self.core == "ticks"
        core = ({"SLOPE_W": self.slope_bits} if ticks else
                {"PE": self.pe, "TIME_W": self.time_bits, "MULTIPLIER": int(self.core == "dsp"),
                 "SPAN": row_span(self.rows, self.passes, self.weight_bits)})
        if self.early != "off":
            core |= {"NEED_W": max(self.acc_bits + 1, signed_bits(self.first_lead)), "FIRST": self.first_lead,
                     "RATE": self.rate}
        return {"IN_FEATURES": self.in_features, "CLASSES": self.classes, "WEIGHT_W": self.weight_bits, **core,
                "ACC_W": self.acc_bits, "IN_INDEX_W": self.takes.index_bits}
