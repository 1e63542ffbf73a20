"""Samples of a device to Chunks, cut where some are missing."""

from __future__ import annotations

import numpy as np

from live.continuity import Counter, Stamps, said
from live.pipeline import Chunk


def chunks(
    signal: np.ndarray, stamps: np.ndarray, arrived_s: float, rate_hz: float, lost: np.ndarray
) -> list[Chunk]:
    """signal (electrodes, n), stamps (n,), lost (n,): how many samples are missing before each."""
    ends = [*np.flatnonzero(lost).tolist(), len(lost)]
    found, start = [], 0
    for end in ends:
        if end > start:
            broken = said(int(lost[start]), rate_hz) if lost[start] else ""
            found.append(Chunk(signal[:, start:end], arrived_s, float(stamps[end - 1]), broken))
        start = end
    return found


class Cutter:
    """chunks, by the counter where a device has one and else by the stamps."""

    def __init__(self, rate_hz: float, counter: Counter | None = None) -> None:
        self._rate_hz, self._counter, self._stamps = rate_hz, counter, Stamps(rate_hz)

    def push(self, signal: np.ndarray, stamps: np.ndarray, arrived_s: float, counts: np.ndarray | None = None
             ) -> list[Chunk]:
        lost = self._stamps.lost(stamps) if self._counter is None or counts is None else self._counter.lost(counts)
        return chunks(signal, stamps, arrived_s, self._rate_hz, lost)
