"""Seeded NetSpecs and input words that reach minimum, maximum, ties, silence and saturation."""

from __future__ import annotations

import numpy as np

from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Input, Pointwise, Readout


def make_spec(
    bits: int = 8, channels: int = 4, height: int = 3, width: int = 4, blocks: tuple[int, ...] = (8, 8),
    hidden: tuple[int, ...] = (16, 8), classes: int = 2, lanes: int = 1, v_min: int = 3, seed: int = 0,
    act_bits: int = 8, strides: tuple[int, ...] = (),
) -> NetSpec:
    """A random network with active units at every stage; `bits` is the width of weights and time."""
    rng = np.random.default_rng(seed)
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1

    def weights(*shape: int, mean: float = 0.2) -> np.ndarray:
        weight = np.clip(np.round(rng.normal(mean, 0.4, shape) * hi), lo, hi).astype(np.int64)
        weight.flat[0], weight.flat[-1] = lo, hi
        return weight

    units: list = [Input("input", channels, height, width, act_bits, -4)]
    for index, out_channels in enumerate(blocks):
        last = index == len(blocks) - 1
        units.append(Depthwise(f"dw{index}", channels, height, width, act_bits, index == 0, bits, act_bits,
                               bits - 1, lanes, weights(channels, 3, 3), stride=strides[index] if strides else 1))
        height, width = units[-1].grid
        units.append(Pointwise(f"pw{index}", channels, out_channels, height * width, act_bits, bits, act_bits, bits - 2,
                               lanes, 1 if last else lanes, weights(out_channels, channels),
                               rng.integers(-200, 200, out_channels)))
        channels = out_channels
    features = channels * height * width
    units.append(Encoder("encoder", features, act_bits, bits, v_min, max(0, act_bits - bits)))
    window = (1 << bits) - 1
    for index, out_features in enumerate(hidden):
        weight = weights(out_features, features, mean=0.0)
        shift = max(0, int(np.log2(np.abs(weight).sum(axis=1).max())) - 2)
        bias = rng.integers(-window, window, out_features) << max(0, shift - 2)
        units.append(B1Layer(f"b1_{index}", features, out_features, bits, bits, shift, weight, bias))
        features = out_features
    # Equal biases: a silent last layer is a tie, which the lowest class must win.
    units.append(Readout("readout", features, classes, bits, bits, -10, weights(classes, features, mean=0.0),
                         np.full(classes, window)))
    return NetSpec("synthetic", tuple(units))


def make_words(spec: NetSpec, samples: int, seed: int = 0) -> np.ndarray:
    """Input words (samples, C, H, W): random ones, then all minimum, all maximum, all zero, alternating."""
    rng = np.random.default_rng(seed)
    shape = (spec.input.channels, spec.input.height, spec.input.width)
    lo, hi = -(1 << (spec.input.bits - 1)), (1 << (spec.input.bits - 1)) - 1
    scale = rng.choice([2, 20, hi], size=(samples, 1, 1, 1))
    words = np.clip(np.round(rng.normal(0, 1, (samples, *shape)) * scale), lo, hi).astype(np.int64)
    corner = [np.full(shape, lo), np.full(shape, hi), np.zeros(shape), np.where(np.indices(shape).sum(0) % 2, lo, hi)]
    for index, word in enumerate(corner[:samples]):
        words[samples - 1 - index] = word
    return words
