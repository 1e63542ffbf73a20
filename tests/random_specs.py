"""Random small networks that reach the corners of every unit: widths, shifts, weights, biases, grids, folds, cores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from synthetic import make_words

from base.files import write_text
from hls import csim
from hls.emit import emit as emit_cpp
from hls.packets import pack
from rtl import cycles, sim, verilator
from rtl.emit import TOP, emit
from spec import early, golden
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import (
    BITS,
    CORES,
    EARLY,
    MULTIPLIERS,
    STRIDES,
    B1Layer,
    Depthwise,
    Encoder,
    Input,
    Pointwise,
    Readout,
    Unit,
    value_range,
)
from spec.units.dwconv import TAPS

SAMPLES = 10
MAX_BIAS = 1 << 20  # keeps the read-out's logits within 32 bits


def random_spec(seed: int) -> NetSpec:
    """Network number `seed`: every width, count, shift, constant and fold is drawn, ends of the ranges more often."""
    rng = np.random.default_rng(seed)
    height, width = (int(size) for size in rng.integers(2, 5, 2))
    channels, in_bits, act_bits, time_bits = int(rng.integers(1, 7)), int(rng.integers(4, 13)), _bits(rng), _bits(rng)
    units: list[Unit] = [Input("input", channels, height, width, in_bits, -4)]
    for index in range(int(rng.choice(4, p=[0.1, 0.3, 0.3, 0.3]))):
        if min(height, width) < 2:
            break
        outs, mid_bits, weight_bits = int(rng.integers(1, 7)), _bits(rng), _bits(rng)
        depthwise = Depthwise(
            f"dw{index}", channels, height, width, in_bits, index == 0, weight_bits, mid_bits,
            _shift(rng, in_bits + weight_bits), 1, _weights(rng, weight_bits, channels, 3, 3),
            stride=int(rng.choice(STRIDES)))
        units.append(depthwise)
        height, width = depthwise.grid
        units.append(Pointwise(
            f"pw{index}", channels, outs, height * width, mid_bits, weight_bits, act_bits,
            _shift(rng, mid_bits + weight_bits), 1, 1, _weights(rng, weight_bits, outs, channels),
            _bias(rng, mid_bits + weight_bits, outs)))
        channels, in_bits = outs, act_bits
    units += _back_end(rng, channels * height * width, in_bits, time_bits, signed=len(units) == 1)
    return deciding(np.random.default_rng([seed, 6]), folded(rng, NetSpec(f"random-{seed}", tuple(units))))


def deciding(rng: np.random.Generator, spec: NetSpec) -> NetSpec:
    """Of the networks that can decide early, two thirds do: at once, at some lead, never, or by the exact rule."""
    rule = str(rng.choice(EARLY))
    if spec.core != "ticks" or rule == "off":
        return spec
    margin = int(rng.choice([0, 1, rng.integers(1 << spec.readout.acc_bits), 1 << 32], p=[0.1, 0.1, 0.7, 0.1]))
    return early.deciding(spec, rule, margin if rule == "margin" else 0)


def folded(rng: np.random.Generator, spec: NetSpec, core: str | None = None) -> NetSpec:
    """The same network with every number of its fold drawn, and the core if none is given."""
    core = core or str(rng.choice(list(CORES)))
    ticks = core == "ticks"
    lanes = [_divisor(rng, depthwise.channels) for depthwise, _ in spec.blocks]
    last = spec.blocks[-1][1].out_channels if spec.blocks else spec.input.values
    features = 1 if ticks else _divisor(rng, last)
    return fold(
        spec, lanes, taps=[int(rng.choice(TAPS)) for _ in spec.blocks],
        pe=[sent * _divisor(rng, pointwise.out_channels // sent)
            for (_, pointwise), sent in zip(spec.blocks, [*lanes, features][1:], strict=True)],
        features=features, core=core, neurons=[_divisor(rng, layer.out_features) for layer in spec.layers],
        classes=0 if ticks else _divisor(rng, spec.readout.classes),
        multipliers=[str(kind) for kind in rng.choice(MULTIPLIERS, 2 * len(spec.blocks))])


def _back_end(rng: np.random.Generator, features: int, in_bits: int, time_bits: int, signed: bool) -> list[Unit]:
    lo, hi = value_range(in_bits, signed)
    v_min = int(rng.choice([lo, hi, rng.integers(lo, hi + 1)], p=[0.4, 0.1, 0.5]))
    units: list[Unit] = [Encoder("encoder", features, in_bits, time_bits, v_min, _shift(rng, in_bits),
                                 in_signed=signed)]
    for index in range(int(rng.integers(0, 4))):
        neurons, bits = int(rng.integers(1, 10)), _bits(rng)
        units.append(B1Layer(f"b1_{index}", features, neurons, bits, time_bits, _shift(rng, bits + 3),
                             _weights(rng, bits, neurons, features), _bias(rng, bits + time_bits + 2, neurons)))
        features = neurons
    classes, bits = int(rng.integers(1, 11)), _bits(rng)
    units.append(Readout("readout", features, classes, bits, time_bits, -10, _weights(rng, bits, classes, features),
                         np.clip(_bias(rng, bits + time_bits, classes), -MAX_BIAS, MAX_BIAS)))
    return units


def _bits(rng: np.random.Generator) -> int:
    return int(rng.choice(BITS))


def _divisor(rng: np.random.Generator, number: int) -> int:
    return int(rng.choice([lanes for lanes in range(1, number + 1) if number % lanes == 0]))


def _shift(rng: np.random.Generator, bits: int) -> int:
    """Mostly one that leaves something of a word of `bits` bits; sometimes none, or all of it and more."""
    return int(rng.choice([rng.integers(bits), 0, rng.integers(bits, 31)], p=[0.8, 0.1, 0.1]))


def _weights(rng: np.random.Generator, bits: int, *shape: int) -> np.ndarray:
    """All of the range, only small ones, only the two ends, one end, none at all."""
    lo, hi = value_range(bits, signed=True)
    kind = rng.choice(["any", "small", "ends", "low", "zero"], p=[0.5, 0.2, 0.1, 0.1, 0.1])
    return {"any": rng.integers(lo, hi + 1, shape), "small": rng.integers(-1, 2, shape),
            "ends": rng.choice([lo, hi], shape), "low": np.full(shape, lo), "zero": np.zeros(shape, np.int64)}[kind]


def _bias(rng: np.random.Generator, bits: int, count: int) -> np.ndarray:
    """Of the size of an accumulator of `bits` bits, none, or far beyond it."""
    reach = rng.choice([1 << bits, 0, 1 << 30], p=[0.7, 0.2, 0.1])
    return rng.integers(-reach, reach + 1, count)


def size(spec: NetSpec) -> int:
    """Multipliers and neurons: what the builds of a network take time for."""
    blocks = sum(depthwise.lanes * depthwise.taps + pointwise.lanes * pointwise.pe
                 for depthwise, pointwise in spec.blocks)
    return blocks + sum(layer.pe for layer in spec.layers) + spec.readout.pe


def check(seed: int, folder: Path, cache: Path, flags: tuple[str, ...]) -> None:
    """Network `seed` through lint, RTL simulation and C simulation in `folder`; AssertionError where golden differs.

    cache: of Verilated designs. flags: of the C++ compiler, see hls.csim.build.
    """
    spec = random_spec(seed)
    words = make_words(spec, SAMPLES, seed)
    trace = golden.run(spec, words)
    outputs, spikes = np.column_stack([trace.logits, trace.predicted]), trace.spike_counts(spec)
    verilator.lint(emit(spec, folder / "rtl"), TOP, {}, folder / "rtl")
    chip = sim.simulate(spec, words, folder / "rtl", cache)
    np.testing.assert_array_equal(chip.outputs, outputs, f"{spec.preset}: outputs of the RTL")
    np.testing.assert_array_equal(chip.spikes, spikes, f"{spec.preset}: spikes of the RTL")
    np.testing.assert_array_equal(chip.latency, cycles.predicted_latency(spec, trace), f"{spec.preset}: latency")
    kernels = folder / "hls"
    emit_cpp(spec, kernels)
    write_text(kernels / "whole.cpp", '#include "top.cpp"\n#include "testbench.cpp"\n')  # one file: compiled sooner
    result = csim.run(csim.build(kernels, ("whole.cpp",), flags), spec, pack(spec, words))
    np.testing.assert_array_equal(result.packets, outputs, f"{spec.preset}: outputs of the C simulation")
    np.testing.assert_array_equal(result.spikes, spikes, f"{spec.preset}: spikes of the C simulation")
