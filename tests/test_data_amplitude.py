"""Whether a signal can be EEG in microvolt: offset, drift and pops do not count, another unit does."""

from __future__ import annotations

import numpy as np
import pytest

from base.errors import UserError
from model.data.signal.conditioning import check_amplitude

NAMES = ("Fp1", "Cz")


def noise(rms: float, samples: int = 4000) -> np.ndarray:
    return rms * np.random.default_rng(0).normal(size=(2, samples))


@pytest.mark.parametrize("rms", [0.2, 10.0, 1000.0, 4000.0])
@pytest.mark.parametrize("samples", [3, 100, 255, 257, 4000])
def test_eeg_passes_with_offset_drift_and_pops(rms: float, samples: int) -> None:
    rms = min(rms, 1000.0) if samples < 10 else rms  # three samples less a line are a poor measure
    signal = noise(rms, samples) * (3 if samples == 3 else 1)
    check_amplitude(signal, NAMES, "a.bdf: channel")
    check_amplitude(signal + 3e5 + 40 * np.arange(samples), NAMES, "a.bdf: channel")
    if samples == 4000:
        signal[0, 1000:] += 2e5  # an electrode that settles
        check_amplitude(signal, NAMES, "a.bdf: channel")


@pytest.mark.parametrize(("scale", "looks"), [
    (1e-6, "uV r.m.s. without offset and drift, as if in volt"),
    (1e-3, "uV r.m.s. without offset and drift, as if in millivolt, or of a dead electrode"),
    (1e-13, "as of a dead electrode"),
    (1e3, "uV r.m.s. without offset and drift, as if in nanovolt or an amplifier's raw steps"),
    (1e6, "uV r.m.s. without offset and drift, as if microvolt had been taken for volt"),
])
def test_another_unit_is_told_by_channel(scale: float, looks: str) -> None:
    signal = noise(10)
    signal[1] = scale * (signal[1] + 5e3)
    with pytest.raises(UserError) as caught:
        check_amplitude(signal, NAMES, "a.edf: channel")
    assert str(caught.value).startswith("a.edf: channel Cz: got ")
    assert looks in str(caught.value)
    assert str(caught.value).endswith("expected 0.1 uV … 5 mV")


def test_a_line_or_a_constant_is_silence() -> None:
    for row in (np.full(4000, 4000.0), np.linspace(0, 1e5, 4000)):
        with pytest.raises(UserError, match=r"Fp1: got .* dead electrode"):
            check_amplitude(np.stack([row, noise(10)[0]]), NAMES, "a.edf: channel")
