"""Random folds of random networks of four shapes: what the cost model is fitted to, and what it is tested on.

Shapes are those of the presets' data sets; bits, core and fold are drawn by a seed. Weights are drawn, too, as training
leaves them: most of them small, some at the ends of the range. Untrained: what such a network answers is nonsense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import (
    BITS,
    CORES,
    MULTIPLIERS,
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
from spec.units.dwconv import TAPS

WORD_BITS = 8  # of what convolutions take and send
MOST_PRODUCTS = 80  # at once, per convolution: larger ones take minutes to synthesise


@dataclass(frozen=True)
class Shape:
    """A data set's grid and the network of its preset: channels, height, width; outputs per block; neurons; classes."""

    grid: tuple[int, int, int]
    channels: tuple[int, ...]
    hidden: tuple[int, ...]
    classes: int


SHAPES = {"eegmat": Shape((20, 5, 5), (32, 32), (64, 32), 2), "seed": Shape((4, 8, 9), (32, 14), (64, 32), 5),
          "deap": Shape((6, 6, 7), (32, 24), (64, 32), 2), "dreamer": Shape((9, 4, 5), (32, 48), (64, 32), 2)}


def network(shape: Shape, bits: int, time_bits: int, seed: int) -> NetSpec:
    """A network with drawn weights, everything at once but one lane per block."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape.grid
    units: list[Unit] = [Input("input", channels, height, width, WORD_BITS, -4)]
    for index, outs in enumerate(shape.channels):
        kernel, weight = _weights(rng, bits, channels, 3, 3), _weights(rng, bits, outs, channels)
        units.append(Depthwise(f"dw{index}", channels, height, width, WORD_BITS, index == 0, bits, WORD_BITS,
                               _shift(kernel, WORD_BITS), 1, kernel))
        shift = _shift(weight, WORD_BITS)
        units.append(Pointwise(f"pw{index}", channels, outs, height * width, WORD_BITS, bits, WORD_BITS, shift, 1, 1,
                               weight, _bias(rng, shift + WORD_BITS - 3, outs)))
        channels = outs
    features = channels * height * width
    units.append(Encoder("encoder", features, WORD_BITS, time_bits, int(rng.integers(1, 40)),
                         max(0, WORD_BITS - time_bits)))
    for index, outs in enumerate(shape.hidden):
        weight = _weights(rng, bits, outs, features)
        shift = max(0, _shift(weight, time_bits) - 1)
        units.append(B1Layer(f"b1_{index}", features, outs, bits, time_bits, shift, weight,
                             _bias(rng, shift + time_bits - 1, outs)))
        features = outs
    weight = _weights(rng, bits, shape.classes, features)
    units.append(Readout("readout", features, shape.classes, bits, time_bits, -10, weight,
                         _bias(rng, bits + time_bits, shape.classes)))
    return NetSpec("drawn", tuple(units))


def drawn(seed: int) -> tuple[str, NetSpec]:
    """Design number `seed`: the name of its shape, and the folded network."""
    rng = np.random.default_rng([seed, 8])
    name = list(SHAPES)[seed % len(SHAPES)]
    shape, bits = SHAPES[name], int(rng.choice(BITS))
    time_bits = int(np.clip(bits + rng.integers(-1, 2), BITS[0], BITS[-1]))
    core = list(CORES)[seed // len(SHAPES) % len(CORES)]
    return name, fold(network(shape, bits, time_bits, seed), **draw_fold(rng, shape, core))


def draw_fold(rng: np.random.Generator, shape: Shape, core: str) -> dict[str, Any]:
    """Arguments of spec.fold.fold."""
    ticks = core == "ticks"
    inputs = (shape.grid[0], *shape.channels[:-1])
    lanes = [_of(rng, _divisors(count, 4)) for count in inputs]
    features = 1 if ticks else _of(rng, _divisors(shape.channels[-1], 4))
    multipliers = str(rng.choice(MULTIPLIERS))
    pe = []
    for block, (outs, sent) in enumerate(zip(shape.channels, [*lanes[1:], features], strict=True)):
        most = MOST_PRODUCTS // lanes[block] // (2 if multipliers == "lut" else 1)
        pe.append(_of(rng, [count for count in _divisors(outs, min(outs, most)) if count % sent == 0]))
    return {
        "lanes": lanes, "taps": [_of(rng, TAPS) for _ in inputs], "pe": pe, "features": features, "core": core,
        "neurons": [_of(rng, _divisors(count, count)) for count in shape.hidden],
        "classes": 0 if ticks else _of(rng, _divisors(shape.classes, shape.classes)), "multipliers": multipliers}


def _divisors(count: int, most: int) -> list[int]:
    return [at_once for at_once in range(1, most + 1) if count % at_once == 0]


def _of(rng: np.random.Generator, choices: Sequence[int]) -> int:
    return int(rng.choice(choices))


def _weights(rng: np.random.Generator, bits: int, *shape: int) -> np.ndarray:
    lo, hi = value_range(bits, signed=True)
    return np.clip(np.round(rng.normal(0, hi / 3, shape)), lo, hi).astype(np.int64)


def _shift(weight: np.ndarray, out_bits: int) -> int:
    """Brings the sums of an output, a word of 8 bits times each weight, to about `out_bits`."""
    rows = np.sqrt((weight.reshape(len(weight), -1) ** 2).sum(axis=1).max())
    return max(0, signed_bits(int(rows)) + WORD_BITS - 1 - out_bits)


def _bias(rng: np.random.Generator, bits: int, count: int) -> np.ndarray:
    return np.round(rng.normal(0, 2.0**max(0, bits), count)).astype(np.int64)
