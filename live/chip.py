"""The last stage: input words to a class, by whatever is there to compute it, which every answer names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spec import golden
from spec.netspec import NetSpec


@dataclass(frozen=True, eq=False)
class Answer:
    """Of one sample: its class, logits (classes,), spikes per spiking unit (units,), who says so, and the cycles that
    it took where that is a chip."""

    label: int
    logits: np.ndarray
    spikes: np.ndarray
    source: str
    cycles: int | None = None


class NoAnswer(RuntimeError):
    """The chip gave none to this sample: one line that says why."""


Classify = Callable[[np.ndarray], Answer]  # words int64 (C, H, W)


def golden_model(spec: NetSpec) -> Classify:
    """The integer reference, where no chip is."""
    def classify(words: np.ndarray) -> Answer:
        trace = golden.run(spec, words[None])
        return Answer(int(trace.predicted[0]), trace.logits[0], trace.spike_counts(spec)[0], "golden model")

    return classify


class _Said(Protocol):
    """Of firstspike_board.Result, what is read here."""

    @property
    def classes(self) -> np.ndarray: ...
    @property
    def logits(self) -> np.ndarray: ...
    @property
    def spikes(self) -> np.ndarray: ...
    @property
    def latency(self) -> np.ndarray | None: ...
    @property
    def source(self) -> str: ...


class Driver(Protocol):
    """firstspike_board's Chip or Link, or what behaves as they do: the board's driver is no part of this room."""

    def classify(self, batch: np.ndarray) -> _Said: ...


def by_driver(chip: Driver, failures: type[Exception]) -> Classify:
    """failures: what `chip` raises where a board fails, which becomes NoAnswer."""
    def classify(words: np.ndarray) -> Answer:
        try:
            said = chip.classify(words[None])
        except failures as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        cycles = None if said.latency is None else int(said.latency[0])
        return Answer(int(said.classes[0]), said.logits[0], said.spikes[0], said.source, cycles)

    return classify
