"""One sitting: a source through the pipeline until it ends or is ended, and the account of it."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from base.errors import UserError
from live.pipeline import CHIP, CLASS, SETTLING, Chunk, Pipeline, Result
from live.sources import Source

SILENT_S = 2.0  # without samples: shown, and again after as long
GIVEN_UP_S = 30.0
_EVENTS = 200  # kept, the last ones


class Account:
    """What a sitting was like, in a fixed room: counts, times, the last events."""

    def __init__(self, pipeline: Pipeline, source: Source, class_names: tuple[str, ...]) -> None:
        self._pipeline, self._source, self._names = pipeline, source, class_names
        self.results: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.electrodes: Counter[str] = Counter()
        self.cycles: list[int] = []  # least and most
        self.events: deque[dict[str, Any]] = deque(maxlen=_EVENTS)
        self._last = ""
        self._start = time.monotonic()

    def add(self, result: Result) -> None:
        self.results[result.state] += 1
        if result.answer is not None:
            self.classes[self._names[result.answer.label]] += 1
            self.answered[result.answer.source] += 1
            if result.answer.cycles is not None:
                known = [*self.cycles, result.answer.cycles]
                self.cycles = [min(known), max(known)]
        if result.fault:
            self.faults[result.fault] += 1
        self.electrodes.update(result.bad)
        event = f"{result.state}: {result.said}" if result.fault else result.state
        if event != self._last and result.state != SETTLING:
            self.events.append({"at_s": round(result.at_s, 3), "event": event})
            self._last = event

    def said(self) -> dict[str, Any]:
        """As live.json has it."""
        return {
            "source": self._source.name, "declared_hz": self._source.rate_hz,
            "measured_hz": self._pipeline.rate.measured_hz, "samples": self._pipeline.samples,
            "wall_s": round(time.monotonic() - self._start, 3), "resampling_delay_s": self._pipeline.delay_s,
            "results": dict(self.results), "classes": dict(self.classes), "answered_by": dict(self.answered),
            "cycles": dict(zip(("least", "most"), self.cycles, strict=False)),
            "faults": dict(self.faults), "electrodes": dict(self.electrodes),
            "times": self._pipeline.meter.percentiles(), "events": list(self.events),
        }


def run(
    source: Source, pipeline: Pipeline, show: Callable[[Result], None], seconds: float | None = None,
    given_up_s: float = GIVEN_UP_S,
) -> None:
    """Every result to `show` as it comes, until the source ends, `seconds` are over or who watches interrupts.

    Raises UserError where a source gives nothing, or the chip answers nothing, for so long that it is given up.
    """
    heard = told = start = answered = time.monotonic()
    while seconds is None or time.monotonic() - start < seconds:
        chunks = source.read()
        now = time.monotonic()
        if chunks is None:
            break
        if chunks:
            chunks[0] = _after_silence(chunks[0], now - heard)
            heard = told = now
        elif now - told >= SILENT_S:
            told = now
            if now - heard >= given_up_s:
                raise UserError(f"{source.name}: got no samples for {now - heard:.0f} s, expected EEG")
            show(pipeline.silent(now - heard))
        for chunk in chunks:
            for result in pipeline.push(chunk):
                show(result)
                if result.fault != CHIP:
                    answered = time.monotonic()
                elif time.monotonic() - answered >= given_up_s:
                    raise UserError(f"chip: got no answer for {given_up_s:.0f} s ({result.said}), expected one")


def _after_silence(chunk: Chunk, silent_s: float) -> Chunk:
    if silent_s < SILENT_S or chunk.broken:
        return chunk
    return replace(chunk, broken=f"gap of {silent_s:.1f} s")


def line(result: Result, class_names: tuple[str, ...]) -> str:
    """A result on one line: `12.0 s  rest  [812, -40]  3+2 spikes  1.2 ms  golden model`."""
    head = f"{result.at_s:8.1f} s  "
    if result.state != CLASS or result.answer is None:
        return f"{head}{result.state}: {result.said}"
    answer = result.answer
    cycles = "" if answer.cycles is None else f", {answer.cycles:,} cycles"
    return (f"{head}{class_names[answer.label]}  logits {answer.logits.tolist()}  spikes {answer.spikes.tolist()}  "
            f"{result.times_ms['latency']:.1f} ms  {answer.source}{cycles}")
