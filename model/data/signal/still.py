"""Stretches in which no electrode moves: what a recorder wrote before or after the EEG, or while it lost data."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from base.errors import expected

_RUN_S = 0.02  # so long do all electrodes together not stand still by chance
_BRIDGED_S = 0.25  # between two runs at an end: a step from one value to the next, and its ringing in a resampled file
_DROPOUT_S = 0.25  # inside: a frame of the shortest kind would hold nothing


def trim(signal: np.ndarray, rate_hz: float, where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Cut off what stands still at both ends of (electrodes, samples), in all electrodes at once; and say so.

    An end may hold several values, one after the other: EEGMAT's files hold the last value for 1.07 s, then zero for
    0.9 s. Raises UserError on such a stretch inside of 0.25 s or more. A signal that stands still from end to end is
    left as it is.
    """
    runs = _runs(signal, max(2, round(_RUN_S * rate_hz)))
    total, bridged = signal.shape[1], round(_BRIDGED_S * rate_hz)
    start, stop = 0, total
    for first, last in runs:  # each may begin where the one before has ended
        if first > start + (bridged if start else 0):
            break
        start = last
    for first, last in runs[::-1]:
        if last < stop - (bridged if stop < total else 0):
            break
        stop = first
    if start >= stop:
        if len(runs) > 1:
            raise expected(where, f"{len(runs)} stretches in which no electrode moves, and little else", "EEG")
        return signal, ()
    for first, last in runs:
        if start < first and last < stop and last - first >= _DROPOUT_S * rate_hz:
            raise expected(f"{where}: {first / rate_hz:.2f} to {last / rate_hz:.2f} s of it",
                           "no electrode that moves", "EEG (take other seconds if the recorder lost data there)")
    cut = ((start / rate_hz, "the start"), ((total - stop) / rate_hz, "the end"))
    said = [f"{seconds:.2f} s at {end}" for seconds, end in cut if seconds]
    notes = (f"{where}: left out {' and '.join(said)}, where no electrode moves",) if said else ()
    return signal[:, start:stop], notes


def left_out(notes: Sequence[str]) -> tuple[float, float]:
    """Seconds at start and end, in a recording's notes as `trim` makes them; 0 where it has cut nothing."""
    found = [re.findall(r"([\d.]+) s at the (start|end)", note) for note in notes if ": left out " in note]
    start, end = (sum(float(seconds) for cuts in found for seconds, where in cuts if where == name)
                  for name in ("start", "end"))
    return start, end


def _runs(signal: np.ndarray, shortest: int) -> list[tuple[int, int]]:
    """First sample and the one after the last of each run of at least `shortest` samples that equal each other."""
    still = np.all(signal[:, 1:] == signal[:, :-1], axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(np.int8)))
    runs = [(int(first), int(last) + 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    return [(first, last) for first, last in runs if last - first >= shortest]
