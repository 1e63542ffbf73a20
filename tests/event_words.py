"""Windows of spike events as the streams carry them, from ticks of earliness."""

from __future__ import annotations

import numpy as np

from spec.units import index_bits


def event_words(earliness: np.ndarray, window: int, newest_first: bool = False) -> list[int]:
    """(neurons,) ticks of earliness -> event words {tick, spike, index} of one window.

    Inside a tick by ascending index, or descending (as a bucket list gives what was stored in ascending order).
    """
    bits = index_bits(len(earliness))
    words = []
    for tick in range(window):
        spikes = np.flatnonzero(earliness == window - tick)
        if newest_first:
            spikes = spikes[::-1]
        words += [1 << bits | int(index) for index in spikes] or [0]
        words[-1] |= 1 << (bits + 1)
    return words


def earliness_words(earliness: np.ndarray) -> list[int]:
    """(neurons,) ticks of earliness -> event words {x, index}: who fires, and always the last one."""
    bits = index_bits(len(earliness))
    return [int(x) << bits | index for index, x in enumerate(earliness) if x > 0 or index == len(earliness) - 1]
