"""The smoother fitted by expectation-maximisation, against EM done the long way: a filter and a smoother over time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from model.data.signal.em_smoothing import fit
from model.data.signal.smoothing import DRIFT_TO_NOISE, smooth


def _moments(x: np.ndarray, q: float, r: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kalman filter and Rauch-Tung-Striebel smoother of one series (n,), flat prior.

    Mean (n,), variance (n,), and covariance of z[t-1] and z[t] (n-1,), all given the whole series.
    """
    n = len(x)
    mean, variance, predicted = np.empty(n), np.empty(n), np.empty(n)
    mean[0], variance[0] = x[0], r
    for t in range(1, n):
        predicted[t] = variance[t - 1] + q
        gain = predicted[t] / (predicted[t] + r)
        mean[t] = mean[t - 1] + gain * (x[t] - mean[t - 1])
        variance[t] = (1 - gain) * predicted[t]
    covariance = np.empty(n - 1)
    for t in range(n - 2, -1, -1):
        gain = variance[t] / predicted[t + 1]
        mean[t] += gain * (mean[t + 1] - mean[t])
        covariance[t] = gain * variance[t + 1]
        variance[t] += gain**2 * (variance[t + 1] - predicted[t + 1])
    return mean, variance, covariance


def _em(x: np.ndarray, q: float, r: float, iterations: int) -> tuple[float, float]:
    for _ in range(iterations):
        mean, variance, covariance = _moments(x, q, r)
        q = float(np.mean(np.diff(mean) ** 2 + variance[1:] + variance[:-1] - 2 * covariance))
        r = float(np.mean((x - mean) ** 2 + variance))
    return q, r


def _walk(seed: int, frames: int, drift: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, np.sqrt(drift), (frames, 3, 2)).cumsum(axis=0) + rng.normal(size=(frames, 3, 2))


@pytest.mark.parametrize("iterations", [0, 1, 2, 10])
def test_each_round_is_that_of_em_over_time(iterations: int) -> None:
    x = _walk(0, 50, 0.2)
    start_q, start_r = fit(x, DRIFT_TO_NOISE, 0)
    q, r = fit(x, DRIFT_TO_NOISE, iterations)
    for series in np.ndindex(3, 2):
        want = _em(x[:, *series], start_q[series], start_r[series], iterations)
        np.testing.assert_allclose((q[series], r[series]), want, rtol=1e-8)


def test_smoothed_is_the_mean_over_time_at_the_fitted_ratio() -> None:
    x = _walk(1, 60, 0.05)
    q, r = fit(x, DRIFT_TO_NOISE)
    smoothed = smooth(x, "em-smoother")
    for series in np.ndindex(3, 2):
        np.testing.assert_allclose(smoothed[:, *series], _moments(x[:, *series], q[series], r[series])[0], atol=1e-9)


@pytest.mark.parametrize("drift", [0.02, 0.1, 1.0])
def test_the_ratio_is_found(drift: float) -> None:
    q, r = fit(_walk(2, 4000, drift), DRIFT_TO_NOISE)
    np.testing.assert_allclose(q / r, drift, rtol=0.5)
    np.testing.assert_allclose(r, 1, rtol=0.1)


def test_likelihood_never_falls() -> None:
    x = _walk(3, 80, 0.3)[:, 0, 0]

    def likelihood(q: float, r: float) -> float:
        """Of the differences, a moving average of order 1, by their dense covariance."""
        n = len(x) - 1
        covariance = (q + 2 * r) * np.eye(n) - r * (np.eye(n, k=1) + np.eye(n, k=-1))
        differences = np.diff(x)
        return -0.5 * (np.linalg.slogdet(covariance)[1] + differences @ np.linalg.solve(covariance, differences))

    steps = [likelihood(*map(float, fit(x, DRIFT_TO_NOISE, k))) for k in range(12)]
    assert all(b >= a - 1e-9 for a, b in pairwise(steps))
    assert steps[-1] > steps[0]


def test_series_are_fitted_apart_and_edge_cases_stay_finite() -> None:
    x = _walk(4, 40, 0.1)
    other = x.copy()
    other[:, 0, 0] *= 100
    np.testing.assert_allclose(smooth(x, "em-smoother")[:, 1:], smooth(other, "em-smoother")[:, 1:])
    np.testing.assert_allclose(100 * smooth(x, "em-smoother")[:, 0, 0], smooth(other, "em-smoother")[:, 0, 0])
    for short in (x[:1], x[:2], x[:3], np.full((9, 2), 4.0), np.zeros((9, 2))):
        smoothed = smooth(short, "em-smoother")
        assert smoothed.shape == short.shape
        assert np.isfinite(smoothed).all()
    np.testing.assert_allclose(smooth(np.full((9, 2), 4.0), "em-smoother"), 4.0)
    np.testing.assert_allclose(smooth(x[:3], "em-smoother"), smooth(x[:3], "smoother"), atol=1e-12)
