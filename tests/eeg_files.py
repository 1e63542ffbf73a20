"""Small EDF files in EEGMAT's layout, written by edfio, which shares no code with the reader under test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from edfio import Edf, EdfSignal

from model.data.recording import Dataset, Layout, Preparation, Recording
from model.data.sets import eegmat
from model.data.trials import conditioned

LAYOUT = eegmat.LAYOUT
LABELS = tuple(f"EEG {name}" for name in LAYOUT.electrodes)


def noise(seed: int, seconds: float, rate: int = 128, channels: int = len(LABELS)) -> np.ndarray:
    """White noise (channels, samples), r.m.s. 10 uV."""
    return np.random.default_rng(seed).normal(0, 10, (channels, round(seconds * rate)))


def write_edf(path: Path, signal_uv: np.ndarray, rate: int = 128, labels: Sequence[str] = LABELS) -> Path:
    """Write (channels, samples) in microvolt, one signal per label, 0.02 uV per step as EEGMAT has it."""
    signals = [
        EdfSignal(row, rate, label=label, physical_dimension="uV", physical_range=(-655.36, 655.34))
        for label, row in zip(labels, signal_uv, strict=True)
    ]
    Edf(signals).write(path)
    return path


def write_eegmat(folder: Path, subjects: Sequence[int], seconds: tuple[float, float] = (15, 9)) -> Path:
    """SubjectNN_1.edf and SubjectNN_2.edf of noise for each subject; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for subject in subjects:
        for k in (1, 2):
            write_edf(folder / f"Subject{subject:02d}_{k}.edf", noise(10 * subject + k, seconds[k - 1]))
    return folder


def in_memory(recordings: Sequence[Recording], layout: Layout, settings: Preparation) -> Dataset:
    """A data set of two classes, of these recordings."""
    subjects = tuple(dict.fromkeys(recording.subject for recording in recordings))

    def read(subject: int) -> list[Recording]:
        return [recording for recording in recordings if recording.subject == subject]

    return Dataset("noise", True, "noise", ("a", "b"), layout, settings, subjects, read)


def read_all(dataset: Dataset) -> list[Recording]:
    """All recordings, subject by subject, conditioned."""
    return [conditioned(recording, dataset.layout)
            for subject in dataset.subjects for recording in dataset.read(subject)]


def read_signal(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """One file of EEGMAT, conditioned, and the notes on it."""
    signal, raw_hz, notes = eegmat.read_signal(path)
    return conditioned(Recording(0, 0, 0, 0, signal, raw_hz=raw_hz), eegmat.LAYOUT).signal, notes
