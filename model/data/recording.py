"""One EEG recording on its way to features, and the constants every dataset shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAMPLING_HZ = 128
FRAME_S = 1.5
FRAME_SAMPLES = round(FRAME_S * SAMPLING_HZ)  # 192
FRAMES_PER_SAMPLE = 4  # T of the network's input: 4 frames of 1.5 s are 6 s
PASS_BAND_HZ = (1.0, 45.0)  # what the features look at; below is drift, above is mains and muscle


@dataclass(frozen=True)
class Recording:
    """One uninterrupted recording of one subject in one class.

    signal: float64 (electrodes, samples) in microvolt at SAMPLING_HZ, conditioned (see conditioning.py),
    rows in the order of grid.ELECTRODES. label indexes the dataset's class names.
    """

    subject: int
    label: int
    signal: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """What a reader hands over: recordings, and what the report must say about where they came from."""

    name: str
    simulated: bool
    source: str
    class_names: tuple[str, ...]
    recordings: tuple[Recording, ...]
