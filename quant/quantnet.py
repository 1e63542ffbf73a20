"""LSNNet in Brevitas: the same network with integer weights, biases, activations and time.

Every scale is a fixed power of two, one per tensor; activations round with FLOOR, biases are integers
in units of the accumulator. So each stage is exactly y = clamp((sum(w * x) + b) >> s, lo, hi).
"""

from __future__ import annotations

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

from model.lsnnet import KERNEL, LSNNetConfig, flatten_channels_last

ACT_BITS = 8  # input words, depthwise and ReLU outputs


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

    Per block and per B1 layer one entry. `ticks` are the encoder's and the B1 layers' lengths of a tick
    in units of the encoder's window.
    """

    input: int
    dw_weight: tuple[int, ...]
    dw_out: tuple[int, ...]
    pw_weight: tuple[int, ...]
    pw_out: tuple[int, ...]
    ticks: tuple[int, ...]
    layer_weight: tuple[int, ...]
    readout_weight: int


def _weight(bits: int, exponent: int) -> dict[str, object]:
    # Brevitas' scaling_init is the end of the range, not the value of the least significant bit.
    return {
        "weight_quant": WeightQuant,
        "weight_bit_width": bits,
        "weight_scaling_init": 2.0 ** (exponent + bits - 1),
    }


def _signed(exponent: int) -> qnn.QuantIdentity:
    end = 2.0 ** (exponent + ACT_BITS - 1)
    return qnn.QuantIdentity(act_quant=SignedQuant, bit_width=ACT_BITS, scaling_init=end, return_quant_tensor=True)


def _unsigned(layer: type[nn.Module], bits: int, exponent: int) -> nn.Module:
    end = 2.0 ** (exponent + bits)
    return layer(act_quant=UnsignedQuant, bit_width=bits, scaling_init=end, return_quant_tensor=True)


class QuantBlock(nn.Module):
    """Depthwise 3x3 -> signed words -> pointwise with bias (batch norm folded in) -> ReLU -> unsigned words."""

    def __init__(self, in_channels: int, out_channels: int, bits: int, exponents: tuple[int, int, int, int]) -> None:
        super().__init__()
        dw_weight, dw_out, pw_weight, pw_out = exponents
        self.dw = qnn.QuantConv2d(
            in_channels, in_channels, KERNEL, padding=KERNEL // 2, groups=in_channels, bias=False,
            **_weight(bits, dw_weight),
        )
        self.dw_out = _signed(dw_out)
        self.pw = qnn.QuantConv2d(
            in_channels, out_channels, 1, bias=True, bias_quant=Int32Bias, **_weight(bits, pw_weight)
        )
        self.pw_out = _unsigned(qnn.QuantReLU, ACT_BITS, pw_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.pw_out(self.pw(self.dw_out(self.dw(x))))


class QuantEncoder(nn.Module):
    """x = clamp(floor((F - v_min) / S_p / tick), 0, 2^bits - 1) ticks; v_min is a multiple of F's scale."""

    v_min: Tensor

    def __init__(self, v_min: float, shift: int, bits: int, tick: int) -> None:
        super().__init__()
        self.register_buffer("v_min", torch.tensor(v_min))
        self.rescale = 2.0**-shift  # features to units of the window, 1 / S_p
        self.out = _unsigned(qnn.QuantIdentity, bits, tick)

    def forward(self, features: Tensor) -> Tensor:
        return self.out((features - self.v_min) * self.rescale)


class QuantB1(nn.Module):
    """B1 layer x' = clip(W x + D, 0, window), quantised to ticks of its own window; linear.bias is D."""

    def __init__(self, in_features: int, out_features: int, bits: int, weight: int, tick: int) -> None:
        super().__init__()
        self.linear = _linear(in_features, out_features, bits, weight)
        self.out = _unsigned(qnn.QuantReLU, bits, tick)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.linear(x))


def _linear(in_features: int, out_features: int, bits: int, weight: int) -> qnn.QuantLinear:
    return qnn.QuantLinear(in_features, out_features, bias=True, bias_quant=Int32Bias, **_weight(bits, weight))


class QuantLSNNet(nn.Module):
    """x (B, C, H, W) float, standardised features -> logits (B, classes), multiples of one power of two.

    bits: of weights and of time. v_min, shift: the float encoder's offset (rounded to the last block's
    scale) and log2 S_p.
    """

    def __init__(self, config: LSNNetConfig, bits: int, exponents: Exponents, v_min: float, shift: int) -> None:
        super().__init__()
        self.bits = bits
        self.exponents = exponents
        e = exponents
        self.input = _signed(e.input)
        channels = pairwise((config.in_channels, *config.channels))
        scales = zip(e.dw_weight, e.dw_out, e.pw_weight, e.pw_out, strict=True)
        self.blocks = nn.ModuleList(QuantBlock(a, b, bits, s) for (a, b), s in zip(channels, scales, strict=True))
        self.encoder = QuantEncoder(v_min, shift, bits, e.ticks[0])
        neurons = pairwise((config.features, *config.hidden))
        layer_scales = zip(e.layer_weight, e.ticks[1:], strict=True)
        self.layers = nn.ModuleList(
            QuantB1(a, b, bits, *s) for (a, b), s in zip(neurons, layer_scales, strict=True)
        )
        self.readout = _linear(config.hidden[-1], config.classes, bits, e.readout_weight)

    def forward(self, x: Tensor) -> Tensor:
        words = self.input(x)  # a QuantTensor: values with their scale
        for block in self.blocks:
            words = block(words)
        words = self.encoder(flatten_channels_last(words.value))
        for layer in self.layers:
            words = layer(words)
        return self.readout(words)
