"""How long stages take: the last of their times, in a room that does not grow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

STAGES = ("filter", "features", "smoothing", "grid", "chip")
LATENCY = "latency"  # from the last sample's arrival to its class
_KEPT = 1024  # results


class Meter:
    """Seconds of each stage for the result that is being made, and of the last _KEPT that were."""

    def __init__(self) -> None:
        self._names = (*STAGES, LATENCY)
        self._kept = np.zeros((_KEPT, len(self._names)))
        self._now = np.zeros(len(self._names))
        self._count = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time inside to this stage of the result that is being made."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._now[self._names.index(name)] += time.perf_counter() - start

    def drop(self) -> None:
        """What was measured belongs to no result."""
        self._now[:] = 0

    def keep(self, latency_s: float) -> dict[str, float]:
        """End a result: its milliseconds."""
        self._now[-1] = latency_s
        self._kept[self._count % _KEPT] = self._now
        self._count += 1
        own = dict(zip(self._names, (1e3 * self._now).tolist(), strict=True))
        self.drop()
        return own

    def percentiles(self) -> dict[str, dict[str, float]]:
        """Stage -> p50_ms, p99_ms, max_ms of the last results; empty before the first."""
        kept = 1e3 * self._kept[: min(self._count, _KEPT)]
        if not len(kept):
            return {}
        values = np.column_stack([*np.percentile(kept, (50, 99), axis=0), kept.max(axis=0)])
        keys = ("p50_ms", "p99_ms", "max_ms")
        return {name: dict(zip(keys, row, strict=True)) for name, row in zip(self._names, values.tolist(), strict=True)}
