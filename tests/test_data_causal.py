"""FILTER=causal: a signal in any blocks gives what the whole gives, bit for bit, and is what the equations say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eeg_files import in_memory, noise, write_eegmat
from scipy import signal as dsp

from base.errors import UserError
from base.files import read_json, read_npz
from model.data.folds.standardise import TRAIN_SUBJECTS
from model.data.grid import TEN_TWENTY
from model.data.options import Changes, Choice
from model.data.prepare import prepare
from model.data.recording import Layout, Preparation, Recording
from model.data.signal.causal import Conditioner, FeatureStream, Framer, Resampler, extract
from model.data.signal.features import band_power, spectral_entropy
from model.data.signal.filters import CAUSAL
from model.data.signal.smoothing import KalmanFilter, smooth
from model.data.trials import conditioned

LAYOUT = Layout(128, 1.5, 9, TEN_TWENTY)  # frames of 21 in 192: one sample after some frames belongs to none
ALL = ("pse", "de")
RATES = ((128, 128), (500, 128), (250, 128), (100, 128), (256.016, 128))


def blocks(samples: int, seed: int) -> list[slice]:
    """A partition: blocks of one sample, of none, small and large ones."""
    rng = np.random.default_rng(seed)
    sizes = np.where(rng.random(samples) < 0.3, rng.integers(0, 3, samples), rng.integers(0, 200, samples))
    ends = np.minimum(np.cumsum(sizes), samples)
    ends = [0, *ends[: int(np.argmax(ends == samples)) + 1].tolist()]
    return [slice(start, stop) for start, stop in pairwise(ends)]


def in_blocks(push: Callable[[np.ndarray], np.ndarray], signal: np.ndarray, seed: int) -> np.ndarray:
    return np.concatenate([push(signal[:, part]) for part in blocks(signal.shape[1], seed)], axis=1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rates", RATES, ids=str)
def test_any_blocks_give_the_same_bits(rates: tuple[float, int], seed: int) -> None:
    raw = noise(seed, 9, round(rates[0])) + 4e4  # an offset, as electrodes have
    whole = Conditioner(LAYOUT, rates[0]).push(raw)
    conditioner, stream = Conditioner(LAYOUT, rates[0]), FeatureStream(ALL, LAYOUT)
    parts = [conditioner.push(raw[:, part]) for part in blocks(raw.shape[1], seed)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    frames = np.stack([frame for part in parts for frame in stream.push(part)])
    assert np.array_equal(frames, extract(whole, ALL, LAYOUT))
    assert len(frames) == len(LAYOUT.frame_starts(whole.shape[1])) > 40


@pytest.mark.parametrize("rates", RATES[1:], ids=str)
def test_resampled_tones_are_the_tones_later(rates: tuple[float, int]) -> None:
    ours, samples = Resampler(2, *rates), round(12 * rates[0])
    tones = np.sin(2 * np.pi * np.outer([3.0, 17.0], np.arange(samples) / rates[0]))
    got = ours.push(tones)
    assert ours.needed(got.shape[1]) <= samples < ours.needed(got.shape[1] + 1)
    assert ours._up / ours._down == pytest.approx(rates[1] / rates[0], rel=1e-8)
    time = np.arange(got.shape[1]) / rates[1] - ours.delay_s
    want = np.sin(2 * np.pi * np.outer([3.0, 17.0], time))
    inner = slice(rates[1], -rates[1])
    assert np.abs(got[:, inner] - want[:, inner]).max() < 0.01


def test_resampling_is_scipys_filter_later() -> None:
    """500 to 128 Hz: half the FIR is ten samples, by which resample_poly, which sees them coming, is ahead."""
    raw = noise(1, 12, 500, channels=2)
    assert np.array_equal(Resampler(2, 500, 128).push(raw)[:, 10:], dsp.resample_poly(raw, 32, 125, axis=1)[:, :-10])


def test_the_resamplers_past_is_bounded() -> None:
    ours, block = Resampler(3, 500, 128), noise(1, 0.1, 500, channels=3)
    lengths = []
    for _ in range(200):
        ours.push(block)
        lengths.append(ours._past.shape[1])
    assert max(lengths[50:]) == max(lengths[:50]) < 300
    assert ours.delay_s == pytest.approx(10 * 125 / (32 * 500))


def test_conditioning_sees_no_future_and_no_offset() -> None:
    raw = noise(2, 6)
    changed = raw.copy()
    changed[:, 400:] = 0
    one, other = (Conditioner(LAYOUT, 128).push(signal) for signal in (raw, changed))
    assert np.array_equal(one[:, :400], other[:, :400])
    moved = Conditioner(LAYOUT, 128).push(raw + np.arange(19)[:, None] * 1e4)
    np.testing.assert_allclose(moved, one, atol=1e-6)
    assert np.abs(Conditioner(LAYOUT, 128).push(raw + 1e5 * np.ones((19, 1)))).max() < 100  # no step at the start
    assert np.abs(one.sum(axis=0)).max() < 1e-9


def test_the_bands_are_those_of_the_names() -> None:
    """One tone per band through conditioning: its own entropy is the largest by far."""
    tones = np.zeros((19, 128 * 20))
    for row, hz in enumerate((2.5, 6, 10, 20, 37)):
        tones[row] = 10 * np.sin(2 * np.pi * hz * np.arange(tones.shape[1]) / 128)
    layout = Layout(128, 6.0, 4, TEN_TWENTY)
    frames = extract(Conditioner(layout, 128).push(tones), ("de", "bandpower", "pse"), layout)
    assert frames.shape[1:] == (19, 11)
    for kind in (slice(0, 5), slice(5, 10)):
        assert frames[-1, :5, kind].argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_spectral_features_are_those_of_batch() -> None:
    """But for the filter: of one conditioned signal, frame by frame or all at once."""
    signal = Conditioner(LAYOUT, 128).push(noise(5, 9))
    for name, feature in (("pse", spectral_entropy), ("bandpower", band_power)):
        layout = LAYOUT if name == "pse" else Layout(128, 6.0, 4, TEN_TWENTY)
        np.testing.assert_allclose(extract(signal, (name,), layout), feature(signal, layout), rtol=1e-12, atol=1e-12)


def test_the_band_pass_is_scipys_with_its_own_start() -> None:
    """sosfilt with sosfilt_zi times the first sample, of the common average."""
    raw = noise(7, 4) + 300
    average = raw - raw.mean(axis=0)
    sos = dsp.butter(4, (1.0, 45.0), btype="bandpass", fs=128, output="sos")
    state = dsp.sosfilt_zi(sos)[:, None, :] * average[None, :, :1]
    want, _ = dsp.sosfilt(sos, average, axis=-1, zi=state)
    np.testing.assert_allclose(Conditioner(LAYOUT, 128).push(raw), want, atol=1e-9)


def test_frames_stand_where_the_layout_says() -> None:
    signal = np.arange(2 * 1000.0).reshape(2, 1000)
    frames = [frame.copy() for frame in Framer(LAYOUT, 2).push(signal)]
    starts = LAYOUT.frame_starts(1000)
    assert len(frames) == len(starts)
    assert all(np.array_equal(frame, signal[:, k : k + 21]) for frame, k in zip(frames, starts, strict=True))


def test_the_kalman_filter_frame_by_frame() -> None:
    frames, state = noise(3, 1, 40, channels=4).T, KalmanFilter()
    assert np.array_equal(np.stack([state.push(frame) for frame in frames]), smooth(frames, "causal"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_eegmat(tmp_path_factory.mktemp("data"), range(6), seconds=(15, 13))


def test_a_run_with_a_causal_filter(folder: Path, tmp_path: Path) -> None:
    def made(name: str, **changes: Any) -> tuple[dict[str, np.ndarray], Any]:
        out = tmp_path / name
        prepare("eegmat", folder, out, Choice(test="5"), Changes(**changes), tmp_path / "cache")
        return read_npz(out / "samples.npz"), read_json(out / "dataset.json")

    usual, said = made("usual")
    assert (said["filter"], said["resamples"]) == ("zero-phase", True)
    causal, said = made("causal", filter=CAUSAL, smoothing="causal")
    assert (said["filter"], said["smoothing"]) == (CAUSAL, "causal")
    assert usual["x"].shape == causal["x"].shape
    assert not np.array_equal(usual["x"], causal["x"])
    for arrays in (usual, causal):
        assert arrays["mean"].shape == arrays["deviation"].shape == arrays["x"].shape[1:]
        assert (arrays["deviation"] > 0).all()
    again, _ = made("again", filter=CAUSAL, smoothing="causal")  # from the cache
    assert np.array_equal(causal["x"], again["x"])


def test_what_cannot_be_causal_is_refused(tmp_path: Path) -> None:
    scaled = in_memory([Recording(s, 0, k, k, noise(2 * s + k, 9)) for s in range(4) for k in range(2)],
                       Layout(128, 6.0, 4, TEN_TWENTY), Preparation(("pse",), "none", TRAIN_SUBJECTS, 1, CAUSAL))
    with pytest.raises(UserError, match="filter: got causal for trials that are scaled by their own baseline, "
                                        "expected zero-phase"):
        conditioned(next(iter(scaled.read(0))), scaled.layout, CAUSAL)
    assert conditioned(replace(next(iter(scaled.read(0))), raw_hz=128), scaled.layout, CAUSAL).raw_hz is None
    with pytest.raises(UserError, match="filter: got late, expected one of zero-phase, causal"):
        prepare("eegmat", tmp_path, tmp_path / "out", changes=Changes(filter="late"))
