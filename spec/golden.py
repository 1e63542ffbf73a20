"""The integer reference in NumPy: what every other implementation must equal, bit for bit. No torch here.

Shapes are batched: N samples. Every function takes and returns int64 and saturates where its unit does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spec import early
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Pointwise, Readout, value_range


@dataclass(frozen=True, eq=False)
class Trace:
    """Every value on every stream for N samples, in stream order (channels last).

    values: unit name -> (N, values); for the encoder and B1 layers these are ticks of earliness. Where the read-out
    decides early, spikes of the layer before it that come later are not among them, and not counted either.
    logits: (N, classes); predicted: (N,), the classes.
    """

    values: dict[str, np.ndarray]
    logits: np.ndarray
    predicted: np.ndarray

    def spike_counts(self, spec: NetSpec) -> np.ndarray:
        """Spikes per sample and spiking unit: (N, units). Earliness 0 is silence."""
        return np.stack([(self.values[unit.name] > 0).sum(axis=1) for unit in spec.spiking], axis=1)


def dwconv(unit: Depthwise, x: np.ndarray) -> np.ndarray:
    """(N, H, W, C) -> (N, H / stride, W / stride, C), rounded up, signed: clamp(sum over 3x3 of w * x >> shift)."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    acc = np.zeros_like(x[:, ::unit.stride, ::unit.stride])
    for row in range(3):
        for column in range(3):
            window = padded[:, row:row + unit.height:unit.stride, column:column + unit.width:unit.stride]
            acc += window * unit.weight[:, row, column]
    return np.clip(acc >> unit.shift, *value_range(unit.out_bits, signed=True))


def pwconv(unit: Pointwise, x: np.ndarray) -> np.ndarray:
    """(N, H, W, C_in) -> (N, H, W, C_out) unsigned: clamp((W x + b) >> shift, 0, max)."""
    acc = x @ unit.weight.T + unit.bias
    return np.clip(acc >> unit.shift, *value_range(unit.out_bits, signed=False))


def encoder(unit: Encoder, features: np.ndarray) -> np.ndarray:
    """(N, features) or (N, H, W, C) -> (N, features) ticks of earliness: clamp((F - v_min) >> shift, 0, window)."""
    return np.clip((features.reshape(len(features), -1) - unit.v_min) >> unit.shift, 0, unit.window)


def b1_layer(unit: B1Layer, x: np.ndarray) -> np.ndarray:
    """(N, in_features) -> (N, out_features) ticks of earliness: clamp((W x + b) >> shift, 0, window)."""
    return np.clip((x @ unit.weight.T + unit.bias) >> unit.shift, 0, unit.window)


def readout(unit: Readout, x: np.ndarray) -> np.ndarray:
    """(N, in_features) -> (N, classes) logits: W x + b, at the window's end or when they are decided: see early.py."""
    return early.logits(unit, x, _left(unit, x))


def _left(unit: Readout, x: np.ndarray) -> np.ndarray:
    """(N, 1) ticks left when each sample is decided."""
    return unit.window - early.ticks(unit, x)[:, None]


UNITS: dict[str, Callable[[Any, np.ndarray], np.ndarray]] = {
    "dwconv": dwconv, "pwconv": pwconv, "encoder": encoder, "b1_layer": b1_layer, "readout": readout,
}


def run(spec: NetSpec, words: np.ndarray) -> Trace:
    """Run N samples of input words (N, C, H, W), as `spec.input.quantise` gives them, through the whole network."""
    x = np.asarray(words, np.int64).transpose(0, 2, 3, 1)  # (N, H, W, C): channels last
    values = {spec.input.name: x.reshape(len(x), -1)}
    for unit in spec.units[1:-1]:
        x = UNITS[unit.kind](unit, x)
        values[unit.name] = x.reshape(len(x), -1)
    left = _left(spec.readout, x)
    values[spec.spiking[-1].name] = np.where(x > left, x, 0)
    logits = early.logits(spec.readout, x, left)
    return Trace(values, logits, logits.argmax(axis=1))
