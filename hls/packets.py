"""Samples as packets of 32-bit beats, as the top's AXI4-Stream ports carry them.

A beat of a stimulus or output file is one uint64: TDATA in bits 31 … 0, TLAST in bit 32.
"""

from __future__ import annotations

import numpy as np

from flow.errors import expected
from quant.spec import NetSpec

LAST = np.uint64(1 << 32)


def pack(spec: NetSpec, words: np.ndarray) -> np.ndarray:
    """Input words (N, C, H, W) -> (N, beats) uint64: channels last, slot 0 lowest, TLAST on the last beat."""
    unit = spec.input
    if words.shape[1:] != (unit.channels, unit.height, unit.width):
        raise expected("input words", f"shape {words.shape}",
                       f"(samples, {unit.channels}, {unit.height}, {unit.width})")
    values = np.asarray(words, np.int64).transpose(0, 2, 3, 1).reshape(len(words), -1)
    slots = np.zeros((len(words), unit.beats * unit.values_per_beat), np.int64)
    slots[:, :unit.values] = values & ((1 << unit.slot_bits) - 1)
    shifts = (np.arange(unit.values_per_beat) * unit.slot_bits).astype(np.uint64)
    fields = slots.astype(np.uint64).reshape(len(words), unit.beats, unit.values_per_beat)
    beats = np.bitwise_or.reduce(fields << shifts, axis=2)
    beats[:, -1] |= LAST
    return beats


def unpack(spec: NetSpec, beats: np.ndarray) -> np.ndarray:
    """Output beats, flat uint64 -> (N, classes + 1) int64: the signed logits, then the class.

    Raises RuntimeError where the number of beats or a TLAST is not that of whole packets.
    """
    per_packet = spec.readout.beats
    if len(beats) % per_packet:
        raise RuntimeError(f"output: {len(beats)} beats are no multiple of the packet's {per_packet}")
    packets = beats.reshape(-1, per_packet)
    last = (packets & LAST) != 0
    if last[:, :-1].any() or not last[:, -1].all():
        raise RuntimeError(f"output: TLAST is not on beat {per_packet - 1} of each packet, and only there")
    return packets.astype(np.uint32).astype(np.int32).astype(np.int64)
