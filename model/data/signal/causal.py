"""Conditioning and features of a signal as it comes, block by block: FILTER=causal, in batch and live.

    raw (µV, raw_hz) - first value -> polyphase FIR -> common average -> band-pass -> frames -> features

Each class keeps what it needs of the past in a fixed room, and gives for a signal in any blocks what it gives for the
whole, bit for bit: every value is computed by the same operations in the same order, wherever a block ends. So batch
is one call with all of a recording, and features are taken frame by frame there too, since NumPy's sums depend on the
shape of what is summed.

Every filter starts at rest with the first sample as zero, which is a step response's end state had the first value
always been there. What it costs against zero-phase filters: the band-pass turns phases, by 0.1 s and more at its lower
edge, and a resampled signal is late by half its FIR, 0.08 s from 500 to 128 Hz. Powers, which features are, stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import signal as dsp

from model.data.recording import Layout
from model.data.signal import features
from model.data.signal.conditioning import pass_band, rate_ratio

_HALF_LENGTH = 10  # of the FIR, in samples of the slower rate: scipy's resample_poly, whose Kaiser window it has too
_KAISER = 5.0


class Resampler:
    """(rows, n) at rate_hz -> (rows, m) at wanted_hz, linear phase, late by half the FIR.

    With ratio = up / down: `y[j] = sum_k h[j down - k up] x[k]`, which needs no x later than its own time. The past
    that it keeps begins at a multiple of `down` samples, where an output falls upon an input.
    """

    def __init__(self, rows: int, rate_hz: float, wanted_hz: float) -> None:
        ratio = rate_ratio(rate_hz, wanted_hz)
        self._up, self._down = ratio.numerator, ratio.denominator
        finest = max(self._up, self._down)
        half = _HALF_LENGTH * finest if finest > 1 else 0
        self.delay_s = half / (self._up * rate_hz)
        self._taps = self._up * dsp.firwin(2 * half + 1, 1 / finest, window=("kaiser", _KAISER)) if half else np.ones(1)
        self._reach = -(-len(self._taps) // self._up)  # inputs that an output may need, its own among them
        self._past = np.empty((rows, 0))
        self._first = 0  # of the past, counted from the stream's first sample
        self._sent = 0

    def needed(self, outputs: int) -> int:
        """How many inputs must have come for so many outputs, 1 or more."""
        return (outputs - 1) * self._down // self._up + 1

    def push(self, block: np.ndarray) -> np.ndarray:
        if self._up == self._down:
            return block
        signal = np.concatenate([self._past, block], axis=1)
        come = self._first + signal.shape[1]
        stop = max(self._sent, -(-come * self._up // self._down))  # outputs whose inputs are all here
        start = self._first // self._down * self._up  # the first output that the past could give
        out = np.empty((len(signal), 0))
        if stop > self._sent:
            out = dsp.upfirdn(self._taps, signal, self._up, self._down, axis=1)[:, self._sent - start : stop - start]
        self._sent = stop
        first = max(0, stop * self._down // self._up - self._reach) // self._down * self._down
        self._past, self._first = signal[:, first - self._first :].copy(), first
        return out


class _Sections:
    """Second-order sections from rest: (rows, n) -> same shape."""

    def __init__(self, sos: np.ndarray, rows: int) -> None:
        self._sos, self._state = sos, np.zeros((len(sos), rows, 2))

    def push(self, block: np.ndarray) -> np.ndarray:
        if not block.shape[1]:
            return block
        out, self._state = dsp.sosfilt(self._sos, block, axis=1, zi=self._state)
        return out


class Conditioner:
    """Raw (electrodes, n) in microvolt at raw_hz -> conditioned (electrodes, m) at the layout's rate."""

    def __init__(self, layout: Layout, raw_hz: float) -> None:
        rows = len(layout.electrodes)
        self._zero: np.ndarray | None = None
        self._resampler = Resampler(rows, raw_hz, layout.sampling_hz)
        self._band = _Sections(pass_band(layout.sampling_hz), rows)
        self.delay_s = self._resampler.delay_s
        self.needed = self._resampler.needed

    def push(self, block: np.ndarray) -> np.ndarray:
        if self._zero is None and block.shape[1]:
            self._zero = block[:, :1].copy()
        signal = self._resampler.push(block if self._zero is None else block - self._zero)
        total = np.zeros(signal.shape[1])
        for row in signal:  # one by one: NumPy's own sum takes another order for a block of one sample
            total += row
        return self._band.push(signal - total / len(signal))


class Framer:
    """(rows, n) -> frames (rows, frame_samples) where Layout.frame_starts has them; each is valid until the next."""

    def __init__(self, layout: Layout, rows: int) -> None:
        self._layout = layout
        self._frame = np.empty((rows, layout.frame_samples))
        self._come = 0  # samples
        self._frames = 0

    def push(self, block: np.ndarray) -> Iterator[np.ndarray]:
        length, end = self._layout.frame_samples, self._come + block.shape[1]
        while True:
            start = self._layout.frame_start(self._frames)
            low, high = max(start, self._come), min(start + length, end)
            if low < high:
                self._frame[:, low - start : high - start] = block[:, low - self._come : high - self._come]
            if start + length > end:
                break
            self._frames += 1
            yield self._frame
        self._come = end


class FeatureStream:
    """Conditioned (electrodes, n) -> features (electrodes, F) of each frame that n ends, as features.extract's.

    The bands of `de` are filtered as the signal comes and cut into frames beside it.
    """

    def __init__(self, names: tuple[str, ...], layout: Layout) -> None:
        features.feature_names(names)
        self._names, self._layout, self._rows = names, layout, len(layout.electrodes)
        bands = features.BANDS_HZ if "de" in names else ()
        self._bands = [_Sections(features.band_sos(band, layout.sampling_hz), self._rows) for band in bands]
        self._framer = Framer(layout, self._rows * (1 + len(self._bands)))

    def push(self, block: np.ndarray) -> Iterator[np.ndarray]:
        for frame in self._framer.push(np.concatenate([block, *(band.push(block) for band in self._bands)])):
            yield np.concatenate([self._feature(name, frame) for name in self._names], axis=-1)

    def _feature(self, name: str, frame: np.ndarray) -> np.ndarray:
        if name != "de":
            return features.extract(frame[: self._rows], (name,), self._layout)[0]
        bands = frame[self._rows :].reshape(len(self._bands), self._rows, -1)
        return features.gaussian_entropy(np.stack([band.var(axis=-1) for band in bands], axis=-1))


def extract(signal: np.ndarray, names: tuple[str, ...], layout: Layout) -> np.ndarray:
    """features.extract, causal: conditioned (electrodes, samples) -> (frames, electrodes, F)."""
    return np.stack(list(FeatureStream(names, layout).push(signal)))
