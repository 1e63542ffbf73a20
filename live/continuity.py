"""Whether samples follow one another: by the counter that a source sends with them, else by their time stamps.

Both keep one sample's worth of the past. Samples lost are counted before the sample that comes after them.
"""

from __future__ import annotations

import numpy as np

_HEARD_S = 1.0  # of stamps, after which their usual jitter is known
_MOST_S = 0.1  # a step between stamps so long is a gap even before
_TOLERANCE = 1.5  # times the latest that was usual; half a sample at least
_FORGOTTEN = 0.002  # of that, per sample
RATE_S = 10.0  # over which a rate is measured
RATE_BOUND = 0.02  # relative


class Counter:
    """A counter that goes up by one with every sample, and starts again at `size`."""

    def __init__(self, size: int) -> None:
        self._size, self._last = size, -1

    def lost(self, values: np.ndarray) -> np.ndarray:
        """int64 (n,): how many samples are missing before each."""
        values = values.astype(np.int64)
        before = np.concatenate([[self._last if self._last >= 0 else values[0] - 1], values[:-1]])
        self._last = int(values[-1])
        return (values - before - 1) % self._size


class Stamps:
    """Times of samples by the source's own clock, in seconds.

    A step between two that is longer than one sample, by more than half of one and than is usual with these stamps,
    means lost samples: of a source that stamps evenly one is seen, of one that stamps as packets come some are.
    """

    def __init__(self, rate_hz: float) -> None:
        self._step = 1 / rate_hz
        self._last = np.nan
        self._latest, self._heard = 0.0, 0

    def lost(self, stamps: np.ndarray) -> np.ndarray:
        """int64 (n,): how many samples are missing before each."""
        missing = np.zeros(len(stamps), np.int64)
        for k, stamp in enumerate(stamps.tolist()):
            late = stamp - self._last - self._step
            self._last = stamp
            if np.isnan(late):
                continue
            settled = self._heard * self._step >= _HEARD_S
            bound = max(0.5 * self._step, _TOLERANCE * self._latest) if settled else _MOST_S
            if late > bound:
                missing[k] = max(1, round(late / self._step))
                continue
            self._heard += 1
            self._latest = max(late, (1 - _FORGOTTEN) * self._latest)
        return missing


class Rate:
    """Samples per second of the source's clock, anew every RATE_S; and what is wrong with it."""

    def __init__(self, declared_hz: float) -> None:
        self._declared = declared_hz
        self._start: float | None = None
        self._samples = 0
        self.measured_hz: float | None = None

    def push(self, samples: int, stamp_s: float | None, broken: bool) -> None:
        """stamp_s: of the last of these samples. broken: some are missing before them."""
        if stamp_s is None:
            return
        if broken or self._start is None:
            self._start, self._samples = stamp_s, 0
            return
        self._samples += samples
        if stamp_s - self._start >= RATE_S:
            self.measured_hz = self._samples / (stamp_s - self._start)
            self._start, self._samples = stamp_s, 0

    @property
    def fault(self) -> str:
        hz = self.measured_hz
        if hz is None or abs(hz / self._declared - 1) <= RATE_BOUND:
            return ""
        return f"rate {hz:.4g} Hz, not {self._declared:.4g} Hz"


def said(lost: int, rate_hz: float) -> str:
    """`3 samples lost`, `gap of 2.5 s`."""
    if lost / rate_hz >= 1:
        return f"gap of {lost / rate_hz:.1f} s"
    return f"{lost} sample{'s' * (lost != 1)} lost"
