"""Depthwise 3x3 convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from base.errors import expected
from spec.units.unit import (
    Joint,
    Unit,
    check_lanes,
    check_multipliers,
    check_shift,
    check_weights,
    signed_bits,
    value_range,
)

KERNEL = 3  # 3x3 with one cell of zero padding
TAPS = (KERNEL**2, KERNEL, 1)  # of a window, at once
STRIDES = (1, 2)


def strided(size: int, stride: int) -> int:
    """Rows, or columns, of every `stride`-th place of `size`, the first one among them."""
    return -(-size // stride)


@dataclass(frozen=True, eq=False)
class Depthwise(Unit):
    """3x3 convolution per channel, zero padding 1: y = clamp(sum(w * x) >> shift), signed out.

    height, width: of what comes in; of rows and columns every `stride`-th goes out, the first one among them.
    weight (channels, 3, 3). `lanes` channels pass per beat (its pe), `taps` of their 9 products are made per cycle (its
    simd), with DSP slices or LUTs.
    """

    kind: ClassVar[str] = "dwconv"
    arrays: ClassVar[tuple[str, ...]] = ("weight",)
    channels: int
    height: int
    width: int
    in_bits: int
    in_signed: bool
    weight_bits: int
    out_bits: int
    shift: int
    lanes: int
    weight: np.ndarray
    taps: int = TAPS[0]
    multipliers: str = "dsp"
    stride: int = 1

    def __post_init__(self) -> None:
        check_weights(self.name, self.weight, self.weight_bits, (self.channels, KERNEL, KERNEL))
        check_shift(self.name, self.shift)
        check_lanes(self, "channels", "lanes")
        check_multipliers(self.name, self.multipliers)
        if self.taps not in TAPS:
            raise expected(f"{self.name}.taps", self.taps, ", ".join(map(str, TAPS)))
        if self.stride not in STRIDES:
            raise expected(f"{self.name}.stride", self.stride, ", ".join(map(str, STRIDES)))

    @property
    def acc_bits(self) -> int:
        x_max = max(map(abs, value_range(self.in_bits, self.in_signed)))
        return signed_bits(int(np.abs(self.weight).sum(axis=(1, 2)).max()) * x_max)

    @property
    def steps(self) -> int:
        """Cycles per beat that goes out."""
        return KERNEL**2 // self.taps

    @property
    def busy(self) -> int:
        """Cycles per sample: the steps of each beat that goes out, one for each of the others that come in."""
        return self.sends.beats * (self.steps - 1) + self.takes.beats

    @property
    def kept(self) -> np.ndarray:
        """(height, width) bool: the places of its input at which it has an output."""
        kept = np.zeros((self.height, self.width), bool)
        kept[::self.stride, ::self.stride] = True
        return kept

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of what goes out."""
        return strided(self.height, self.stride), strided(self.width, self.stride)

    @property
    def takes(self) -> Joint:
        return Joint(self.channels * self.height * self.width, self.in_bits, self.in_signed, self.lanes)

    @property
    def sends(self) -> Joint:
        return Joint(self.channels * self.grid[0] * self.grid[1], self.out_bits, signed=True, lanes=self.lanes)

    @property
    def fold(self) -> dict[str, int | str]:
        return {"lanes": self.lanes, "taps": self.taps, "multipliers": self.multipliers}

    @property
    def rows(self) -> np.ndarray:
        """A row per step of a beat: field lane * taps + t of row b * steps + s is that of channel b * lanes + lane and
        tap s * taps + t, counted 3 * i + j."""
        fields = self.weight.reshape(self.channels // self.lanes, self.lanes, self.steps, self.taps)
        return fields.transpose(0, 2, 1, 3).reshape(-1, self.lanes * self.taps)

    def parameters(self) -> dict[str, int]:
        return {"CHANNELS": self.channels, "HEIGHT": self.height, "WIDTH": self.width, "IN_W": self.in_bits,
                "IN_SIGNED": int(self.in_signed), "WEIGHT_W": self.weight_bits, "OUT_W": self.out_bits,
                "ACC_W": self.acc_bits, "SHIFT": self.shift, "LANES": self.lanes, "TAPS": self.taps,
                "USE_DSP": int(self.multipliers != "lut"), "STRIDE": self.stride}
