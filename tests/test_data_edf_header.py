"""EDF and BDF whose headers say unusual or wrong things: read right, or refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest
from edf_bytes import Wave, write
from eeg_files import LABELS, noise, read_signal
from own_files import NAMES, RATE, one, read, refused, stack, waves

from base.errors import UserError
from model.data.formats.edf import open_edf
from model.data.signal.conditioning import condition

bits = pytest.mark.parametrize("bits", [16, 24])


def ecg(rate: int = 500, seconds: float = 10) -> Wave:
    return Wave("ECG", noise(9, seconds, rate, channels=1)[0], rate)


@bits
def test_a_fast_signal_beside_the_electrodes_moves_nothing(tmp_path: Path, bits: int) -> None:
    """A burst of 100 uV in Cz at 4 to 5 s stands there, with an ECG at another rate in the file."""
    parts = waves()
    t = np.arange(RATE) / RATE
    parts[2].values[4 * RATE : 5 * RATE] += 100 * np.sin(2 * np.pi * 10 * t)
    write(tmp_path / "a.edf", [*parts[:2], ecg(), *parts[2:]], bits=bits)
    (recording,) = read(one(tmp_path, "a.edf", "start_s = 3.5"))
    want = condition(stack(parts)[:, 700:], RATE)
    np.testing.assert_allclose(recording.signal, want, atol=0.1)
    loud = np.flatnonzero(np.abs(recording.signal[2]) > 60) / RATE + 3.5
    assert 3.95 < loud.min() < 4.1
    assert 4.9 < loud.max() < 5.05


def test_eegmat_at_64_hz_with_a_fast_ecg_is_too_slow(tmp_path: Path) -> None:
    parts = [Wave(label, row, 64) for label, row in zip(LABELS, noise(1, 10, 64), strict=True)]
    path = write(tmp_path / "a.edf", [*parts, replace(ecg(512), label="ECG ECG")])
    with pytest.raises(UserError, match=r"a\.edf: sampling rate: got 64 Hz, expected at least 100 Hz"):
        read_signal(path)


def test_electrodes_of_two_rates_are_named(tmp_path: Path) -> None:
    parts = waves()
    write(tmp_path / "a.edf", [*parts[:2], replace(ecg(500), label="EEG Cz"), *parts[3:]])
    refused(one(tmp_path, "a.edf"), "a.edf: sampling rates: got Fp1 at 200 Hz and EEG Cz at 500 Hz")


@pytest.mark.parametrize(("unit", "factor"), [
    ("uV", 1), ("µV".encode("latin-1"), 1), ("µV".encode(), 1), ("μV".encode(), 1), ("uv", 1), ("UV", 1), ("mV", 1e3),
    ("V", 1e6), ("nV", 1e-3), ("", None), ("MV", None), ("Mv", None), ("pV", None),
    ("?V", None), ("uV/Hz", None), ("degC", None), (b"\xe6V", None), ("V ", 1e6), (" uV", 1), ("u V", None),
])
def test_units(tmp_path: Path, unit: str | bytes, factor: float | None) -> None:
    limit = {1e3: ".32", 1e6: "3.2e-4", 1e-3: "320000"}.get(factor or 1, "320")
    parts = [replace(wave, unit=unit, physical=(f"-{limit}", limit), digital=("-32000", "32000"),
                     steps=np.round(wave.values * 100)) for wave in waves()]
    write(tmp_path / "a.edf", [*parts, replace(ecg(), unit="")])
    one(tmp_path, "a.edf")
    if factor is None:
        refused(tmp_path, "a.edf: channel Fp1: unit: got '", "expected uV")
        return
    (recording,) = read(tmp_path)
    np.testing.assert_allclose(recording.signal, condition(stack(parts), RATE), atol=0.01)


@pytest.mark.parametrize(("scale", "words"), [(1e-6, "as if in volt"), (1e6, "microvolt had been taken for volt")])
@bits
def test_an_amplitude_that_no_eeg_has(tmp_path: Path, scale: float, words: str, bits: int) -> None:
    limits = {1e-6: ("-6.55e-4", "6.55e-4"), 1e6: ("-6.554e8", "6.553e8")}[scale]
    write(tmp_path / "a.edf", [replace(wave, physical=limits) for wave in waves()], bits=bits)
    refused(one(tmp_path, "a.edf"), "subject 0, session 1, trial 1: channel Fp1: got ", words, "expected 0.1 uV … 5 mV")


def test_the_offset_of_raw_bdf_is_no_amplitude(tmp_path: Path) -> None:
    """BioSemi: 31.25 nV a step, electrodes' offsets of 100 mV and more, and a drift."""
    limits, drift = ("-262144", "262143"), np.linspace(0, 5000, 10 * RATE)
    parts = [replace(wave, physical=limits, digital=("-8388608", "8388607"),
                     steps=np.round((wave.values + 50_000 * (1 - k) + drift) * 32)) for k, wave in enumerate(waves())]
    write(tmp_path / "a.bdf", parts, bits=24)
    (recording,) = read(one(tmp_path, "a.bdf"))
    inner = slice(2 * RATE, -2 * RATE)
    np.testing.assert_allclose(recording.signal[:, inner], condition(stack(parts), RATE)[:, inner], atol=0.2)


@pytest.mark.parametrize(("change", "words"), [
    ({"physical": ("200", "200")}, "physical minimum = maximum = 200"),
    ({"digital": ("0", "0")}, "digital minimum = maximum = 0"),
    ({"digital": ("100", "-100")}, "digital minimum 100 above maximum -100"),
    ({"digital": ("-8388608", "8388607")}, "digital limits -8388608 and 8388607, expected them within -32768 … 32767"),
    ({"digital": ("0", "65535")}, "digital limits 0 and 65535"),
    ({"physical": ("-200,5", "200,5")}, "physical minimum: got '-200,5', expected a number"),
    ({"physical": ("-inf", "inf")}, "physical minimum: got NaN or infinite"),
    ({"physical": ("", "")}, "physical minimum: got '', expected a number"),
])
def test_limits_matter_of_electrodes_that_are_used(
    tmp_path: Path, change: dict[str, tuple[str, str]], words: str
) -> None:
    parts = waves()
    one(tmp_path, "a.edf")
    write(tmp_path / "a.edf", [*parts, replace(ecg(), **change)])
    assert len(read(tmp_path)) == 1
    write(tmp_path / "a.edf", [*parts[:3], replace(parts[3], **change), *parts[4:]])
    refused(tmp_path, f"a.edf: channel O1: {words}" if ": got" in words else f"a.edf: channel O1: got {words}")


def test_inverted_physical_limits_turn_the_signal(tmp_path: Path) -> None:
    """The standard's way to say that an amplifier inverts."""
    parts = waves()
    write(tmp_path / "a.edf", [replace(wave, physical=wave.physical[::-1]) for wave in parts])
    (recording,) = read(one(tmp_path, "a.edf"))
    np.testing.assert_allclose(recording.signal, condition(-stack(parts), RATE), atol=0.05)


@bits
def test_annotations_that_are_not_utf8_do_not_stop_a_read(tmp_path: Path, bits: int) -> None:
    write(tmp_path / "a.edf", waves(), bits=bits, onsets=range(10), plus="C",
          notes=[b"+0\x14\xff\xfe\x14\0", b"+3\x14ge\xf6ffnet\x14\0"])
    assert read(one(tmp_path, "a.edf"))[0].signal.shape == (5, 2000)


@bits
def test_an_unknown_number_of_records_is_counted(tmp_path: Path, bits: int) -> None:
    path = write(tmp_path / "a.edf", waves(), bits=bits, records=-1)
    assert read(one(tmp_path, "a.edf"))[0].signal.shape == (5, 2000)
    path.write_bytes(path.read_bytes()[:-100])
    refused(tmp_path, "a.edf: data records: got 9.9", "expected whole ones")


@pytest.mark.parametrize(("records", "words"), [
    (11, "got 10 (20000 bytes), expected 11 of 2000 bytes, as its header says"),
    (9, "got 10 (20000 bytes), expected 9"),
    (0, "got 10 (20000 bytes), expected 0"), (-2, "data records: got -2, expected at least -1"),
])
def test_another_number_of_records_than_declared(tmp_path: Path, records: int, words: str) -> None:
    write(tmp_path / "a.edf", waves(), records=records)
    refused(one(tmp_path, "a.edf"), "a.edf: ", words)


@pytest.mark.parametrize(("text", "words"), [
    ("0", "seconds per record: got 0, expected more than 0"), ("nan", "seconds per record: got NaN"),
    ("1 s", "seconds per record: got '1 s'"), ("-1", "seconds per record: got -1"), ("1_0", "record: got '1_0'"),
])
def test_the_length_of_a_record(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path / "a.edf", waves(), record_text=text)
    refused(one(tmp_path, "a.edf"), "a.edf: header: ", words)


@bits
def test_mne_and_edfio_read_the_same(tmp_path: Path, bits: int) -> None:
    """Three readers that share no code; whole and from the middle of a record to the middle of another."""
    path = write(tmp_path / ("a.edf" if bits == 16 else "a.bdf"), waves(), bits=bits)
    recorded = open_edf(path, NAMES)
    ours = recorded.read(0, 2000)
    np.testing.assert_array_equal(recorded.read(333, 1234), ours[:, 333:1234])
    mnes = mne.io.read_raw(path, verbose="ERROR").get_data() * 1e6
    np.testing.assert_allclose(ours, mnes, atol=1e-6)
    theirs = (edfio.read_edf if bits == 16 else edfio.read_bdf)(path)
    np.testing.assert_allclose(ours, np.stack([signal.data for signal in theirs.signals]), atol=1e-6)
