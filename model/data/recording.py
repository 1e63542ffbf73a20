"""What a reader hands over: the layout of a data set, its recordings one by one, and how they become samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from base.errors import expected
from model.data.folds.standardise import REST_BASELINE, TRAIN_SUBJECTS
from model.data.grid import Grid, electrodes
from model.data.signal.filters import ZERO_PHASE

REST_S = 60.0
PASS_BAND_HZ = (1.0, 45.0)  # what the features look at; below is drift, above is mains and muscle
IndexT = TypeVar("IndexT", int, np.ndarray)
_SESSIONS = 100  # numbers below these, so that trial_number is unique and can be taken apart again
_TRIALS = 1000
LARGEST_SUBJECT = (2**63 - 1) // (_SESSIONS * _TRIALS) - 1  # trial_number is kept as int64


@dataclass(frozen=True)
class Layout:
    """Sampling rate, length of a sample, its frames, and where the electrodes stand.

    A sample of `sample_s` seconds is divided into T = `frames_per_sample` frames. Frame k of a recording starts
    at sample floor(k sample_samples / T) and has floor(sample_samples / T) samples, so T frames span a sample
    exactly, frames never overlap, and where T does not divide a sample some frames are followed by one sample
    that none uses (DREAMER: 192 / 9, frames of 21 that start at 0, 21, 42, 64, ...).
    """

    sampling_hz: int
    sample_s: float
    frames_per_sample: int
    grid: Grid

    @property
    def sample_samples(self) -> int:
        return round(self.sample_s * self.sampling_hz)

    @property
    def frame_samples(self) -> int:
        return self.sample_samples // self.frames_per_sample

    @property
    def frame_s(self) -> float:
        """From one frame's start to the next's, seconds."""
        return self.sample_s / self.frames_per_sample

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, H, W of a sample of one feature."""
        return self.frames_per_sample, len(self.grid), len(self.grid[0])

    @property
    def electrodes(self) -> tuple[str, ...]:
        """The grid's electrodes in reading order: the order of a signal's rows."""
        return electrodes(self.grid)

    def frame_starts(self, samples: int) -> np.ndarray:
        """First sample of each whole frame in a recording of `samples` samples."""
        count = max(0, -(-(samples - self.frame_samples + 1) * self.frames_per_sample // self.sample_samples))
        return self.frame_start(np.arange(count))

    def frame_start(self, frame: IndexT) -> IndexT:
        """First sample of a frame, or of each of several."""
        return frame * self.sample_samples // self.frames_per_sample


@dataclass(frozen=True)
class Recording:
    """One uninterrupted recording of one subject in one class: a trial.

    signal: float64 (electrodes, samples), rows in the order of the layout's electrodes. Either raw, in microvolt, as
    recorded at raw_hz: trials.py brings it to the layout's rate and conditions it. Or, raw_hz None, as features take
    it, at the layout's rate, in deviations of the trial's own baseline (see conditioning.py); unit_uv is what these are
    in microvolt, (electrodes,), or 1. label indexes the dataset's class names. (subject, session, trial) is unique.
    notes: what a reader did to the recording that its user should know, one line each, naming the file; they
    travel to dataset.json.
    """

    subject: int
    session: int
    trial: int
    label: int
    signal: np.ndarray
    notes: tuple[str, ...] = ()
    unit_uv: float | np.ndarray = 1.0
    raw_hz: float | None = None


def trial_number(subject: int, session: int, trial: int) -> int:
    """One number per (subject, session, trial): subject * 100 000 + session * 1000 + trial.

    Raises UserError where a session is not in 0 … 99 or a trial not in 0 … 999, and on a subject too large for int64.
    """
    if not 0 <= subject <= LARGEST_SUBJECT:
        raise expected("subject", subject, f"0 … {LARGEST_SUBJECT}")
    for name, value, end in (("session", session, _SESSIONS), ("trial", trial, _TRIALS)):
        if not 0 <= value < end:
            raise expected(f"subject {subject}: {name}", value, f"0 … {end - 1}")
    return (subject * _SESSIONS + session) * _TRIALS + trial


@dataclass(frozen=True)
class Preparation:
    """How recordings become samples. `train_stride`: frames between the starts of two training windows.

    filter: of signal/filters.py, for recordings that come raw. rest_s: seconds of rest that `rest-baseline` takes.
    """

    features: tuple[str, ...]
    smoothing: str
    standardisation: str
    train_stride: int
    filter: str = ZERO_PHASE
    rest_s: float = REST_S

    @property
    def apart_s(self) -> float:
        """Seconds at the start of recordings that are for calibration and smoothed apart; 0 where there is none."""
        return self.rest_s if self.standardisation == REST_BASELINE else 0.0


def check_stride(stride: int, frames: int | None = None) -> None:
    """UserError where a stride cannot be, or is no divisor of a sample's frames: aligned windows would be missed."""
    if stride < 1:
        raise expected("train_stride", stride, "at least 1 frame")
    if frames is not None and frames % stride:
        raise expected("train_stride", stride, f"a divisor of the {frames} frames of a sample")


def check_frames(layout: Layout, name: str) -> None:
    """UserError, with `name`, where frames are too short for a spectrum."""
    if layout.frame_samples < 2:
        raise expected(name, layout.frames_per_sample, "frames of at least 2 samples")


def check_rest(seconds: float) -> None:
    if not 0 < seconds < float("inf"):
        raise expected("rest_s", seconds, "above 0 s")


@dataclass(frozen=True)
class Dataset:
    """A data set that is read subject by subject.

    read(subject) gives that subject's recordings, in a fixed order; nothing is read before it is called, and
    signals are not kept. settings: how its recordings become samples unless a run says otherwise.

    files(subject): every file whose contents decide what read(subject) gives, in a fixed order; None where that is
    not known, and then nothing of the data set is cached. parameters: what else decides it, as read by load().
    rest: the class whose recordings are a person's rest, for `rest-baseline`; None where there is none.
    cautions: sentences to be read before its accuracies are quoted. resamples: recordings may have another rate than
    the layout.
    """

    name: str
    simulated: bool
    source: str
    class_names: tuple[str, ...]
    layout: Layout
    settings: Preparation
    subjects: tuple[int, ...]
    read: Callable[[int], Iterable[Recording]]
    files: Callable[[int], Iterable[Path]] | None = None
    parameters: str = ""
    cautions: tuple[str, ...] = ()
    resamples: bool = False
    rest: str | None = None

    @property
    def rest_label(self) -> int:
        """Label of the class `rest`. UserError where no class is."""
        if self.rest is None:
            raise expected(f"{self.name}: STANDARDISATION", REST_BASELINE, "a data set of which one class is a "
                           f"person's rest, such as eegmat, or else {TRAIN_SUBJECTS}")
        return self.class_names.index(self.rest)
