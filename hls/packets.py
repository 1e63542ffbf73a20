"""What the C simulation's files hold: a uint64 per beat, see spec.packets."""

from __future__ import annotations

import numpy as np

from base.errors import ToolError
from spec import packets
from spec.netspec import NetSpec
from spec.packets import LAST


def pack(spec: NetSpec, words: np.ndarray) -> np.ndarray:
    """Input words (N, C, H, W) -> flat uint64 beats, N transfers of one sample."""
    return packets.transfers(packets.pack(spec, words), [1] * len(words))


def unpack(spec: NetSpec, beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output beats, flat uint64 -> (N, classes + 1) int64, logits and class, and (N,) bool, which carry TLAST.

    Raises ToolError where the number of beats is not that of whole results, or a TLAST is inside one.
    """
    per_packet = spec.readout.beats
    if len(beats) % per_packet:
        raise ToolError(f"output: {len(beats)} beats are no multiple of a result's {per_packet}")
    rows = beats.reshape(-1, per_packet)
    last = (rows & LAST) != 0
    if last[:, :-1].any():
        raise ToolError(f"output: TLAST is on a beat before a result's last, {per_packet - 1}")
    return packets.unpack((rows & ~LAST).astype(np.uint32)), last[:, -1]


def pack_answer(answer: packets.Answer) -> np.ndarray:
    """What must come out, as flat uint64 beats."""
    beats = (answer.outputs & 0xFFFFFFFF).astype(np.uint64)
    beats[answer.last, -1] |= LAST
    return beats.ravel()
