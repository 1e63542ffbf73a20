"""Smoothing of features along the frames of one recording with a linear dynamical system.

Each feature of each electrode is a random walk seen through noise (Shi, Lu, Proc. EMBC 2010, for EEG):

    z[t] = z[t-1] + w,  var w = q        x[t] = z[t] + v,  var v = r

from a flat prior for z[0]. `causal` is the Kalman filter (sees frames up to t), `smoother` adds the
Rauch-Tung-Striebel pass back (sees the whole recording), `none` leaves x. The gains depend on q/r alone, which
is fixed for these: no parameter is fitted, so nothing passes between recordings, and one gain serves every
electrode and feature at once.

`em-smoother` is the smoother with q and r fitted to each series by expectation-maximisation (em_smoothing.py),
within the recording and without its label. It needs the recording's end and so has no causal form: live use
takes `causal`.
"""

from __future__ import annotations

import numpy as np

from base.errors import expected

EM_SMOOTHER = "em-smoother"
SMOOTHINGS = ("smoother", "causal", EM_SMOOTHER, "none")
DRIFT_TO_NOISE = 0.1  # q/r: in the steady state the filter's memory is about 1/sqrt(q/r) = 3 frames


def check_smoothing(kind: str) -> None:
    if kind not in SMOOTHINGS:
        raise expected("smoothing", kind, "one of " + ", ".join(SMOOTHINGS))


def smooth(frames: np.ndarray, kind: str) -> np.ndarray:
    """Smooth one recording, (frames, ...) -> same shape, along its first axis. UserError on another kind."""
    check_smoothing(kind)
    if kind == "none":
        return frames
    if kind == EM_SMOOTHER:
        from model.data.signal.em_smoothing import em_smooth  # here: naming a smoothing should not import scipy

        return em_smooth(frames, DRIFT_TO_NOISE)
    filtered, variance = _kalman_filter(frames)
    return filtered if kind == "causal" else _rts_smoother(filtered, variance, DRIFT_TO_NOISE)


class KalmanFilter:
    """`causal`, frame by frame: its filtered mean, in the shape of a frame, and its variance in units of r."""

    def __init__(self, q: float = DRIFT_TO_NOISE) -> None:
        self._q = q
        self._mean: np.ndarray | None = None
        self.variance = np.inf  # a flat prior

    def push(self, frame: np.ndarray) -> np.ndarray:
        """The mean after one more frame, (...) -> (...)."""
        if self._mean is None:
            self._mean, self.variance = frame.copy(), 1.0
            return self._mean
        predicted = self.variance + self._q
        gain = predicted / (predicted + 1.0)
        self._mean = self._mean + gain * (frame - self._mean)
        self.variance = gain  # (1 - gain) * predicted, which equals gain for r = 1
        return self._mean


def _kalman_filter(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Filtered means (frames, ...) and their variance (frames,) in units of r; starts from a flat prior."""
    means, variance, state = np.empty_like(frames), np.empty(len(frames)), KalmanFilter()
    for t, frame in enumerate(frames):
        means[t], variance[t] = state.push(frame), state.variance
    return means, variance


def _rts_smoother(means: np.ndarray, variance: np.ndarray, q: float) -> np.ndarray:
    """Rauch-Tung-Striebel pass over the filter's output: smoothed means (frames, ...)."""
    smoothed = means.copy()
    for t in range(len(means) - 2, -1, -1):
        gain = variance[t] / (variance[t] + q)
        smoothed[t] = means[t] + gain * (smoothed[t + 1] - means[t])
    return smoothed
