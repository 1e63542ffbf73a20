"""Recordings to trials: features per frame, smoothed within the recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from base.errors import expected
from model.data.recording import Dataset, Preparation, Recording, trial_number
from model.data.signal import features, smoothing
from model.data.signal.conditioning import check_amplitude


@dataclass(frozen=True)
class Trial:
    """What is kept of a recording: its smoothed features, frames (frames, electrodes, F), and its reader's notes."""

    subject: int
    number: int
    label: int
    frames: np.ndarray
    notes: tuple[str, ...] = ()


def extract(dataset: Dataset, settings: Preparation) -> list[Trial]:
    """Features of every recording, smoothed within it. One recording's signal is held at a time.

    Raises UserError on a recording that a reader should not have handed over: wrong rows, a value that is not
    finite, an amplitude that is not EEG's, a feature that hears nothing, too short for one sample, an unknown label,
    a number that occurs twice.
    """
    return [trial for subject in dataset.subjects for trial in extract_subject(dataset, settings, subject)]


def extract_subject(dataset: Dataset, settings: Preparation, subject: int) -> Iterator[Trial]:
    """Those trials of extract that are this subject's; the same errors."""
    for number, recording in checked(dataset, subject):
        given = settings.features, dataset.layout, recording.unit_uv
        frames = features.extract(recording.signal, *given)
        features.check_heard(frames, *given, _where(dataset, recording))
        smoothed = np.ascontiguousarray(smoothing.smooth(frames, settings.smoothing))
        yield Trial(subject, number, recording.label, smoothed, recording.notes)


def checked(dataset: Dataset, subject: int) -> Iterator[tuple[int, Recording]]:
    """One subject's recordings as they are read, each with its trial_number. UserError as in extract."""
    seen: set[int] = set()
    for recording in dataset.read(subject):
        number = trial_number(recording.subject, recording.session, recording.trial)
        _check(dataset, recording, number in seen)
        if recording.subject != subject:
            raise expected(f"{dataset.name}: subject {subject}", f"a trial of subject {recording.subject}", "its own")
        seen.add(number)
        yield number, recording


def _where(dataset: Dataset, recording: Recording) -> str:
    return f"{dataset.name}: subject {recording.subject}, session {recording.session}, trial {recording.trial}"


def _check(dataset: Dataset, recording: Recording, repeated: bool) -> None:
    name = _where(dataset, recording)
    rows, classes = len(dataset.layout.electrodes), len(dataset.class_names)
    if repeated:
        raise expected(name, "it twice", "every trial once")
    if recording.signal.ndim != 2 or len(recording.signal) != rows:
        raise expected(f"{name}: signal", f"shape {recording.signal.shape}", f"({rows}, samples)")
    if recording.signal.shape[1] < dataset.layout.sample_samples:
        raise expected(f"{name}: length", f"{recording.signal.shape[1] / dataset.layout.sampling_hz:.3g} s",
                       f"at least {dataset.layout.sample_s:g} s")
    if not np.isfinite(recording.signal).all():
        raise expected(f"{name}: signal", "NaN or infinite values", "a finite signal")
    if not 0 <= recording.label < classes:
        raise expected(f"{name}: label", recording.label, f"0 … {classes - 1}")
    # Readers check what a file holds; this is what conditioning has left of it.
    in_uv = recording.signal * np.reshape(recording.unit_uv, (-1, 1))
    check_amplitude(in_uv, dataset.layout.electrodes, f"{name}: conditioned signal")
