"""model.onnx -> NetSpec: scales become shifts, weights and biases integers. No torch here.

The graph must be the one that quant/export.py writes, node for node; whatever differs is named.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from base.errors import expected
from board.preset import Preset
from quant.graph import Graph, Quant, attribute, exponent_of
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import (
    KERNEL,
    STRIDES,
    B1Layer,
    Depthwise,
    Encoder,
    Input,
    Pointwise,
    Readout,
    Unit,
    signed_bits,
    value_range,
)

Shape = tuple[int, int, int]  # channels, height, width
EXACT_BITS = 25  # of a two's-complement sum: float32, in which model.onnx runs, is exact up to 2^24


def lower(model: Path, preset: Preset) -> NetSpec:
    """Read model.onnx and fold it as `preset` says.

    Raises UserError naming the node where rounding, scale, zero point, width or structure is not what
    the integer rule y = clamp((sum(w * x) + b) >> s, lo, hi) needs, or the unit whose sums could be too
    wide for model.onnx to have run exactly.
    """
    graph = Graph(model)
    words = graph.activation(signed=True)
    channels, height, width = graph.shape[1:]
    units: list[Unit] = [Input("input", channels, height, width, words.bits, words.exponent)]
    shape = (channels, height, width)
    for index in range(len(preset.channels)):
        depthwise, words = _depthwise(graph, index, words, shape)
        pointwise, words = _pointwise(graph, index, words, depthwise)
        units += [depthwise, pointwise]
        shape = (pointwise.out_channels, *depthwise.grid)
    encoder, words = _encoder(graph, math.prod(shape), words)
    units.append(encoder)
    layers = 0
    while not isinstance(units[-1], Readout):
        unit, words = _dense(graph, layers, words)
        units.append(unit)
        layers += 1
    spec = NetSpec(preset.name, tuple(units), datetime.now(UTC).date().isoformat())
    for name, found, wanted in (
        ("channels", tuple(pointwise.out_channels for _, pointwise in spec.blocks), preset.channels),
        ("strides", tuple(depthwise.stride for depthwise, _ in spec.blocks), preset.strides),
        ("hidden", tuple(layer.out_features for layer in spec.layers), preset.hidden),
    ):
        if found != wanted:
            raise expected(f"{model.name}: {name}", found, f"{wanted}, as preset {preset.name} says")
    return fold(spec, **preset.fold)


def _depthwise(graph: Graph, index: int, words: Quant, shape: Shape) -> tuple[Depthwise, Quant]:
    """Conv 3x3 per channel -> Quant, signed."""
    channels, height, width = shape
    node = graph.take("Conv", group=channels, kernel_shape=[KERNEL, KERNEL], pads=[1, 1, 1, 1], dilations=[1, 1])
    stride = attribute(node, "strides")
    if stride not in [[step, step] for step in STRIDES]:
        raise expected(f"{node.name}: strides", stride, " or ".join(str([step, step]) for step in STRIDES))
    if len(node.input) != 2:
        raise expected(f"{node.name}: inputs", len(node.input), "2, no bias")
    weight, scale = graph.integers(node, 1)
    _check_sums(f"dw{index}", weight, words)
    out = graph.activation(signed=True)
    unit = Depthwise(
        f"dw{index}", channels, height, width, in_bits=words.bits, in_signed=words.signed, weight_bits=scale.bits,
        out_bits=out.bits, shift=out.exponent - scale.exponent - words.exponent, lanes=1,
        weight=weight.reshape(-1, KERNEL, KERNEL), stride=stride[0],
    )
    return unit, out


def _pointwise(graph: Graph, index: int, words: Quant, before: Depthwise) -> tuple[Pointwise, Quant]:
    """Conv 1x1 with bias -> Relu -> Quant, unsigned."""
    height, width = before.grid
    node = graph.take("Conv", group=1, kernel_shape=[1, 1], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1])
    weight, scale = graph.integers(node, 1)
    accumulator = scale.exponent + words.exponent
    bias = graph.bias(node, accumulator)
    _check_sums(f"pw{index}", weight, words, bias)
    graph.take("Relu")
    out = graph.activation(signed=False)
    unit = Pointwise(
        f"pw{index}", before.channels, len(weight), pixels=height * width, in_bits=words.bits, weight_bits=scale.bits,
        out_bits=out.bits, shift=out.exponent - accumulator, lanes=1, out_lanes=1,
        weight=weight.reshape(len(weight), -1), bias=bias,
    )
    return unit, out


def _encoder(graph: Graph, features: int, words: Quant) -> tuple[Encoder, Quant]:
    """Channels last, flat -> Sub v_min -> Mul 1 / S_p -> Quant, unsigned."""
    graph.take("Transpose", perm=[0, 2, 3, 1])
    graph.take("Flatten", axis=1)
    node = graph.take("Sub")
    v_min = graph.scalar(node, 1) * 2.0**-words.exponent
    if v_min != int(v_min):
        raise expected(f"{node.name}: v_min", f"{v_min} steps of the features", "an integer")
    node = graph.take("Mul")
    rescale = exponent_of(node.name, graph.scalar(node, 1))
    out = graph.activation(signed=False)
    shift = out.exponent - (words.exponent + rescale)
    return Encoder("encoder", features, words.bits, out.bits, int(v_min), shift, in_signed=words.signed), out


def _dense(graph: Graph, index: int, words: Quant) -> tuple[B1Layer | Readout, Quant]:
    """Gemm -> Relu -> Quant is a B1 layer; the Gemm that ends the graph is the read-out."""
    node = graph.take("Gemm", transB=1, alpha=1.0, beta=1.0)
    weight, scale = graph.integers(node, 1)
    accumulator = scale.exponent + words.exponent
    bias = graph.bias(node, accumulator)
    outputs, inputs = weight.shape
    last = graph.tensor == graph.end
    _check_sums("readout" if last else f"b1_{index}", weight, words, bias)
    if last:
        return Readout("readout", inputs, outputs, scale.bits, words.bits, accumulator, weight, bias), words
    graph.take("Relu")
    out = graph.activation(signed=False)
    if out.bits != words.bits:
        raise expected(f"{out.node}: bit width", out.bits, f"{words.bits}, as in the encoder")
    shift = out.exponent - accumulator
    return B1Layer(f"b1_{index}", inputs, outputs, scale.bits, words.bits, shift, weight, bias), out


def _check_sums(name: str, weight: np.ndarray, words: Quant, bias: np.ndarray | int = 0) -> None:
    """UserError where a sum over weight (outputs, …), in any order of its terms, may leave EXACT_BITS."""
    ends = [weight.reshape(len(weight), -1) * end for end in value_range(words.bits, words.signed)]
    up = np.maximum(*ends).sum(axis=1) + np.maximum(bias, 0)
    down = np.minimum(*ends).sum(axis=1) + np.minimum(bias, 0)
    bits = signed_bits(int(np.maximum(up, -down).max()))
    if bits > EXACT_BITS:
        raise expected(f"{name}: accumulator", f"{bits} bits",
                       f"at most {EXACT_BITS}, which float32 holds exactly; fewer weight or time bits")
