"""NetSpec to the layer list that hls4ml's converters make, with every type set: nothing is left to a default.

Runs in .venv-peers. A value stays where its sums put it: the words of layer n are ap_fixed with their LSB at 2^-e, so a
shift by s is a truncation (AP_TRN, floor) of s fraction bits and the clamp is AP_SAT. Sums are as wide as in the chip.
The encoder is one more activation: its v_min is a batch normalisation's bias, and it is left out where v_min is 0 and
its shift is an activation's alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spec.netspec import NetSpec
from spec.units import Depthwise, Encoder, Pointwise, Readout


def fixed(bits: int, exponent: int, signed: bool = True, rest: str = "") -> str:
    """An ap_fixed of `bits` bits whose LSB is 2^exponent."""
    return f"{'fixed' if signed else 'ufixed'}<{bits},{bits + exponent}{rest}>"


@dataclass
class Layers:
    """The list under way. exponent: of the LSB of the values that the last layer gave."""

    reuse: dict[str, int]
    rows: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    exponent: int = 0

    def add(self, kind: str, name: str, precision: dict[str, str], **attributes: Any) -> None:
        before = [self.rows[-1]["name"]] if self.rows else []
        self.rows.append({"class_name": kind, "name": name, **({"inputs": before} if before else {}), **attributes})
        self.config[name] = {"Precision": precision, "ReuseFactor": self.reuse.get(name, 1), "Strategy": "Resource"}

    def weighted(self, kind: str, name: str, acc_bits: int, weight_bits: int, result: str | None,
                 **attributes: Any) -> None:
        sums = fixed(acc_bits, self.exponent)
        self.add(kind, name, {"weight": fixed(weight_bits, 0), "bias": sums, "accum": sums,
                              "result": result or sums}, **attributes)

    def clamped(self, name: str, bits: int, shift: int, features: int) -> None:
        """ReLU: floor off `shift` fraction bits, saturate to `bits` unsigned."""
        self.exponent += shift
        self.add("Activation", name, {"result": fixed(bits, self.exponent, False, ",TRN,SAT")}, activation="relu",
                 n_in=features)


def layers(spec: NetSpec, reuse: dict[str, int]) -> Layers:
    """reuse: multiplications that one multiplier makes for one output (of one pixel), by unit."""
    source, net = spec.input, Layers(reuse)
    net.add("InputLayer", "samples", {"result": fixed(source.bits, 0)},
            input_shape=[source.height, source.width, source.channels])
    for unit in spec.units[1:]:
        _add(net, unit, spec)
    return net


def _add(net: Layers, unit: Any, spec: NetSpec) -> None:
    if isinstance(unit, Depthwise):
        out = net.exponent + unit.shift
        net.weighted("DepthwiseConv2D", unit.name, unit.acc_bits, unit.weight_bits,
                     fixed(unit.out_bits, out, True, ",TRN,SAT"), depth_multiplier=1,
                     depthwise_data=unit.weight.transpose(1, 2, 0)[..., None].astype(np.float64),
                     **_conv(spec, unit.channels, unit.channels, 3))
        net.exponent = out
    elif isinstance(unit, Pointwise):
        net.weighted("Conv2D", unit.name, unit.acc_bits, unit.weight_bits, None,
                     weight_data=unit.weight.T[None, None].astype(np.float64),
                     **_conv(spec, unit.in_channels, unit.out_channels, 1, unit.bias * 2.0**net.exponent))
        net.clamped(f"{unit.name}_relu", unit.out_bits, unit.shift, unit.pixels * unit.out_channels)
    elif isinstance(unit, Encoder):
        if unit.v_min:
            minimum = fixed(unit.in_bits + 1, net.exponent)
            net.add("BatchNormalization", "v_min", {"scale": "ufixed<1,1>", "bias": minimum, "result": minimum},
                    n_in=unit.features, n_filt=spec.blocks[-1][1].out_channels,
                    scale_data=np.ones(spec.blocks[-1][1].out_channels),
                    bias_data=np.full(spec.blocks[-1][1].out_channels, -unit.v_min * 2.0**net.exponent))
        if unit.v_min or unit.shift or unit.time_bits != unit.in_bits:
            net.clamped("encoder", unit.time_bits, unit.shift, unit.features)
        net.add("Reshape", "flat", {"result": fixed(unit.time_bits, net.exponent, False)},
                target_shape=[unit.features])
    else:
        net.weighted("Dense", unit.name, unit.acc_bits, unit.weight_bits, None, n_in=unit.in_features,
                     n_out=len(unit.weight), weight_data=unit.weight.T.astype(np.float64),
                     bias_data=unit.bias * 2.0**net.exponent)
        if not isinstance(unit, Readout):
            net.clamped(f"{unit.name}_relu", unit.time_bits, unit.shift, unit.out_features)


def _conv(spec: NetSpec, channels: int, filters: int, kernel: int, bias: np.ndarray | None = None) -> dict[str, Any]:
    height, width, pad = spec.input.height, spec.input.width, kernel // 2
    return {"in_height": height, "in_width": width, "out_height": height, "out_width": width, "n_chan": channels,
            "n_filt": filters, "filt_height": kernel, "filt_width": kernel, "stride_height": 1, "stride_width": 1,
            "pad_top": pad, "pad_bottom": pad, "pad_left": pad, "pad_right": pad, "data_format": "channels_last",
            "padding": "same", "bias_data": np.zeros(filters) if bias is None else bias}
