"""A person's recordings cut to the shortest of them, so that neither their length nor a late time says which it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model.data.recording import Dataset, Recording

SHORTENED = "cut to the person's shortest recording"


def shortened(dataset: Dataset) -> Dataset:
    """The same recordings, of each person as many seconds, from the start. A person is read twice."""
    def read(subject: int) -> Iterator[Recording]:
        least = min(_seconds(recording, dataset) for recording in dataset.read(subject))
        for recording in dataset.read(subject):
            samples = round(least * (recording.raw_hz or dataset.layout.sampling_hz))
            yield replace(recording, signal=recording.signal[:, :samples])

    return replace(dataset, read=read, parameters=f"{dataset.parameters} {SHORTENED}")


def _seconds(recording: Recording, dataset: Dataset) -> float:
    return recording.signal.shape[1] / (recording.raw_hz or dataset.layout.sampling_hz)
