"""What a recording goes through before features: the trial's own baseline, or common average and band-pass."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
from scipy import signal as dsp

from base.errors import expected
from model.data.recording import PASS_BAND_HZ

_FILTER_ORDER = 4
_FINEST = 20_000  # numerator and denominator of a resampling ratio; the polyphase filter is 20 times as long
# Scalp EEG has some 10 uV; what an amplifier adds to a dead electrode, and what another unit makes of EEG, lie outside.
AMPLITUDE_UV = (0.1, 5000.0)
_LARGEST_UV = 1e7  # 10 V, which no amplifier of EEG can say, offsets of electrodes included
_BLOCK = 256  # samples, 0.1 to 2 s: a line over it is offset and drift
_RAILS = 0.5  # of the samples at the largest or smallest value: saturated, or of one bit
_FEWEST_AVERAGED = 3
STILL = 0.9  # of the steps from sample to sample: an electrode stuck at a rail, or dead but for a glitch


def condition(signal: np.ndarray, sampling_hz: int) -> np.ndarray:
    """Re-reference to the mean of all electrodes, then band-pass to PASS_BAND_HZ.

    (electrodes, samples) in microvolt -> same shape. The common average takes out what all
    electrodes share with the recording's reference (on EEGMAT's subjects 00-17, left out one by one, it lifts
    a linear SVM's balanced accuracy from 0.61 to 0.67). The filter is a Butterworth, run forth and back so
    that no phase moves, which makes this step an offline one whatever the smoothing.
    """
    referenced = signal - signal.mean(axis=0)
    return dsp.sosfiltfilt(pass_band(sampling_hz), referenced, axis=-1)


def pass_band(sampling_hz: int) -> np.ndarray:
    """The Butterworth for PASS_BAND_HZ, as second-order sections."""
    return dsp.butter(_FILTER_ORDER, PASS_BAND_HZ, btype="bandpass", fs=sampling_hz, output="sos")


def resample(signal: np.ndarray, rate_hz: float, wanted_hz: float) -> np.ndarray:
    """(channels, samples) at another rate, by a polyphase filter that is fed the signal less a line.

    So an amplifier's offset makes no step at the ends. A ratio of large numbers is met to a few parts in 10^9.
    """
    ratio = rate_ratio(rate_hz, wanted_hz)
    if ratio == 1:
        return signal
    return dsp.resample_poly(signal, ratio.numerator, ratio.denominator, axis=-1, padtype="line")


def rate_ratio(rate_hz: float, wanted_hz: float) -> Fraction:
    return Fraction(wanted_hz / rate_hz).limit_denominator(_FINEST)


def check_average(names: tuple[str, ...], where: str) -> None:
    """UserError where condition would leave nothing: the average of one electrode is its own signal.

    That of two leaves one signal twice, once upside down, with the same features.
    """
    if len(names) < _FEWEST_AVERAGED:
        left = "nothing" if len(names) == 1 else "the same signal twice, once upside down"
        raise expected(where, f"{' '.join(names)}, whose common average leaves {left}",
                       f"at least {_FEWEST_AVERAGED} electrodes, or a baseline in every trial")


def check_signal(signal_uv: np.ndarray, names: tuple[str, ...], where: str) -> None:
    """UserError, naming `where` and the channel, on what no electrode records: (channels, samples) in microvolt.

    That is: a value that is not finite, a row that never or hardly ever moves or mostly stands at its rails, an
    amplitude that is not EEG's, or two rows that are the same sample by sample, as in exports with a column twice.
    """
    _check_moving(signal_uv, names, where)
    check_amplitude(signal_uv, names, where)
    seen: dict[bytes, str] = {}
    for name, row in zip(names, signal_uv, strict=True):
        first = seen.setdefault(hashlib.sha256(row.tobytes()).digest(), name)
        if first != name:
            raise expected(f"{where} {name}", f"a copy of {first}, sample by sample", "a signal of its own")


def _check_moving(signal: np.ndarray, names: tuple[str, ...], where: str) -> None:
    """The part of check_signal that does not depend on the unit."""
    for name, row in zip(names, signal, strict=True):
        if not np.isfinite(row).all():
            raise expected(f"{where} {name}", "NaN or infinite values", "a finite signal")
        low, high = row.min(), row.max()
        if low == high:
            raise expected(f"{where} {name}", "a flat line", "a signal that moves")
        still = np.mean(row[1:] == row[:-1])
        if still > STILL:
            raise expected(f"{where} {name}", f"a line that is flat in {still:.1%} of it", "a signal that moves")
        railed = np.mean((row == low) | (row == high))
        if railed > _RAILS:
            got = f"{low:g} or {high:g} in {railed:.1%} of it"
            raise expected(f"{where} {name}", got, "a signal that is not clipped")


def check_amplitude(signal_uv: np.ndarray, names: tuple[str, ...], where: str) -> None:
    """UserError, naming `where` and the channel, if a row's r.m.s. amplitude cannot be that of EEG in microvolt.

    signal_uv (channels, samples), finite. Offset and drift do not count: a line is taken out of every _BLOCK samples.
    A row is too quiet if all its blocks together are, and too loud if their median is: electrodes may settle or pop.
    """
    low, high = AMPLITUDE_UV
    for name, row in zip(names, signal_uv, strict=True):
        with np.errstate(over="ignore", invalid="ignore"):  # squares of what is far too large
            power = block_power(row)
            mean, median = float(np.sqrt(power.mean())), float(np.sqrt(np.median(power)))
        if not (mean >= low and median <= high):
            rms = mean if mean < low else median
            raise expected(f"{where} {name}", f"{rms:.3g} uV r.m.s. without offset and drift, {_looks_like(rms)}",
                           f"{low:g} uV … {high / 1000:g} mV")
        peak = np.abs(row).max()
        if peak > _LARGEST_UV:
            raise expected(f"{where} {name}", f"a value of {peak:.3g} uV", f"at most {_LARGEST_UV:g}")


def block_power(row: np.ndarray) -> np.ndarray:
    """Mean square of each block of a row (samples,), less the block's own line: (blocks,)."""
    count = max(1, len(row) // _BLOCK)
    length = len(row) // count
    blocks = row[: count * length].astype(np.float64).reshape(count, length)
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    time = np.arange(length) - (length - 1) / 2
    line = np.outer(centred @ time / max(time @ time, 1.0), time)
    return np.mean((centred - line) ** 2, axis=1)


def _looks_like(rms: float) -> str:
    """Which mistake makes this of EEG's 1 to 1000 uV."""
    if 1e-6 <= rms < 1e-3:
        return "as if in volt"
    if 1e-3 <= rms < 1:
        return "as if in millivolt, or of a dead electrode"
    if rms < 1e-6:
        return "as of a dead electrode"
    return "as if in nanovolt or an amplifier's raw steps" if rms < 1e6 else "as if microvolt had been taken for volt"


def from_baseline(
    signal_uv: np.ndarray, baseline_uv: np.ndarray, names: tuple[str, ...], where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Z-score a trial by its own baseline: `(signal - mean) / deviation`, per electrode.

    signal_uv (electrodes, samples), baseline_uv (electrodes, any length), rows in the order of `names` -> signal's
    shape, float64, in deviations of the baseline; and these deviations (electrodes,) in microvolt. `where` says in
    errors which trial it is. Raises UserError on a baseline of another shape, and as check_signal does on both.
    """
    if baseline_uv.ndim != 2 or len(baseline_uv) != len(signal_uv) or baseline_uv.shape[1] < 2:
        got = f"shape {baseline_uv.shape}"
        raise expected(f"{where}: baseline", got, f"({len(signal_uv)}, at least 2 samples)")
    check_signal(signal_uv, names, f"{where}:")
    if baseline_uv is not signal_uv:
        check_signal(baseline_uv, names, f"{where}: baseline:")
    mean, deviation = baseline_uv.mean(axis=1), baseline_uv.std(axis=1)
    return (signal_uv - mean[:, None]) / deviation[:, None], deviation
