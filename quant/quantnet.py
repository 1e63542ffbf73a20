"""LSNNet in Brevitas: the same network with integer weights, biases, activations and time.

Every scale is a fixed power of two, one per tensor; activations round with FLOOR, biases are integers
in units of the accumulator. So each stage is exactly y = clamp((sum(w * x) + b) >> s, lo, hi).

Weights or time can also be left in float, or be wider than hardware has them, to study what each costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import brevitas.nn as qnn
import torch
from brevitas.quant.fixed_point import (
    Int8ActPerTensorFixedPoint,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
)
from brevitas.quant.scaled_int import Int32Bias
from torch import Tensor, nn

from base.errors import expected
from model.lsnnet import KERNEL, LSNNetConfig, flatten_channels_last
from model.ttfs import ENCODER_WINDOW
from quant import ACT_BITS

WIDTHS = range(4, 17)  # of weights and of time; hardware has spec.units.BITS
FLOAT = 32  # bits that stand for no rounding


def width(name: str, bits: int | None) -> int | None:
    """Bits of weights or time, None for FLOAT; UserError on any other number than these and WIDTHS."""
    if bits in (None, FLOAT):
        return None
    if bits not in WIDTHS:
        raise expected(name, bits, f"{WIDTHS[0]} … {WIDTHS[-1]}, or {FLOAT} for float")
    return bits


def feature_bits(time_bits: int | None) -> int | None:
    """Bits of the last block's words: the encoder turns them into time, so they are never coarser than time."""
    return None if time_bits is None else max(ACT_BITS, time_bits)


class WeightQuant(Int8WeightPerTensorFixedPoint):
    """Signed weights over the whole two's-complement range, rounded to nearest, fixed scale."""

    scaling_impl_type = "CONST"
    narrow_range = False


class SignedQuant(Int8ActPerTensorFixedPoint):
    """Signed activations, FLOOR, fixed scale."""

    scaling_impl_type = "CONST"
    float_to_int_impl_type = "FLOOR"


class UnsignedQuant(Uint8ActPerTensorFixedPoint):
    """Unsigned activations and earliness, FLOOR, fixed scale."""

    scaling_impl_type = "CONST"
    float_to_int_impl_type = "FLOOR"


@dataclass(frozen=True)
class Exponents:
    """log2 of every scale: an integer q stands for q * 2^exponent.

    Per block and per B1 layer one entry, None where nothing is rounded. `ticks` are the encoder's and the
    B1 layers' lengths of a tick in units of the encoder's window.
    """

    input: int
    dw_weight: tuple[int | None, ...]
    dw_out: tuple[int, ...]
    pw_weight: tuple[int | None, ...]
    pw_out: tuple[int | None, ...]
    ticks: tuple[int | None, ...]
    layer_weight: tuple[int | None, ...]
    readout_weight: int | None


def _weight(bits: int | None, exponent: int | None) -> dict[str, object]:
    if bits is None or exponent is None:
        return {"weight_quant": None}
    # Brevitas' scaling_init is the end of the range, not the value of the least significant bit.
    return {
        "weight_quant": WeightQuant,
        "weight_bit_width": bits,
        "weight_scaling_init": 2.0 ** (exponent + bits - 1),
    }


def _bias(weight_bits: int | None, in_bits: int | None) -> dict[str, object]:
    """Integer biases wherever hardware has them; the accumulators of wider words could overflow their 32 bits."""
    exact = weight_bits is not None and in_bits is not None and weight_bits + in_bits <= 2 * ACT_BITS
    return {"bias": True, "bias_quant": Int32Bias if exact else None}


def _signed(exponent: int) -> qnn.QuantIdentity:
    end = 2.0 ** (exponent + ACT_BITS - 1)
    return qnn.QuantIdentity(act_quant=SignedQuant, bit_width=ACT_BITS, scaling_init=end, return_quant_tensor=True)


def _unsigned(layer: type[nn.Module], bits: int, exponent: int) -> nn.Module:
    end = 2.0 ** (exponent + bits)
    return layer(act_quant=UnsignedQuant, bit_width=bits, scaling_init=end, return_quant_tensor=True)


class FloatTime(nn.Module):
    """Earliness that is clipped to its window, 0 … window, and not rounded."""

    def __init__(self, window: float) -> None:
        super().__init__()
        self.window = window

    def forward(self, earliness: Tensor) -> Tensor:
        return earliness.clamp(0.0, self.window)


def _time(layer: type[nn.Module], bits: int | None, tick: int | None, window: float) -> nn.Module:
    """Earliness in ticks of 2^tick, or within a window in float; then `window` counts."""
    return FloatTime(window) if bits is None or tick is None else _unsigned(layer, bits, tick)


class QuantBlock(nn.Module):
    """Depthwise 3x3 -> signed words -> pointwise with bias (batch norm folded in) -> ReLU -> unsigned words.

    out_bits None: what leaves is not rounded.
    """

    def __init__(
        self, in_channels: int, out_channels: int, weight_bits: int | None, out_bits: int | None,
        exponents: tuple[int | None, int, int | None, int | None], stride: int = 1,
    ) -> None:
        super().__init__()
        dw_weight, dw_out, pw_weight, pw_out = exponents
        self.dw = qnn.QuantConv2d(
            in_channels, in_channels, KERNEL, stride, padding=KERNEL // 2, groups=in_channels, bias=False,
            **_weight(weight_bits, dw_weight),
        )
        self.dw_out = _signed(dw_out)
        self.pw = qnn.QuantConv2d(
            in_channels, out_channels, 1, **_bias(weight_bits, ACT_BITS), **_weight(weight_bits, pw_weight)
        )
        self.pw_out = (
            nn.ReLU() if out_bits is None or pw_out is None else _unsigned(qnn.QuantReLU, out_bits, pw_out)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.pw_out(self.pw(self.dw_out(self.dw(x))))


class QuantEncoder(nn.Module):
    """x = clamp(floor((F - v_min) / S_p / tick), 0, 2^bits - 1) ticks; v_min is a multiple of F's scale."""

    v_min: Tensor

    def __init__(self, v_min: float, shift: int, bits: int | None, tick: int | None) -> None:
        super().__init__()
        self.register_buffer("v_min", torch.tensor(v_min))
        self.rescale = 2.0**-shift  # features to units of the window, 1 / S_p
        self.out = _time(qnn.QuantIdentity, bits, tick, ENCODER_WINDOW)

    def forward(self, features: Tensor) -> Tensor:
        return self.out((features - self.v_min) * self.rescale)


class QuantB1(nn.Module):
    """B1 layer x' = clip(W x + D, 0, window), quantised to ticks of its own window; linear.bias is D."""

    def __init__(self, linear: qnn.QuantLinear, bits: int | None, tick: int | None, window: float) -> None:
        super().__init__()
        self.linear = linear
        self.out = _time(qnn.QuantReLU, bits, tick, window)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.linear(x))


class QuantLSNNet(nn.Module):
    """x (B, C, H, W) float, standardised features -> logits (B, classes), multiples of one power of two.

    weight_bits, time_bits: 4 … 16, or None (32) for weights or time in float; the words inside the blocks
    have ACT_BITS in every case. v_min, shift: the float encoder's offset (rounded to the last block's scale)
    and log2 S_p; windows: of the B1 layers, which float time is clipped to.
    """

    def __init__(
        self, config: LSNNetConfig, weight_bits: int | None, time_bits: int | None, exponents: Exponents,
        v_min: float, shift: int, windows: Sequence[float],
    ) -> None:
        super().__init__()
        weights, time = width("weight_bits", weight_bits), width("time_bits", time_bits)
        self.weight_bits, self.time_bits = weights, time
        self.exponents = exponents
        e = exponents

        def linear(inputs: int, outputs: int, exponent: int | None) -> qnn.QuantLinear:
            return qnn.QuantLinear(inputs, outputs, **_bias(weights, time), **_weight(weights, exponent))

        self.input = _signed(e.input)
        channels = pairwise((config.in_channels, *config.channels))
        outs = [*(ACT_BITS for _ in config.channels[1:]), feature_bits(time)][: len(config.channels)]
        scales = zip(e.dw_weight, e.dw_out, e.pw_weight, e.pw_out, strict=True)
        self.blocks = nn.ModuleList(
            QuantBlock(a, b, weights, out, scale, stride)
            for (a, b), out, scale, stride in zip(channels, outs, scales, config.strides, strict=True)
        )
        self.encoder = QuantEncoder(v_min, shift, time, e.ticks[0])
        neurons = pairwise((config.features, *config.hidden))
        self.layers = nn.ModuleList(
            QuantB1(linear(a, b, weight), time, tick, window)
            for (a, b), weight, tick, window in zip(neurons, e.layer_weight, e.ticks[1:], windows, strict=True)
        )
        self.readout = linear(config.hidden[-1], config.classes, e.readout_weight)

    def forward(self, x: Tensor) -> Tensor:
        words = self.input(x)  # a QuantTensor: values with their scale
        for block in self.blocks:
            words = block(words)
        features = words if self.time_bits is None else words.value
        words = self.encoder(flatten_channels_last(features))
        for layer in self.layers:
            words = layer(words)
        return self.readout(words)
