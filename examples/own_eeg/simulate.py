"""Writes the recordings of this example: SIMULATED EEG, whole microvolts, so that the files stay small.

Six people, two recordings of 24 s each: at rest the alpha rhythm over the back of the head is strong, at work it is
weaker and theta over the vertex grows. `python examples/own_eeg/simulate.py` gives the same files again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ELECTRODES = ("Fp1", "Fp2", "Cz", "O1", "O2")
SUBJECTS = 6
SAMPLING_HZ, LENGTH_S = 128, 24


def rhythm(rng: np.random.Generator, hz: float) -> np.ndarray:
    """(samples,): noise of r.m.s. 1 within 1 Hz of `hz`."""
    lines = np.fft.rfftfreq(SAMPLING_HZ * LENGTH_S, 1 / SAMPLING_HZ)
    wave = np.fft.irfft(np.fft.rfft(rng.normal(size=SAMPLING_HZ * LENGTH_S)) * np.exp(-((lines - hz) ** 2)))
    return wave / wave.std()


def record(subject: int, work: bool) -> np.ndarray:
    """int16 (electrodes, samples), microvolt."""
    rng = np.random.default_rng([subject, work])
    signal = 6.0 * rng.normal(size=(len(ELECTRODES), SAMPLING_HZ * LENGTH_S)).cumsum(axis=1)
    signal -= np.linspace(0, 1, signal.shape[1]) * signal[:, -1:]  # a random walk that ends where it began
    signal *= 10.0 / signal.std(axis=1, keepdims=True)
    signal += 3.0 * rng.normal(size=signal.shape)
    own = 1.0 + 0.15 * rng.normal()
    signal[3:] += own * (4.0 if work else 9.0) * rhythm(rng, 10.0)
    signal[2] += own * (6.0 if work else 3.0) * rhythm(rng, 6.0)
    return np.round(signal).astype(np.int16)


if __name__ == "__main__":
    for number in range(1, SUBJECTS + 1):
        for name, work in (("rest", False), ("work", True)):
            np.savez_compressed(Path(__file__).parent / f"person{number}-{name}.npz", signal=record(number, work),
                                sampling_hz=np.array(SAMPLING_HZ))
