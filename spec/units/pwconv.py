"""Pointwise convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spec.units.unit import (
    Joint,
    Unit,
    check_bias,
    check_lanes,
    check_multipliers,
    check_pe,
    check_shift,
    check_weights,
    signed_bits,
    value_range,
)


@dataclass(frozen=True, eq=False)
class Pointwise(Unit):
    """1x1 convolution with folded batch norm and ReLU: y = clamp((W x + b) >> shift, 0, 2^out_bits - 1).

    weight (out_channels, in_channels), bias (out_channels,) in units of the accumulator. `lanes` input
    channels arrive per beat (its simd), `pe` of the out_channels accumulate at once (0: all), in passes over the pixel,
    with DSP slices or LUTs; `out_lanes` of those pe leave per beat.
    """

    kind: ClassVar[str] = "pwconv"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    in_channels: int
    out_channels: int
    pixels: int
    in_bits: int
    weight_bits: int
    out_bits: int
    shift: int
    lanes: int
    out_lanes: int
    weight: np.ndarray
    bias: np.ndarray
    pe: int = 0
    multipliers: str = "dsp"

    def __post_init__(self) -> None:
        check_weights(self.name, self.weight, self.weight_bits, (self.out_channels, self.in_channels))
        check_bias(self.name, self.bias, (self.out_channels,))
        check_shift(self.name, self.shift)
        check_lanes(self, "in_channels", "lanes")
        check_lanes(self, "out_channels", "out_lanes")
        check_pe(self, "out_channels")
        check_lanes(self, "pe", "out_lanes")
        check_multipliers(self.name, self.multipliers)

    @property
    def acc_bits(self) -> int:
        x_max = 1 << (self.in_bits - 1)  # signed in
        return signed_bits(int((np.abs(self.weight).sum(axis=1) * x_max + np.abs(self.bias)).max()))

    @property
    def beats_per_pixel(self) -> int:
        return self.in_channels // self.lanes

    @property
    def passes(self) -> int:
        """Over the beats of a pixel, `pe` outputs each."""
        return self.out_channels // self.pe

    @property
    def takes(self) -> Joint:
        return Joint(self.in_channels * self.pixels, self.in_bits, signed=True, lanes=self.lanes)

    @property
    def sends(self) -> Joint:
        return Joint(self.out_channels * self.pixels, self.out_bits, lanes=self.out_lanes)

    @property
    def fold(self) -> dict[str, int | str]:
        return {"lanes": self.lanes, "pe": self.pe, "out_lanes": self.out_lanes, "multipliers": self.multipliers}

    @property
    def rows(self) -> np.ndarray:
        """A row per input beat of a pass, the passes one after the other: field o * lanes + lane of row
        g * beats_per_pixel + b is weight[g * pe + o, b * lanes + lane]."""
        fields = self.weight.reshape(self.passes, self.pe, self.beats_per_pixel, self.lanes)
        return fields.transpose(0, 2, 1, 3).reshape(-1, self.pe * self.lanes)

    @property
    def start(self) -> np.ndarray:
        return self.bias

    @property
    def widest_word(self) -> tuple[str, int]:
        return "out_channels * out_bits", self.out_channels * self.out_bits

    def parameters(self) -> dict[str, int]:
        return {"IN_CHANNELS": self.in_channels, "OUT_CHANNELS": self.out_channels, "IN_W": self.in_bits,
                "WEIGHT_W": self.weight_bits, "OUT_W": self.out_bits, "ACC_W": self.acc_bits, "SHIFT": self.shift,
                "LANES": self.lanes, "OUT_LANES": self.out_lanes, "PE": self.pe,
                "USE_DSP": int(self.multipliers != "lut"), "PACKED": int(self.multipliers == "packed"),
                "NARROW": int(self.weight.min() > value_range(self.weight_bits, signed=True)[0])}
