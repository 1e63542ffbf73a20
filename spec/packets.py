"""Samples and results as the 32-bit beats of the chip's AXI4-Stream ports, and transfers of them. No torch here.

A transfer is any number of whole samples: TLAST in comes with its last beat, TLAST out with its last result. One that
ends inside a sample is filled up with zero beats; the result of that sample is marked invalid: its class is
0xFFFFFFFF, its logits are those of the filled sample. So every transfer in gives one TLAST out.

Beats with TLAST are uint64 here and in files: TDATA in bits 31 … 0, TLAST in bit 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from base.errors import UserError, expected
from spec import golden
from spec.netspec import NetSpec
from spec.units import value_range

LAST = np.uint64(1 << 32)  # TLAST of a beat
INVALID = -1  # the class of a sample that its transfer did not hold whole: 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class Answer:
    """What must come out for some transfers, N results in all.

    outputs (N, classes + 1): logits and class, INVALID where the sample was not whole. last (N,): the result carries
    TLAST. spikes (N, spiking units). errors: transfers that ended inside a sample.
    """

    outputs: np.ndarray
    last: np.ndarray
    spikes: np.ndarray
    errors: int


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


def words(spec: NetSpec, beats: np.ndarray) -> np.ndarray:
    """(N, beats) uint32 -> input words (N, C, H, W), as the chip reads them: bits and slots of padding mean nothing."""
    unit = spec.input
    slots = np.ascontiguousarray(beats, "<u4").view("<u1" if unit.slot_bits == 8 else "<u2").astype(np.int64)
    sign = 1 << (unit.bits - 1)
    values = (slots[:, : unit.values] & (2 * sign - 1) ^ sign) - sign
    return values.reshape(-1, unit.height, unit.width, unit.channels).transpose(0, 3, 1, 2)


def transfers(beats: np.ndarray, sizes: Sequence[int] = ()) -> np.ndarray:
    """Samples (N, beats) uint32 -> flat uint64, in transfers of `sizes` samples each; none given: all in one.

    Raises UserError where the sizes are not N samples in all.
    """
    sizes = list(sizes) or [len(beats)]
    ends = np.cumsum(sizes)
    if min(sizes) < 1 or ends[-1] != len(beats):
        raise UserError(f"transfers: got {sizes} samples, expected {len(beats)} in all, 1 or more each")
    flat = np.asarray(beats, np.uint64)
    flat[ends - 1, -1] |= LAST
    return flat.ravel()


def answer(spec: NetSpec, stream: np.ndarray) -> Answer:
    """What must come for flat uint64 beats, of whatever transfers; one without an end gives its whole samples."""
    size, rows, last, whole = spec.input.beats, list[np.ndarray](), list[bool](), list[bool]()
    for transfer in np.split(stream, np.flatnonzero(stream & LAST) + 1):
        ended = len(transfer) > 0 and bool(transfer[-1] & LAST)
        count = -(-len(transfer) // size) if ended else len(transfer) // size
        filled = np.zeros((count, size), np.uint32)
        filled.ravel()[: len(transfer)] = (transfer & ~LAST)[: count * size]
        rows.append(filled)
        last += [ended and sample == count - 1 for sample in range(count)]
        whole += [(sample + 1) * size <= len(transfer) for sample in range(count)]
    trace = golden.run(spec, words(spec, np.concatenate(rows)))
    classes = np.where(whole, trace.predicted, INVALID)
    return Answer(np.column_stack([trace.logits, classes]), np.array(last, bool), trace.spike_counts(spec),
                  whole.count(False))
