"""Layouts: how frames divide a sample, and what assembling refuses from a reader."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from eeg_files import in_memory, noise

from base.errors import UserError
from model.data.recording import Layout, Recording, trial_number
from model.data.sets import deap, dreamer, eegmat
from model.data.sets.paper import paper_settings
from model.data.signal import features
from model.data.signal.conditioning import from_baseline
from model.data.trials import extract


@pytest.mark.parametrize(("layout", "shape", "frame", "starts"), [
    (eegmat.LAYOUT, (4, 5, 5), 192, [0, 192, 384, 576, 768]),
    (deap.LAYOUT, (6, 6, 7), 32, [0, 32, 64, 96, 128, 160, 192]),
    (dreamer.LAYOUT, (9, 4, 5), 21, [0, 21, 42, 64, 85, 106, 128, 149, 170, 192]),
])
def test_frames_divide_a_sample(layout: Layout, shape: tuple[int, ...], frame: int, starts: list[int]) -> None:
    assert layout.shape == shape
    assert layout.frame_samples == frame
    assert layout.frame_starts(10 * layout.sample_samples)[: len(starts)].tolist() == starts
    for length in range(2 * layout.sample_samples):  # every whole frame, and no other
        want = [s for s in (k * layout.sample_samples // shape[0] for k in range(30)) if s + frame <= length]
        assert layout.frame_starts(length).tolist() == want


def test_a_sample_is_made_of_its_own_seconds_only() -> None:
    """A burst in the third sample of a DREAMER recording changes the third sample and no other."""
    layout = dreamer.LAYOUT
    settings_ = replace(paper_settings(layout), smoothing="none")
    quiet = noise(0, 7.5, 128, channels=14)
    burst = quiet.copy()
    burst[:, 2 * 192 : 3 * 192] = 50 * np.sin(np.arange(192))
    frames = [features.extract(signal, settings_.features, layout) for signal in (quiet, burst)]
    assert frames[0].shape == (45, 14, 1)
    changed = (frames[0] != frames[1]).any(axis=(1, 2)).reshape(5, 9)
    assert changed.tolist() == [[False] * 9] * 2 + [[True] * 9] + [[False] * 9] * 2


def test_baseline_is_the_trials_own() -> None:
    rng, names = np.random.default_rng(1), ("Fp1", "Cz")
    baseline = rng.normal([[3.0], [-40.0]], [[2.0], [0.2]], (2, 500))
    scored, deviation = from_baseline(baseline, baseline, names, "trial")
    np.testing.assert_allclose(deviation, baseline.std(axis=1))
    np.testing.assert_allclose(scored.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(scored.std(axis=1), 1)
    for bad, words, electrode in ((baseline[:1], r"shape \(1, 500\)", ""), (baseline[:, :1], r"shape \(2, 1\)", ""),
                       (baseline * [[1], [0]], "flat line", "Cz: "), (baseline * np.nan, "NaN", "Fp1: ")):
        with pytest.raises(UserError, match=f"trial: baseline: {electrode}got .*{words}"):
            from_baseline(baseline, bad, names, "trial")


def test_trial_numbers_are_unique_and_checked() -> None:
    numbers = [trial_number(s, k, t) for s in (0, 1, 15) for k in (0, 1, 99) for t in (0, 1, 999)]
    assert len(set(numbers)) == len(numbers)
    assert trial_number(15, 3, 24) == 1_503_024
    for session, trial in ((100, 0), (0, 1000), (-1, 0)):
        with pytest.raises(UserError, match=r"subject 7: (session|trial): got"):
            trial_number(7, session, trial)


def test_assembling_names_what_a_reader_should_not_give() -> None:
    layout, good = eegmat.LAYOUT, noise(0, 10)
    for recordings, words in (
        ([Recording(1, 0, 2, 0, good), Recording(1, 0, 2, 1, good)], "trial 2: got it twice"),
        ([Recording(1, 0, 2, 0, good[:5])], r"signal: got shape \(5, 1280\), expected \(19, samples\)"),
        ([Recording(1, 0, 2, 0, good[:, :700])], "length: got 5.47 s, expected at least 6 s"),
        ([Recording(1, 0, 2, 2, good)], "label: got 2, expected 0 … 1"),
        ([Recording(1, 0, 2, 0, good * np.inf)], "signal: got NaN or infinite"),
    ):
        with pytest.raises(UserError, match=f"noise: subject 1, session 0, trial 2.*{words}|{words}"):
            extract(in_memory(recordings, layout, eegmat.SETTINGS), eegmat.SETTINGS)


def test_signals_are_not_kept() -> None:
    """While one recording is read, the one before it is gone."""
    import gc
    import weakref

    alive: list[weakref.ref[np.ndarray]] = []

    def read(subject: int) -> object:
        for trial in range(4):
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 1
            signal = noise(trial, 10)
            alive.append(weakref.ref(signal))
            yield Recording(subject, 0, trial, 0, signal)
            del signal

    dataset = replace(in_memory([], eegmat.LAYOUT, eegmat.SETTINGS), subjects=(0, 1), read=read)  # type: ignore[arg-type]
    assert len(extract(dataset, eegmat.SETTINGS)) == 8


def test_too_short_frames_for_a_feature() -> None:
    signal = noise(0, 3)
    with pytest.raises(UserError, match="features: bandpower_delta: got spectral lines 4 Hz apart, none in the band"):
        features.extract(signal, ("bandpower",), replace(eegmat.LAYOUT, sample_s=1.5, frames_per_sample=6))
    with pytest.raises(UserError, match=r"features: pse: got frames of 0\.0156 s"):
        features.extract(signal, ("pse",), replace(eegmat.LAYOUT, sample_s=1.5, frames_per_sample=96))
