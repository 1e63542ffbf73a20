"""The samples as the hardware receives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spec.units.unit import BEAT_BITS, Joint, Unit, value_range


@dataclass(frozen=True, eq=False)
class Input(Unit):
    """The samples as the hardware receives them: (channels, height, width) signed words.

    A word q stands for the standardised feature q * 2^exponent. On the stream: channels last, row-major.
    """

    kind: ClassVar[str] = "input"
    channels: int
    height: int
    width: int
    bits: int
    exponent: int

    @property
    def module(self) -> str:
        return "unpack"

    @property
    def values(self) -> int:
        """Words per sample."""
        return self.channels * self.height * self.width

    @property
    def slot_bits(self) -> int:
        """Bits that one word takes on the 32-bit stream: a byte, or two."""
        return 8 if self.bits <= 8 else 16

    @property
    def values_per_beat(self) -> int:
        return BEAT_BITS // self.slot_bits

    @property
    def beats(self) -> int:
        """32-bit beats per sample (the last is padded with zeros)."""
        return -(-self.values // self.values_per_beat)

    @property
    def takes(self) -> Joint:
        return Joint(self.beats, BEAT_BITS, lanes=1)

    @property
    def sends(self) -> Joint:
        return Joint(self.values, self.bits, signed=True)

    def parameters(self) -> dict[str, int]:
        """Without LANES, which the unit behind decides: see NetSpec.parameters."""
        return {"SLOTS": self.values_per_beat, "VALUE_W": self.bits, "VALUES": self.values}

    def quantise(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) float -> (N, C, H, W) int64: floor(x / 2^exponent), saturated at the word's ends."""
        lo, hi = value_range(self.bits, signed=True)
        return np.clip(np.floor(np.asarray(x, np.float64) * 2.0**-self.exponent), lo, hi).astype(np.int64)
