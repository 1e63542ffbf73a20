"""Features per frame and electrode: spectral entropy, log band power, differential entropy.

A frame is 1.5 s (192 samples at 128 Hz), frames do not overlap, samples after the last whole frame are left.
Every feature function takes signal (electrodes, samples) in microvolt and returns (frames, electrodes, k).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import signal as dsp

from flow.errors import expected
from model.data.recording import FRAME_SAMPLES, PASS_BAND_HZ, SAMPLING_HZ

# Half-open bands in Hz, so that no spectral line counts twice.
BANDS_HZ: dict[str, tuple[float, float]] = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, 45.0),
}
# The log power of silence is minus infinity; half an EDF file's usual step (0.02 uV), squared, counts as silence.
_POWER_FLOOR_UV2 = 1e-4
_WELCH_SAMPLES = SAMPLING_HZ  # 1 s segments: lines 1 Hz apart, two half-overlapping segments per frame


def _frames(signal: np.ndarray) -> np.ndarray:
    """(electrodes, samples) -> (frames, electrodes, FRAME_SAMPLES)."""
    electrodes, samples = signal.shape
    count = samples // FRAME_SAMPLES
    whole = signal[:, : count * FRAME_SAMPLES].reshape(electrodes, count, FRAME_SAMPLES)
    return whole.transpose(1, 0, 2)


def _spectrum(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Welch, Hann window: frequencies (lines,) in Hz, power density (frames, electrodes, lines) in uV^2/Hz."""
    return dsp.welch(_frames(signal), fs=SAMPLING_HZ, nperseg=_WELCH_SAMPLES, axis=-1)


def spectral_entropy(signal: np.ndarray) -> np.ndarray:
    """Power spectral entropy `-sum p ln p / ln n`, p = the pass band's n lines over their sum.

    Inouye et al., Electroencephalogr. Clin. Neurophysiol. 79, 204 (1991). 0 is a pure tone, 1 is white noise.
    """
    hz, density = _spectrum(signal)
    lines = density[..., (hz >= PASS_BAND_HZ[0]) & (hz <= PASS_BAND_HZ[1])]
    total = lines.sum(axis=-1, keepdims=True)
    # A silent frame is given a flat spectrum, the entropy of no information.
    flat = 1 / lines.shape[-1]
    share = np.where(total > _POWER_FLOOR_UV2, lines / np.maximum(total, _POWER_FLOOR_UV2), flat)
    logs = np.log(np.maximum(share, np.finfo(np.float64).tiny))  # p ln p -> 0 as p -> 0
    return -(share * logs).sum(axis=-1, keepdims=True) / np.log(lines.shape[-1])


def band_power(signal: np.ndarray) -> np.ndarray:
    """Natural logarithm of the power (uV^2) in each band of BANDS_HZ, from Welch's density."""
    hz, density = _spectrum(signal)
    step_hz = hz[1] - hz[0]
    powers = [density[..., (hz >= low) & (hz < high)].sum(axis=-1) * step_hz for low, high in BANDS_HZ.values()]
    return np.log(np.maximum(np.stack(powers, axis=-1), _POWER_FLOOR_UV2))


def differential_entropy(signal: np.ndarray) -> np.ndarray:
    """Differential entropy `ln(2 pi e var) / 2` of each band of BANDS_HZ, taken as Gaussian.

    Duan, Zhu, Lu, Proc. NER 2013. The variance (uV^2) is of the recording band-passed in the time domain
    (Butterworth, zero phase), so it differs from `band_power` in its band edges and its window.
    """
    variances = []
    for band in BANDS_HZ.values():
        sos = dsp.butter(3, band, btype="bandpass", fs=SAMPLING_HZ, output="sos")
        variances.append(_frames(dsp.sosfiltfilt(sos, signal, axis=-1)).var(axis=-1))
    variance = np.maximum(np.stack(variances, axis=-1), _POWER_FLOOR_UV2)
    return 0.5 * np.log(2 * np.pi * np.e * variance)


_FEATURES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], tuple[str, ...]]] = {
    "pse": (spectral_entropy, ("pse",)),
    "bandpower": (band_power, tuple(f"bandpower_{band}" for band in BANDS_HZ)),
    "de": (differential_entropy, tuple(f"de_{band}" for band in BANDS_HZ)),
}
DEFAULT_FEATURES = ("bandpower", "pse")


def feature_names(names: tuple[str, ...]) -> list[str]:
    """The names of a selection's feature channels, in the order `extract` stacks them; checks `names`."""
    if not names or len(set(names)) != len(names) or not set(names) <= set(_FEATURES):
        raise expected("features", ",".join(names) or "none", "distinct names out of " + ", ".join(_FEATURES))
    return [channel for name in names for channel in _FEATURES[name][1]]


def extract(signal: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """The selected features, stacked: (electrodes, samples) -> float64 (frames, electrodes, features)."""
    feature_names(names)
    return np.concatenate([_FEATURES[name][0](signal) for name in names], axis=-1)
