"""One frozen dataclass per hardware unit: integer arrays, shifts, and all that is derived from them.

Every unit computes `y = clamp((sum(w * x) + b) >> s, lo, hi)` with an arithmetic (floor) shift. Widths
are derived from the worst case of the actual weights, never guessed. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from base.errors import UserError, expected

BITS = range(4, 9)  # of weights and of time
MAX_SHIFT = 30  # 2^shift is a 32-bit integer in the RTL
KERNEL = 3  # depthwise kernels are 3x3 with one cell of zero padding


def check_bits(bits: int) -> int:
    """`bits` if weights and time can have that many; UserError if not."""
    if bits not in BITS:
        raise expected("BITS", bits, f"{BITS[0]} … {BITS[-1]}")
    return bits


def signed_bits(bound: int) -> int:
    """Bits of the narrowest two's-complement word that holds every value of -bound … bound."""
    return int(bound).bit_length() + 1


def index_bits(neurons: int) -> int:
    """Bits of a neuron's index in an event of a spike stream."""
    return max(1, (neurons - 1).bit_length())


def value_range(bits: int, signed: bool) -> tuple[int, int]:
    """Smallest and largest value of a `bits`-wide word."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def _check_weights(name: str, weight: np.ndarray, bits: int, shape: tuple[int, ...]) -> None:
    if weight.shape != shape:
        raise expected(f"{name}.weight", f"shape {weight.shape}", f"shape {shape}")
    lo, hi = value_range(bits, signed=True)
    if weight.min() < lo or weight.max() > hi:
        raise expected(f"{name}.weight", f"{weight.min()} … {weight.max()}", f"{lo} … {hi} ({bits} bits)")


def _check_shift(name: str, shift: int) -> None:
    if not 0 <= shift <= MAX_SHIFT:
        raise expected(f"{name}.shift", shift, f"a right shift of 0 … {MAX_SHIFT}")


def _check_bias(name: str, bias: np.ndarray, shape: tuple[int, ...]) -> None:
    if bias.shape != shape:
        raise expected(f"{name}.bias", f"shape {bias.shape}", f"shape {shape}")


@dataclass(frozen=True, eq=False)
class Input:
    """The samples as the hardware receives them: (channels, height, width) signed words.

    A word q stands for the standardised feature q * 2^exponent. On the stream: channels last, row-major.
    """

    kind: ClassVar[str] = "input"
    arrays: ClassVar[tuple[str, ...]] = ()
    name: str
    channels: int
    height: int
    width: int
    bits: int
    exponent: int

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
        return 32 // self.slot_bits

    @property
    def beats(self) -> int:
        """32-bit beats per packet (the last is padded with zeros)."""
        return -(-self.values // self.values_per_beat)

    def quantise(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) float -> (N, C, H, W) int64: floor(x / 2^exponent), saturated at the word's ends."""
        lo, hi = value_range(self.bits, signed=True)
        return np.clip(np.floor(np.asarray(x, np.float64) * 2.0**-self.exponent), lo, hi).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Depthwise:
    """3x3 convolution per channel, zero padding 1: y = clamp(sum(w * x) >> shift), signed out.

    weight (channels, 3, 3). `lanes` channels pass per beat.
    """

    kind: ClassVar[str] = "dwconv"
    arrays: ClassVar[tuple[str, ...]] = ("weight",)
    name: str
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

    def __post_init__(self) -> None:
        _check_weights(self.name, self.weight, self.weight_bits, (self.channels, KERNEL, KERNEL))
        _check_shift(self.name, self.shift)
        if self.channels % self.lanes:
            raise UserError(f"{self.name}: channels={self.channels} is not a multiple of lanes={self.lanes}")

    @property
    def acc_bits(self) -> int:
        x_max = max(map(abs, value_range(self.in_bits, self.in_signed)))
        return signed_bits(int(np.abs(self.weight).sum(axis=(1, 2)).max()) * x_max)

    @property
    def beats(self) -> int:
        """Beats in, and out, per sample."""
        return self.height * self.width * self.channels // self.lanes


@dataclass(frozen=True, eq=False)
class Pointwise:
    """1x1 convolution with folded batch norm and ReLU: y = clamp((W x + b) >> shift, 0, 2^out_bits - 1).

    weight (out_channels, in_channels), bias (out_channels,) in units of the accumulator. `lanes` input
    channels arrive per beat, all out_channels accumulate at once, `out_lanes` channels leave per beat.
    """

    kind: ClassVar[str] = "pwconv"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    name: str
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

    def __post_init__(self) -> None:
        _check_weights(self.name, self.weight, self.weight_bits, (self.out_channels, self.in_channels))
        _check_bias(self.name, self.bias, (self.out_channels,))
        _check_shift(self.name, self.shift)
        for channels, lanes in (("in_channels", "lanes"), ("out_channels", "out_lanes")):
            if getattr(self, channels) % getattr(self, lanes):
                raise UserError(f"{self.name}: {channels}={getattr(self, channels)} is not a multiple of "
                                f"{lanes}={getattr(self, lanes)}")

    @property
    def acc_bits(self) -> int:
        x_max = 1 << (self.in_bits - 1)  # signed in
        return signed_bits(int((np.abs(self.weight).sum(axis=1) * x_max + np.abs(self.bias)).max()))

    @property
    def beats_per_pixel(self) -> int:
        return self.in_channels // self.lanes


@dataclass(frozen=True, eq=False)
class Encoder:
    """Division-free TTFS encoder: x = clamp((F - v_min) >> shift, 0, 2^time_bits - 1) ticks of earliness.

    The spike comes at tick window - x; x = 0 is silence. Features arrive unsigned, one per beat.
    """

    kind: ClassVar[str] = "encoder"
    arrays: ClassVar[tuple[str, ...]] = ()
    name: str
    features: int
    in_bits: int
    time_bits: int
    v_min: int
    shift: int

    def __post_init__(self) -> None:
        _check_shift(self.name, self.shift)
        if not 0 <= self.v_min < 1 << self.in_bits:
            raise expected(f"{self.name}.v_min", self.v_min, f"0 … {(1 << self.in_bits) - 1}")

    @property
    def window(self) -> int:
        """Ticks in the window, the largest earliness."""
        return (1 << self.time_bits) - 1


@dataclass(frozen=True, eq=False)
class B1Layer:
    """B1 spiking layer: x' = clamp((W x + b) >> shift, 0, window), the closed form of the tick-by-tick neuron.

    The potential starts at -theta, theta = window * 2^shift - b. Integrate phase, one tick at a time: a
    spike of input j adds W_ij to the slope, then the slope is added to the potential. Fire phase: the
    slope is 2^shift; the neuron fires at the first tick with a potential of 0 or more.
    weight (out_features, in_features), bias (out_features,).
    """

    kind: ClassVar[str] = "b1_layer"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    name: str
    in_features: int
    out_features: int
    weight_bits: int
    time_bits: int
    shift: int
    weight: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        _check_weights(self.name, self.weight, self.weight_bits, (self.out_features, self.in_features))
        _check_bias(self.name, self.bias, (self.out_features,))
        _check_shift(self.name, self.shift)

    @property
    def window(self) -> int:
        return (1 << self.time_bits) - 1

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
        """Holds the potential at every tick of both phases."""
        drive = np.abs(self.weight).sum(axis=1) * self.window
        return signed_bits(int((drive + np.abs(self.theta)).max()) + ((self.window + 1) << self.shift))


@dataclass(frozen=True, eq=False)
class Readout:
    """Integrating read-out, no spike: logit = W x + b; class = argmax, the lowest index on a tie.

    weight (classes, in_features), bias (classes,). A logit q stands for q * 2^exponent.
    """

    kind: ClassVar[str] = "readout"
    arrays: ClassVar[tuple[str, ...]] = ("weight", "bias")
    name: str
    in_features: int
    classes: int
    weight_bits: int
    time_bits: int
    exponent: int
    weight: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        _check_weights(self.name, self.weight, self.weight_bits, (self.classes, self.in_features))
        _check_bias(self.name, self.bias, (self.classes,))
        if self.acc_bits > 32:
            raise expected(f"{self.name}.acc_bits", self.acc_bits, "at most 32, a beat of the output stream")

    @property
    def window(self) -> int:
        return (1 << self.time_bits) - 1

    @property
    def slope_bits(self) -> int:
        return signed_bits(int(np.abs(self.weight).sum(axis=1).max()))

    @property
    def acc_bits(self) -> int:
        return signed_bits(int((np.abs(self.weight).sum(axis=1) * self.window + np.abs(self.bias)).max()))

    @property
    def beats(self) -> int:
        """Beats of the output packet: the logits, then the class."""
        return self.classes + 1


Unit = Input | Depthwise | Pointwise | Encoder | B1Layer | Readout
UNIT_KINDS: dict[str, type[Any]] = {
    unit.kind: unit for unit in (Input, Depthwise, Pointwise, Encoder, B1Layer, Readout)
}
