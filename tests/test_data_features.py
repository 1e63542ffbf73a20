"""Grid, features, smoothing: each against an independent account of what it should be."""

from __future__ import annotations

import mne
import numpy as np
import pytest

from base.errors import UserError
from model.data.grid import TEN_TWENTY, place
from model.data.sets.eegmat import LAYOUT
from model.data.signal.conditioning import condition
from model.data.signal.features import (
    BANDS_HZ,
    band_power,
    differential_entropy,
    extract,
    feature_names,
    spectral_entropy,
)
from model.data.signal.smoothing import DRIFT_TO_NOISE, smooth

RATE = 128
ELECTRODES = LAYOUT.electrodes


def tone(hz: float, amplitude_uv: float, seconds: float = 30) -> np.ndarray:
    """(1, samples)"""
    return amplitude_uv * np.sin(2 * np.pi * hz * np.arange(seconds * RATE) / RATE)[None]


def test_grid_follows_the_montage() -> None:
    """Front to back in rows of 2, 5, 5, 5, 2; left to right in a row; rows of 2 stand beside the midline."""
    position = mne.channels.make_standard_montage("colin27_1020").get_positions()["ch_pos"]
    by_depth = sorted(ELECTRODES, key=lambda name: -position[name][1])
    derived, start = [], 0
    for count in (2, 5, 5, 5, 2):
        row = sorted(by_depth[start : start + count], key=lambda name: position[name][0])
        derived.append(tuple(row) if count == 5 else (None, row[0], None, row[1], None))
        start += count
    assert tuple(derived) == TEN_TWENTY


def test_place_fills_cells_and_leaves_the_rest_exactly_zero() -> None:
    values = np.arange(1, 20, dtype=np.float32) * np.array([[1], [-1]], dtype=np.float32)
    placed = place(values, TEN_TWENTY)
    assert placed.shape == (2, 5, 5)
    assert placed.dtype == np.float32
    for row in range(5):
        for column in range(5):
            name = TEN_TWENTY[row][column]
            want = 0.0 if name is None else ELECTRODES.index(name) + 1
            assert placed[0, row, column] == want
            assert placed[1, row, column] == -want


def test_condition_takes_out_what_electrodes_share_and_what_lies_outside_the_band() -> None:
    shared = condition(np.repeat(tone(10, 50), 19, axis=0), RATE)
    assert np.abs(shared).max() < 1e-9
    mixed = tone(10, 10) + tone(0.1, 100) + tone(60, 100)
    cleaned = condition(np.concatenate([mixed, -mixed]), RATE)[0, RATE * 5 : -RATE * 5]
    assert np.abs(cleaned - tone(10, 10)[0, RATE * 5 : -RATE * 5]).max() < 0.5


@pytest.mark.parametrize(("band", "hz"), [("delta", 2.5), ("theta", 6), ("alpha", 10), ("beta", 20), ("gamma", 38)])
def test_a_tone_shows_in_its_band_with_its_power(band: str, hz: float) -> None:
    """A sine of amplitude a has power a^2/2 and, as a Gaussian of that variance, its differential entropy."""
    index = list(BANDS_HZ).index(band)
    power = band_power(tone(hz, 8), LAYOUT)[:, 0]
    assert power.shape == (20, 5)
    np.testing.assert_allclose(power[:, index], np.log(32), atol=0.15)
    entropy = differential_entropy(tone(hz, 8), LAYOUT)[2:-2, 0]  # whole frames away from the filter's ends
    np.testing.assert_allclose(entropy[:, index], 0.5 * np.log(2 * np.pi * np.e * 32), atol=0.15)
    for feature in (power[2:-2], entropy):
        assert (feature.argmax(axis=1) == index).all()


def test_spectral_entropy_orders_tone_and_noise() -> None:
    noise = np.random.default_rng(0).normal(size=(1, RATE * 30))
    low, high = spectral_entropy(tone(10, 5), LAYOUT).mean(), spectral_entropy(noise, LAYOUT).mean()
    assert low < 0.35 < 0.85 < high < 1
    scaled = spectral_entropy(7 * noise, LAYOUT)
    np.testing.assert_allclose(scaled, spectral_entropy(noise, LAYOUT))  # entropy of the shape, not of the size


def test_silence_is_finite() -> None:
    assert np.isfinite(extract(np.zeros((19, RATE * 9)), ("pse", "bandpower", "de"), LAYOUT)).all()


def test_selection_is_stacked_in_its_order_and_checked() -> None:
    signal = np.random.default_rng(1).normal(0, 10, (19, RATE * 10))
    stacked = extract(signal, ("de", "pse"), LAYOUT)
    assert stacked.shape == (6, 19, 6)  # 10 s are 6 whole frames
    assert np.array_equal(stacked[..., :5], differential_entropy(signal, LAYOUT))
    assert np.array_equal(stacked[..., 5:], spectral_entropy(signal, LAYOUT))
    assert feature_names(("de", "pse")) == [*(f"de_{band}" for band in BANDS_HZ), "pse"]
    for wrong in ((), ("psd",), ("pse", "pse")):
        with pytest.raises(UserError, match=r"features: got .*expected distinct names out of pse, bandpower, de"):
            feature_names(wrong)


def batch_smoother(x: np.ndarray, q: float) -> np.ndarray:
    """The posterior mean of a random walk under noise (r = 1), by one dense least-squares solve."""
    n = len(x)
    differences = np.diff(np.eye(n), axis=0)
    precision = np.eye(n) + differences.T @ differences / q
    return np.linalg.solve(precision, x.reshape(n, -1)).reshape(x.shape)


def test_smoother_is_the_posterior_mean() -> None:
    x = np.random.default_rng(2).normal(size=(40, 3, 2)).cumsum(axis=0)
    np.testing.assert_allclose(smooth(x, "smoother"), batch_smoother(x, DRIFT_TO_NOISE), atol=1e-10)


def test_filter_is_the_smoother_of_the_past_and_sees_no_future() -> None:
    x = np.random.default_rng(3).normal(size=(30, 4))
    filtered = smooth(x, "causal")
    for t in (0, 1, 7, 29):
        np.testing.assert_allclose(filtered[t], batch_smoother(x[: t + 1], DRIFT_TO_NOISE)[t], atol=1e-10)
    changed = x.copy()
    changed[15:] += 100
    assert np.array_equal(smooth(changed, "causal")[:15], filtered[:15])
    assert not np.allclose(smooth(changed, "smoother")[:15], smooth(x, "smoother")[:15])


def test_other_smoothings() -> None:
    x = np.random.default_rng(4).normal(size=(5, 2))
    assert np.array_equal(smooth(x, "none"), x)
    with pytest.raises(UserError, match="smoothing: got kalman, expected one of smoother, causal, em-smoother, none"):
        smooth(x, "kalman")
