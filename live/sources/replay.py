"""SOURCE=file: recordings of the run's own data set, as their files hold them, one after another."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np

from base.errors import expected
from live.pipeline import Chunk
from live.sources import WAIT_S
from model.data.recording import Dataset, Recording

_BLOCK_S = 1 / 32


class Replay:
    """Recordings of these subjects, in their own time or, not paced, as fast as they are read.

    The recording that is replayed is in memory; each begins anew.
    """

    def __init__(self, dataset: Dataset, subjects: Iterable[int], paced: bool = True) -> None:
        self.name = f"recordings of {dataset.name}"
        self._dataset, self._paced = dataset, paced
        self._recordings = (recording for subject in subjects for recording in dataset.read(subject))
        self._next = self._following()
        if self._next is None:
            raise expected(self.name, "none", "one at least")
        self.rate_hz = float(self._next.raw_hz or 0)
        self._at = 0
        self._start_s = time.monotonic()
        self._begins = self._title(self._next)

    def read(self) -> list[Chunk] | None:
        if self._next is None:
            return None
        block = max(1, round(_BLOCK_S * self.rate_hz))
        signal = self._next.signal[:, self._at : self._at + block]
        stamp_s = (self._at + signal.shape[1]) / self.rate_hz
        if self._paced:
            wait = self._start_s + stamp_s - time.monotonic()
            if wait > 0:
                time.sleep(min(wait, WAIT_S))
            if wait > WAIT_S:
                return []
        chunk = Chunk(np.ascontiguousarray(signal), time.monotonic(), stamp_s, begins=self._begins)
        self._at, self._begins = self._at + signal.shape[1], ""
        if self._at >= self._next.signal.shape[1]:
            self._next = self._following()
            self._at, self._start_s = 0, time.monotonic()
            self._begins = self._title(self._next) if self._next is not None else ""
        return [chunk]

    def _following(self) -> Recording | None:
        recording = next(self._recordings, None)
        if recording is not None and recording.raw_hz is None:
            raise expected(self.name, "trials that are scaled by their own baseline", "raw recordings")
        if recording is not None and recording.raw_hz != getattr(self, "rate_hz", recording.raw_hz):
            raise expected(f"{self._title(recording)}: sampling rate", f"{recording.raw_hz:g} Hz",
                           f"{self.rate_hz:g} Hz, as those before it")
        return recording

    def _title(self, recording: Recording) -> str:
        label = self._dataset.class_names[recording.label]
        return f"subject {recording.subject}, session {recording.session}, trial {recording.trial}: {label}"

    def __enter__(self) -> Replay:
        self._start_s = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._next = None
