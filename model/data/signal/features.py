"""Features per frame and electrode: spectral entropy, log band power, differential entropy.

Frames are those of Layout: they do not overlap, and samples after the last whole frame are left. Every feature
function takes signal (electrodes, samples), the layout and the unit, and returns (frames, electrodes, k). The unit,
in microvolt, is 1, or (electrodes,) where a signal is in deviations of its own baseline. Entropies of the spectrum do
not depend on it, powers do, and in every unit silence is the same few nanovolt.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from base.errors import expected
from model.data.recording import PASS_BAND_HZ, Layout

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
_BAND_ORDER = 3


Unit = float | np.ndarray


def _floor(unit_uv: Unit) -> np.ndarray:
    """Power that counts as silence, in the signal's unit squared: (1 or electrodes, 1)."""
    return _POWER_FLOOR_UV2 / np.atleast_1d(unit_uv)[:, None] ** 2


def _frames(signal: np.ndarray, layout: Layout) -> np.ndarray:
    """(electrodes, samples) -> (frames, electrodes, layout.frame_samples)."""
    starts = layout.frame_starts(signal.shape[1])
    views = np.lib.stride_tricks.sliding_window_view(signal, layout.frame_samples, axis=1)
    return views[:, starts].transpose(1, 0, 2)


def _spectrum(signal: np.ndarray, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Welch, Hann window: frequencies (lines,) in Hz, power density (frames, electrodes, lines) in unit^2/Hz.

    Segments of 1 s: lines 1 Hz apart, and two half-overlapping segments in a frame of 1.5 s. A frame shorter
    than 1 s is one segment, its lines 1/frame apart.
    """
    from scipy import signal as dsp  # here: naming a feature should not take its second

    segment = min(layout.sampling_hz, layout.frame_samples)
    return dsp.welch(_frames(signal, layout), fs=layout.sampling_hz, nperseg=segment, axis=-1)


def spectral_entropy(signal: np.ndarray, layout: Layout, unit_uv: Unit = 1.0) -> np.ndarray:
    """Power spectral entropy `-sum p ln p / ln n`, p = the pass band's n lines over their sum.

    Inouye et al., Electroencephalogr. Clin. Neurophysiol. 79, 204 (1991). 0 is a pure tone, 1 is white noise.
    Raises UserError where frames are so short that fewer than two lines fall into the pass band.
    """
    hz, density = _spectrum(signal, layout)
    lines = density[..., (hz >= PASS_BAND_HZ[0]) & (hz <= PASS_BAND_HZ[1])]
    if lines.shape[-1] < 2:
        raise expected("features: pse", f"frames of {layout.frame_s:.3g} s, fewer than two spectral lines in the "
                       "pass band", "longer frames")
    total = lines.sum(axis=-1, keepdims=True)
    # A silent frame is given a flat spectrum, the entropy of no information.
    flat, floor = 1 / lines.shape[-1], _floor(unit_uv)
    share = np.where(total > floor, lines / np.maximum(total, floor), flat)
    logs = np.log(np.maximum(share, np.finfo(np.float64).tiny))  # p ln p -> 0 as p -> 0
    return -(share * logs).sum(axis=-1, keepdims=True) / np.log(lines.shape[-1])


def band_power(signal: np.ndarray, layout: Layout, unit_uv: Unit = 1.0) -> np.ndarray:
    """Natural logarithm of the power (uV^2) in each band of BANDS_HZ, from Welch's density.

    Raises UserError where frames are so short that a band holds no spectral line.
    """
    hz, density = _spectrum(signal, layout)
    step_hz = hz[1] - hz[0]
    powers = []
    for name, (low, high) in BANDS_HZ.items():
        lines = (hz >= low) & (hz < high)
        if not lines.any():
            raise expected(f"features: bandpower_{name}", f"spectral lines {step_hz:.3g} Hz apart, none in the band",
                           "longer frames, or the features pse or de")
        powers.append(density[..., lines].sum(axis=-1) * step_hz)
    return np.log(np.maximum(np.stack(powers, axis=-1), _floor(unit_uv)))


def differential_entropy(signal: np.ndarray, layout: Layout, unit_uv: Unit = 1.0) -> np.ndarray:
    """Differential entropy `ln(2 pi e var) / 2` of each band of BANDS_HZ, taken as Gaussian.

    Duan, Zhu, Lu, Proc. NER 2013. The variance (uV^2) is of the recording band-passed in the time domain
    (Butterworth, zero phase), so it differs from `band_power` in its band edges and its window.
    """
    from scipy import signal as dsp

    variances = []
    for band in BANDS_HZ:
        sos = band_sos(band, layout.sampling_hz)
        variances.append(_frames(dsp.sosfiltfilt(sos, signal, axis=-1), layout).var(axis=-1))
    return gaussian_entropy(np.stack(variances, axis=-1), unit_uv)


def band_sos(band: str, sampling_hz: int) -> np.ndarray:
    """The Butterworth of one band for `differential_entropy`, as second-order sections."""
    from scipy import signal as dsp

    return dsp.butter(_BAND_ORDER, BANDS_HZ[band], btype="bandpass", fs=sampling_hz, output="sos")


def gaussian_entropy(variance: np.ndarray, unit_uv: Unit = 1.0) -> np.ndarray:
    """Differential entropy of a Gaussian, variance (..., electrodes, bands) -> same shape."""
    return 0.5 * np.log(2 * np.pi * np.e * np.maximum(variance, _floor(unit_uv)))


_FEATURES: dict[str, tuple[Callable[[np.ndarray, Layout, Unit], np.ndarray], tuple[str, ...]]] = {
    "pse": (spectral_entropy, ("pse",)),
    "bandpower": (band_power, tuple(f"bandpower_{band}" for band in BANDS_HZ)),
    "de": (differential_entropy, tuple(f"de_{band}" for band in BANDS_HZ)),
}
FEATURES = tuple(_FEATURES)


def feature_names(names: tuple[str, ...]) -> list[str]:
    """The names of a selection's feature channels, in the order `extract` stacks them; checks `names`."""
    if not names or len(set(names)) != len(names) or not set(names) <= set(_FEATURES):
        raise expected("features", ",".join(names) or "none", "distinct names out of " + ", ".join(_FEATURES))
    return [channel for name in names for channel in _FEATURES[name][1]]


def bands_hz(names: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """What a selection looks at: the bands of its channels, and the pass band where it has spectral entropy."""
    channels = feature_names(names)
    own = {band: edges for band, edges in BANDS_HZ.items() if any(name.endswith(f"_{band}") for name in channels)}
    return own | ({"pass band": PASS_BAND_HZ} if "pse" in channels else {})


def extract(signal: np.ndarray, names: tuple[str, ...], layout: Layout, unit_uv: Unit = 1.0) -> np.ndarray:
    """The selected features, stacked: (electrodes, samples) -> float64 (frames, electrodes, features)."""
    feature_names(names)
    return np.concatenate([_FEATURES[name][0](signal, layout, unit_uv) for name in names], axis=-1)


def silence(layout: Layout) -> np.ndarray:
    """A signal (electrodes, samples) of nothing, of a frame at least and long enough to filter."""
    return np.zeros((len(layout.electrodes), layout.frame_samples + layout.sampling_hz))


def check_heard(frames: np.ndarray, silent: np.ndarray, names: tuple[str, ...], layout: Layout, where: str) -> None:
    """UserError, naming `where`, electrode and feature, if a feature is that of silence in every frame of a recording.

    frames (frames, electrodes, features), silent (electrodes, features): those of the recording and of `silence`.
    """
    electrodes = layout.electrodes
    unheard = np.argwhere((frames == silent).all(axis=0))
    if len(unheard):
        electrode, feature = unheard[0]
        raise expected(f"{where}: {electrodes[electrode]}: {feature_names(names)[feature]}",
                       f"less power than {_POWER_FLOOR_UV2:g} uV^2 in each of the {len(frames)} frames",
                       "a signal in it")
