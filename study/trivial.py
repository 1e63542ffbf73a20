"""What a file says about its recording beside the EEG: numbers that no brain decides, and that may tell classes apart.

Each function takes a Recording as its reader gives it, raw where it comes raw, and the layout, and returns (rows, k):
one row for the recording, or one for each of its windows that do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import signal as dsp

from model.data.recording import Layout, Recording, trial_number
from model.data.signal.null_space import microvolt, null_directions, spectrum
from model.data.signal.still import left_out

ABOVE_HZ = 45.0  # the features' pass band ends here: what is above is gain, filter and muscle
GRID = 0.02  # of a step: values whose distances are whole multiples of it, to this part, were quantised by it
LEAST = 1e-9  # of the median eigenvalue: below it is rounding


@dataclass(frozen=True)
class Trivial:
    """A kind of such numbers: what they are, and by which way they could reach a network.

    names: they are no measure but say which of several; each is a column of its own to the regression.
    """

    of: Callable[[Recording, Layout], np.ndarray]
    meaning: str
    way: str
    names: bool = False


def rate(recording: Recording, layout: Layout) -> float:
    return recording.raw_hz or layout.sampling_hz


def windows(recording: Recording, layout: Layout) -> Iterator[np.ndarray]:
    """(electrodes, samples) each, of a sample's length, one after another."""
    signal, length = microvolt(recording), round(layout.sample_s * rate(recording, layout))
    for start in range(0, signal.shape[1] - length + 1, length):
        yield signal[:, start:start + length]


def rank(recording: Recording, layout: Layout) -> np.ndarray:  # noqa: ARG001 - one signature
    """Per recording: how many null directions it has, and its smallest eigenvalues."""
    signal = microvolt(recording)
    return np.array([[null_directions(signal).shape[1], *_smallest(signal)]])


def eigenvalues(recording: Recording, layout: Layout) -> np.ndarray:
    """Per window: its smallest eigenvalues."""
    return np.array([_smallest(window) for window in windows(recording, layout)])


def _smallest(signal: np.ndarray) -> np.ndarray:
    """log10 of the two smallest eigenvalues of the covariance over the median one.

    The median, as a strong rhythm moves the largest; two, as an average reference makes the smallest zero everywhere.
    """
    return np.log10(np.maximum(spectrum(signal)[0][:2], LEAST))


def padding(recording: Recording, layout: Layout) -> np.ndarray:  # noqa: ARG001 - one signature
    """Per recording: seconds that were left out at its start and its end, as nothing moved there."""
    return np.array([left_out(recording.notes)])


def length(recording: Recording, layout: Layout) -> np.ndarray:
    """Per recording: seconds, as a logarithm."""
    return np.array([[np.log(recording.signal.shape[1] / rate(recording, layout))]])


def step(recording: Recording, layout: Layout) -> np.ndarray:  # noqa: ARG001 - one signature
    """Per recording: the step by which values were quantised, log10 of microvolt, median over electrodes.

    And the share of the electrodes that have one; without any the first number is 0.
    """
    found = [size for size in map(_step, microvolt(recording)) if size]
    return np.array([[np.log10(np.median(found)) if found else 0.0, len(found) / len(recording.signal)]])


def _step(row: np.ndarray) -> float:
    """Smallest distance of two values, if all distances are multiples of it; else 0."""
    gaps = np.diff(np.unique(row))
    gaps = gaps[gaps > 1e-9 * np.abs(row).max()]
    if not len(gaps):
        return 0.0
    size = float(gaps.min())
    return size if np.abs(gaps / size - np.round(gaps / size)).max() < GRID else 0.0


def amplitude(recording: Recording, layout: Layout) -> np.ndarray:
    """Per window: log power above 45 Hz, mean over electrodes. Empty where the rate has nothing there."""
    hz = rate(recording, layout)
    if hz < 2.2 * ABOVE_HZ:
        return np.empty((0, 1))
    found = []
    for window in windows(recording, layout):
        lines, density = dsp.welch(window, fs=hz, nperseg=min(round(hz), window.shape[1]), axis=-1)
        found.append([np.log(np.maximum(density[:, lines > ABOVE_HZ].mean(axis=-1), 1e-12)).mean()])
    return np.array(found)


def first_second(recording: Recording, layout: Layout) -> np.ndarray:
    """Per recording: log of the first second's power over the median second's, mean over electrodes."""
    second = round(rate(recording, layout))
    signal = microvolt(recording)
    count = signal.shape[1] // second
    if count < 3:
        return np.empty((0, 1))
    power = signal[:, :count * second].reshape(len(signal), count, second).var(axis=-1)
    return np.array([[np.log(power[:, 0] / np.median(power[:, 1:], axis=-1)).mean()]])


def offset(recording: Recording, layout: Layout) -> np.ndarray:
    """Per window: mean of each electrode, in microvolt."""
    return np.array([window.mean(axis=-1) for window in windows(recording, layout)])


def order(recording: Recording, layout: Layout) -> np.ndarray:  # noqa: ARG001 - one signature
    """Per recording: its number among the person's."""
    return np.array([[trial_number(0, recording.session, recording.trial)]])


def time(recording: Recording, layout: Layout) -> np.ndarray:
    """Per window: where it begins, in seconds from the recording's start."""
    return np.array([[number * layout.sample_s] for number, _ in enumerate(windows(recording, layout))])


TRIVIALS = {
    "rank": Trivial(rank, "null directions of the electrodes' space in a recording, as after ICA",
                    "every feature: electrodes are mixed otherwise"),
    "eigenvalues": Trivial(eigenvalues, "the same, window by window: smallest eigenvalues over the median one",
                           "every feature: electrodes are mixed otherwise"),
    "padding": Trivial(padding, "seconds at the ends in which nothing moves; they are left out",
                       "none, as they are left out; all windows at an end, where they are not"),
    "length": Trivial(length, "length of the recording",
                      "none of one window's own: a sample is as long in every class; smoothing along the recording, a "
                      "little"),
    "step": Trivial(step, "step by which values were quantised", "low powers, and silent electrodes"),
    "amplitude": Trivial(amplitude, "power above 45 Hz: gain, filter, muscle", "band power; entropy, but for gain"),
    "first second": Trivial(first_second, "power of the first second against the others", "the first window"),
    "offset": Trivial(offset, "mean of each electrode", "none behind a band-pass"),
    "order": Trivial(order, "which of the person's recordings it is: the same film, at the same place, for everybody",
                     "whatever else the film does to EEG; drifts of the session", names=True),
    "time": Trivial(time, "time within the recording", "drifts of impedance or state, where lengths differ"),
}
