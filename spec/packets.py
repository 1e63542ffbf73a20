"""Samples and results as the 32-bit beats of the chip's AXI4-Stream ports. No torch here."""

from __future__ import annotations

import numpy as np

from base.errors import expected
from spec.netspec import NetSpec
from spec.units import value_range


def pack(spec: NetSpec, words: np.ndarray) -> np.ndarray:
    """Input words (N, C, H, W) -> (N, beats) uint32: channels last, the first word in the lowest slot.

    Raises UserError where the shape is not the spec's or a word does not fit its slot.
    """
    unit = spec.input
    if words.ndim != 4 or words.shape[1:] != (unit.channels, unit.height, unit.width):
        raise expected("input words", f"shape {words.shape}", f"(N, {unit.channels}, {unit.height}, {unit.width})")
    lo, hi = value_range(unit.bits, signed=True)
    if len(words) and (words.min() < lo or words.max() > hi):
        raise expected("input words", f"{words.min()} … {words.max()}", f"{lo} … {hi} ({unit.bits} bits)")
    slots = np.zeros((len(words), unit.beats * unit.values_per_beat), np.int64)
    slots[:, : unit.values] = words.transpose(0, 2, 3, 1).reshape(len(words), -1)
    return slots.astype("<i1" if unit.slot_bits == 8 else "<i2").view("<u4")


def unpack(beats: np.ndarray) -> np.ndarray:
    """Output beats, uint32 of any shape -> the same shape in int64: logits and class are two's complement."""
    return np.ascontiguousarray(beats, "<u4").view("<i4").astype(np.int64)
