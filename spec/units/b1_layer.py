"""B1 spiking layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spec.units.unit import (
    CORES,
    Joint,
    Unit,
    check_bias,
    check_core,
    check_pe,
    check_shift,
    check_weights,
    core_module,
    folded_rows,
    largest_window,
    row_span,
    signed_bits,
)


@dataclass(frozen=True, eq=False)
class B1Layer(Unit):
    """B1 spiking layer: x' = clamp((W x + b) >> shift, 0, window), the closed form of the tick-by-tick neuron.

    The potential starts at -theta, theta = window * 2^shift - b. Integrate phase, one tick at a time: a
    spike of input j adds W_ij to the slope, then the slope is added to the potential. Fire phase: the
    slope is 2^shift; the neuron fires at the first tick with a potential of 0 or more.
    Core "ticks" does just that; "shift" and "dsp" add W x spike by spike, without or with a multiplier. `pe` neurons
    are worked on at once (0: all). weight (out_features, in_features), bias (out_features,).
    """

    kind: ClassVar[str] = "b1_layer"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    in_features: int
    out_features: int
    weight_bits: int
    time_bits: int
    shift: int
    weight: np.ndarray
    bias: np.ndarray
    core: str = "ticks"
    pe: int = 0

    def __post_init__(self) -> None:
        check_weights(self.name, self.weight, self.weight_bits, (self.out_features, self.in_features))
        check_bias(self.name, self.bias, (self.out_features,))
        check_shift(self.name, self.shift)
        check_core(self.name, self.core)
        check_pe(self, "out_features")

    @property
    def module(self) -> str:
        return core_module(self)

    @property
    def window(self) -> int:
        return largest_window(self.time_bits)

    @property
    def theta(self) -> np.ndarray:
        """Thresholds (out_features,), in units of the accumulator."""
        return (self.window << self.shift) - self.bias

    @property
    def slope_bits(self) -> int:
        """Holds every partial sum of weights and the fire phase's slope 2^shift."""
        return signed_bits(max(int(np.abs(self.weight).sum(axis=1).max()), 1 << self.shift))

    @property
    def acc_bits(self) -> int:
        """Holds the potential at every tick of both phases; without ticks every partial sum of W x, bias or not."""
        drive = np.abs(self.weight).sum(axis=1) * self.window
        if self.core != "ticks":
            return signed_bits(int((drive + np.abs(self.bias)).max()))
        return signed_bits(int((drive + np.abs(self.theta)).max()) + ((self.window + 1) << self.shift))

    @property
    def takes(self) -> Joint:
        return Joint(self.in_features, self.time_bits, events=CORES[self.core])

    @property
    def sends(self) -> Joint:
        return Joint(self.out_features, self.time_bits, events=CORES[self.core])

    @property
    def fold(self) -> dict[str, int | str]:
        return {"core": self.core, "pe": self.pe}

    @property
    def rows(self) -> np.ndarray:
        """Row j * (out_features / pe) + fold, field i: weight[fold * pe + i, j]."""
        return folded_rows(self.weight, self.pe)

    @property
    def start(self) -> np.ndarray:
        return -self.theta if self.core == "ticks" else self.bias

    @property
    def passes(self) -> int:
        """Per spike, each of them over `pe` neurons."""
        return self.out_features // self.pe

    @property
    def start_words(self) -> int:
        return self.out_features if self.passes > 1 and self.core != "ticks" else self.passes

    @property
    def widest_word(self) -> tuple[str, int]:
        return "out_features", self.out_features

    def parameters(self) -> dict[str, int]:
        ticks = self.core == "ticks"
        core = ({"SLOPE_W": self.slope_bits} if ticks else
                {"MULTIPLIER": int(self.core == "dsp"),
                 "SPAN": row_span(self.rows, self.passes, self.weight_bits)})
        return {"IN_FEATURES": self.in_features, "OUT_FEATURES": self.out_features, "PE": self.pe,
                "WEIGHT_W": self.weight_bits, "TIME_W": self.time_bits, **core, "ACC_W": self.acc_bits,
                "SHIFT": self.shift, "IN_INDEX_W": self.takes.index_bits, "OUT_INDEX_W": self.sends.index_bits}
