"""Recordings to trials: conditioned where they come raw, features per frame, smoothed within the recording."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from base.errors import expected
from model.data.recording import Dataset, Layout, Preparation, Recording, trial_number
from model.data.signal import causal, features, smoothing
from model.data.signal.conditioning import check_amplitude, condition, resample
from model.data.signal.filters import CAUSAL, ZERO_PHASE


@dataclass(frozen=True)
class Trial:
    """What is kept of a recording: its smoothed features, frames (frames, electrodes, F), and its reader's notes.

    border: the frames before it can calibrate a person, and are smoothed apart from those behind; 0 where none are.
    """

    subject: int
    number: int
    label: int
    frames: np.ndarray
    notes: tuple[str, ...] = ()
    border: int = 0


def extract(dataset: Dataset, settings: Preparation) -> list[Trial]:
    """Features of every recording, smoothed within it. One recording's signal is held at a time.

    Raises UserError on a recording that a reader should not have handed over: wrong rows, a value that is not
    finite, an amplitude that is not EEG's, a feature that hears nothing, too short for one sample, an unknown label,
    a number that occurs twice.
    """
    return [trial for subject in dataset.subjects for trial in extract_subject(dataset, settings, subject)]


def extract_subject(dataset: Dataset, settings: Preparation, subject: int) -> Iterator[Trial]:
    """Those trials of extract that are this subject's; the same errors."""
    layout, met = dataset.layout, set[int]()
    rest = dataset.rest_label if settings.apart_s else None  # wrong settings are told before anything is read
    for number, recording in checked(dataset, settings.filter, subject):
        frames, silent = (_features(signal, settings, layout, recording.unit_uv)
                          for signal in (recording.signal, features.silence(layout)))
        features.check_heard(frames, silent[0], settings.features, layout, _where(dataset, recording))
        border = 0 if recording.label in met else _border(dataset, settings, recording, len(frames), rest)
        met.add(recording.label)
        parts = [part for part in np.split(frames, [border]) if len(part)]
        smoothed = np.concatenate([smoothing.smooth(part, settings.smoothing) for part in parts])
        yield Trial(subject, number, recording.label, smoothed, recording.notes, border)


def _border(
    dataset: Dataset, settings: Preparation, recording: Recording, frames: int, rest: int | None
) -> int:
    """Frames at the start of a subject's first recording of its class that can calibrate the subject.

    Of rest those of settings.rest_s. Of another class as many, but half of the recording at most: they are in place of
    rest where it is tried what a classifier has learnt, and then tested on the other half. UserError where too few
    frames of rest are left for one sample.
    """
    layout = dataset.layout
    if rest is None:
        return 0
    wanted, sample = rest_frames(settings.apart_s, layout), layout.frames_per_sample
    if wanted < 2:
        raise expected("REST_SECONDS", f"{settings.rest_s:g}", f"more than {layout.frame_s:g}: two frames or more")
    if recording.label != rest:
        return min(wanted, frames // 2) // sample * sample
    if frames < wanted + sample:
        raise expected(f"{_where(dataset, recording)}: rest", f"{frames * layout.frame_s:g} s",
                       f"at least {(wanted + sample) * layout.frame_s:g} s: REST_SECONDS={settings.rest_s:g} and a "
                       "sample")
    return wanted


def rest_frames(rest_s: float, layout: Layout) -> int:
    """Frames in so many seconds of rest, the last one whole."""
    return math.ceil(rest_s / layout.frame_s - 1e-9)


def _features(
    signal: np.ndarray, settings: Preparation, layout: Layout, unit_uv: float | np.ndarray
) -> np.ndarray:
    if settings.filter == CAUSAL:  # of signals in microvolt alone, see conditioned
        return causal.extract(signal, settings.features, layout)
    return features.extract(signal, settings.features, layout, unit_uv)


def conditioned(recording: Recording, layout: Layout, kind: str = ZERO_PHASE) -> Recording:
    """A recording as features take it: one that comes raw is brought to the layout's rate and filtered.

    UserError where it is to be causal and comes scaled by its own baseline, as a filter then has run already or none.
    """
    if recording.raw_hz is None:
        if kind == CAUSAL:
            raise expected("filter", f"{CAUSAL} for trials that are scaled by their own baseline", ZERO_PHASE)
        return recording
    if kind == CAUSAL:
        signal = causal.Conditioner(layout, recording.raw_hz).push(recording.signal)
    else:
        signal = condition(resample(recording.signal, recording.raw_hz, layout.sampling_hz), layout.sampling_hz)
    return replace(recording, signal=signal, raw_hz=None)


def checked(dataset: Dataset, kind: str, subject: int) -> Iterator[tuple[int, Recording]]:
    """One subject's recordings, conditioned by filters of this kind, each with its trial_number.

    UserError as in extract.
    """
    seen: set[int] = set()
    for recording in dataset.read(subject):
        number = trial_number(recording.subject, recording.session, recording.trial)
        _check_shape(dataset, recording, number in seen)
        recording = conditioned(recording, dataset.layout, kind)
        _check(dataset, recording)
        if recording.subject != subject:
            raise expected(f"{dataset.name}: subject {subject}", f"a trial of subject {recording.subject}", "its own")
        seen.add(number)
        yield number, recording


def _where(dataset: Dataset, recording: Recording) -> str:
    return f"{dataset.name}: subject {recording.subject}, session {recording.session}, trial {recording.trial}"


def _check_shape(dataset: Dataset, recording: Recording, repeated: bool) -> None:
    name, rows = _where(dataset, recording), len(dataset.layout.electrodes)
    if repeated:
        raise expected(name, "it twice", "every trial once")
    if recording.signal.ndim != 2 or len(recording.signal) != rows:
        raise expected(f"{name}: signal", f"shape {recording.signal.shape}", f"({rows}, samples)")


def _check(dataset: Dataset, recording: Recording) -> None:
    name, classes = _where(dataset, recording), len(dataset.class_names)
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
