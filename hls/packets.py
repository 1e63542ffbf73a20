"""Packets as the C simulation's files hold them: a uint64 per beat, TDATA in bits 31 … 0, TLAST in bit 32."""

from __future__ import annotations

import numpy as np

from base.errors import ToolError
from spec import packets
from spec.netspec import NetSpec

LAST = np.uint64(1 << 32)


def pack(spec: NetSpec, words: np.ndarray) -> np.ndarray:
    """Input words (N, C, H, W) -> (N, beats) uint64, TLAST on the last beat of each packet."""
    beats = packets.pack(spec, words).astype(np.uint64)
    beats[:, -1] |= LAST
    return beats


def unpack(spec: NetSpec, beats: np.ndarray) -> np.ndarray:
    """Output beats, flat uint64 -> (N, classes + 1) int64: the signed logits, then the class.

    Raises ToolError where the number of beats or a TLAST is not that of whole packets.
    """
    per_packet = spec.readout.beats
    if len(beats) % per_packet:
        raise ToolError(f"output: {len(beats)} beats are no multiple of the packet's {per_packet}")
    rows = beats.reshape(-1, per_packet)
    last = (rows & LAST) != 0
    if last[:, :-1].any() or not last[:, -1].all():
        raise ToolError(f"output: TLAST is not on beat {per_packet - 1} of each packet, and only there")
    return packets.unpack((rows & ~LAST).astype(np.uint32))
