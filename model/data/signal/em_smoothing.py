"""The random walk's smoother with its two variances fitted by expectation-maximisation.

The model of smoothing.py, in the basis where it falls apart. For a flat prior the walk's precision is D'D / q,
D the difference of neighbours. The orthonormal DCT-II diagonalises D'D, with eigenvalues mu[k] = 2 - 2 cos(pi k/n),
and leaves white noise white. So the coefficients c[k] = DCT(x)[k] are independent,

    c[k] = a[k] + v[k],   a[k] ~ N(0, q / mu[k]),   v[k] ~ N(0, r),        a[0] flat,

the smoother's mean is a Wiener filter, and both steps of EM (Shumway, Stoffer, J. Time Ser. Anal. 3, 253 (1982))
are sums over k instead of passes over time:

    E:  g[k] = (q / mu[k]) / (q / mu[k] + r),  m[k] = g[k] c[k],  p[k] = g[k] r    (g[0] = 1)
    M:  q = sum_{k>0} mu[k] (m[k]^2 + p[k]) / (n - 1),   r = sum_k ((c[k] - m[k])^2 + p[k]) / n

The tests hold this against EM with a Kalman filter and a Rauch-Tung-Striebel smoother, frame by frame.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

_ITERATIONS = 100
_TOLERANCE = 1e-3  # relative change of q/r at which a fit has ended
_FEWEST_FRAMES = 4  # below, two variances cannot be told apart


def fit(frames: np.ndarray, start: float, iterations: int = _ITERATIONS) -> tuple[np.ndarray, np.ndarray]:
    """Variances q and r of each series in (frames, ...), each of the shape (...), from q/r = `start`.

    A series that never moves has q = r = 0.
    """
    n = len(frames)
    power = fft.dct(frames, axis=0, norm="ortho")[1:] ** 2  # the mean, k = 0, tells nothing about q and r
    mu = _eigenvalues(n).reshape(-1, *[1] * (frames.ndim - 1))[1:]
    r = np.mean(power / (start / mu + 1), axis=0)  # the likeliest r for this q/r
    q = start * r
    for _ in range(iterations):
        total = q + mu * r  # mu times the variance of c
        gain = np.divide(q, total, out=np.zeros_like(power), where=total > 0)
        rest = gain * r
        # k = 0 adds nothing to q; to r it adds its variance, r
        q, r, before = (
            np.mean(mu * (gain**2 * power + rest), axis=0),
            (np.sum((1 - gain) ** 2 * power + rest, axis=0) + r) / n,
            (q, r),
        )
        if np.all(np.abs(q * before[1] - before[0] * r) <= _TOLERANCE * before[0] * r):
            break
    return q, r


def em_smooth(frames: np.ndarray, start: float) -> np.ndarray:
    """Fit each series of (frames, ...), then smooth it: same shape. Fewer than 4 frames keep q/r = `start`."""
    if len(frames) < 2:
        return frames
    if len(frames) < _FEWEST_FRAMES:
        q, r = np.full(frames.shape[1:], start), np.ones(frames.shape[1:])
    else:
        q, r = fit(frames, start)
    coefficients = fft.dct(frames, axis=0, norm="ortho")
    mu = _eigenvalues(len(frames)).reshape(-1, *[1] * (frames.ndim - 1))
    total = q + mu * r
    gain = np.divide(q, total, out=np.ones_like(coefficients), where=total > 0)
    gain[0] = 1.0  # the mean is kept, also of a series whose fitted walk does not move
    return fft.idct(gain * coefficients, axis=0, norm="ortho")


def _eigenvalues(n: int) -> np.ndarray:
    """Of D'D, D the (n-1, n) difference of neighbours, in the order of the DCT-II: (n,)."""
    return 2 - 2 * np.cos(np.pi * np.arange(n) / n)
