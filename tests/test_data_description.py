"""dataset.toml: what is refused before any recording is opened, and what its keys do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from eeg_files import noise
from own_files import HEAD, RATE, describe, one, read, refused
from scipy.signal import resample_poly

from model.data.signal.conditioning import condition

SIGNAL = noise(5, 10, RATE, channels=5)


@pytest.fixture(autouse=True)
def recording(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=SIGNAL, sampling_hz=RATE)


@pytest.mark.parametrize(("more", "words"), [
    ("stop_s = inf", "trials.1.stop_s: got"), ("stop_s = nan", "trials.1.stop_s: got"),
    ("start_s = inf", "trials.1.start_s: got"), ("start_s = -nan", "trials.1.start_s: got"),
    ("stop_s = 1e308", "trials.1.stop_s: got 1e+308"), ("start_s = 1e300\nstop_s = 1e301", "trials.1.start_s: got"),
    ("baseline_s = [0.0, inf]", "trials.1.baseline_s.2: got"),
    ("baseline_s = [-1.0, 1.0]", "trials.1.baseline_s.1: got"),
    ("stop_s = 0.1", "trial 1: length: got 0.1 s, expected at least 1 s"),
    ("stop_s = 0.001", "a.npz: length: got 10 s, expected dataset.toml's 0 to 0.001 s"),
    ("start_s = 9.5", "trial 1: length: got 0.5 s, expected at least 1 s"),
    ("baseline_s = [0.0, 0.005]", "baseline: channel Fp1: got a flat line"),
    ("sampling_hz = 250.0", "resample_hz: got none, with files at 250 Hz"),
    ("session = 1.5", "trials.1.session: got 1.5"), ("session = true", "trials.1.session: got True"),
])
def test_times_and_numbers_that_cannot_be(tmp_path: Path, more: str, words: str) -> None:
    refused(one(tmp_path, "a.npz", more), words)


@pytest.mark.parametrize("subject", ["1" + 30 * "0", "1" + 5000 * "0", "1e3", "true", '"1"', "92233720368548"])
def test_subjects_that_cannot_be(tmp_path: Path, subject: str) -> None:
    refused(describe(tmp_path, f'file = "a.npz"\nsubject = {subject}\nlabel = "rest"'), "dataset.toml: ")


@pytest.mark.parametrize(("first", "second", "words"), [
    ("", 'subject = 1\nlabel = "work"', "trials.2: got a part of a.npz that trials.1 has, too"),
    ("stop_s = 5.0", 'subject = 2\nlabel = "rest"\nstart_s = 4.9', "trials.2: got a part"),
    ("start_s = 4.0", 'subject = 1\nlabel = "work"\nstop_s = 4.1', "trials.2: got a part"),
    ("stop_s = 5.0", 'subject = 1\nlabel = "work"\nstart_s = 5.0', ""),
])
@pytest.mark.parametrize("name", ["a.npz", "link.npz"])
def test_a_stretch_of_a_file_is_in_one_trial(tmp_path: Path, first: str, second: str, words: str, name: str) -> None:
    (tmp_path / "link.npz").symlink_to(tmp_path / "a.npz")
    describe(tmp_path, f'file = "a.npz"\nsubject = 1\nlabel = "rest"\n{first}', f'file = "{name}"\n{second}')
    if words:
        refused(tmp_path, words.replace("a.npz", name))
    else:
        assert len(read(tmp_path)) == 2


def test_a_subject_may_be_a_date(tmp_path: Path) -> None:
    describe(tmp_path, 'file = "a.npz"\nsubject = 20240115\nlabel = "rest"')
    assert read(tmp_path)[0].subject == 20240115


@pytest.mark.parametrize("name", ["../../x", "a/b", "eegmat", "EEGMAT", "seed-iv", "folder", "..", "", "my set", "ü",
                                  "-x", "a" * 65, "a\\nb"])
def test_a_name_is_a_slug_and_no_data_sets(tmp_path: Path, name: str) -> None:
    refused(one(tmp_path, "a.npz", head=HEAD.replace('"office"', f'"{name}"')), "dataset.toml: name: got ")


@pytest.mark.parametrize(("old", "new", "words"), [
    ('["rest", "work"]', '["rest", "rest"]', "class_names: got 'rest' 2 times, expected distinct names"),
    ('["rest", "work"]', '["rest", " "]', "class_names: got ' ' 1 times"),
    ('["rest", "work"]', r'["rest", "wo\u0001rk"]', r"class_names: got 'wo\x01rk' 1 times"),
    ("sample_s = 1.0", "sample_s = inf", "sample_s: got"), ("sample_s = 1.0", "sample_s = nan", "sample_s: got"),
    ("sample_s = 1.0", "sample_s = 1e300", "sample_s: got 1e+300"),
    ("sample_s = 1.0", "sample_s = 0.0", "sample_s: got 0.0"),
    ("= 200", "= 256.016", "resample_hz: got none, with files at 256.016 Hz"),
    ("= 200", "= 99.9", "sampling_hz: got 99.9"), ("= 200", "= inf", "sampling_hz: got"),
    ("= 200", "= 200\nresample_hz = 50", "resample_hz: got 50"),
    ("= 200", "= 200\nresample_hz = 128.5", "resample_hz: got 128.5"),
])
def test_heads_that_cannot_be(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in HEAD
    refused(one(tmp_path, "a.npz", head=HEAD.replace(old, new)), f"dataset.toml: {words}")


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    one(tmp_path, "a.npz")
    path = tmp_path / "dataset.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read(tmp_path)) == 1
    path.write_bytes(path.read_text().encode("utf-16"))
    refused(tmp_path, "dataset.toml: no readable TOML")


@pytest.mark.parametrize("rate", [256.016, 250.0, 500.0, 128.0, 512.5, 1000.0])
def test_resampling_as_the_description_says(tmp_path: Path, rate: float) -> None:
    """Tones of 7 to 11 Hz at any rate are these tones at 200 Hz."""
    seconds, inner = 20, slice(200, -200)
    tones = [np.stack([20 * np.sin(2 * np.pi * (7 + k) * np.arange(round(seconds * hz)) / hz + k) for k in range(5)])
             for hz in (rate, 200.0)]
    np.savez(tmp_path / "a.npz", signal=tones[0] + 1000, sampling_hz=rate)
    one(tmp_path, "a.npz", head=HEAD.replace("= 200", f"= {rate}\nresample_hz = 200"))
    (recording,) = read(tmp_path)
    length = recording.signal.shape[1]
    assert abs(length - 200 * seconds) <= 1
    want = condition(tones[1], 200)
    np.testing.assert_allclose(recording.signal[:, inner], want[:, :length][:, inner], atol=0.2)


def test_resampling_folds_nothing_back(tmp_path: Path) -> None:
    """190 Hz at 500 Hz would be 10 Hz at 200 Hz."""
    t = np.arange(5000) / 500
    clean = noise(1, 10, 500, channels=5) / 10
    np.savez(tmp_path / "a.npz", signal=clean + 100 * np.sin(2 * np.pi * 190 * t) * np.arange(1, 6)[:, None],
             sampling_hz=500)
    (recording,) = read(one(tmp_path, "a.npz", head=HEAD.replace("= 200", "= 500\nresample_hz = 200")))
    assert recording.signal[:, 200:-200].std() < 2


def test_one_file_of_another_rate(tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", signal=noise(6, 10, 500, channels=5), sampling_hz=500)
    trials = ('file = "a.npz"\nsubject = 0\nlabel = "rest"', 'file = "b.npz"\nsubject = 1\nlabel = "work"')
    resampled = HEAD.replace("= 200", "= 200\nresample_hz = 128")
    describe(tmp_path, *trials, head=resampled)
    refused(tmp_path, "b.npz: sampling rate: got 500 Hz, expected dataset.toml's 200 Hz")
    describe(tmp_path, trials[0], f"{trials[1]}\nsampling_hz = 500", head=resampled)
    assert [recording.signal.shape for recording in read(tmp_path)] == [(5, 1280), (5, 1280)]
    want = condition(resample_poly(SIGNAL, 16, 25, axis=1), 128)
    np.testing.assert_allclose(read(tmp_path)[0].signal[:, 128:-128], want[:, 128:-128], atol=0.5)


@pytest.mark.parametrize(("arrays", "words"), [
    ({"signal": SIGNAL * 1e-6}, "uV r.m.s. without offset and drift, as if in volt"),
    ({"signal": SIGNAL * 1e300}, "channel Fp1: got inf uV r.m.s."),
    ({"signal": SIGNAL * 1e6}, "microvolt had been taken for volt"),
    ({"signal": SIGNAL + 0j}, "a.npz: signal: got values of type complex128, expected real numbers"),
    ({"signal": SIGNAL > 0}, "a.npz: signal: got values of type bool"),
    ({"signal": SIGNAL.astype(str)}, "a.npz: signal: got values of type <U"),
    ({"sampling_hz": np.nan}, "a.npz: sampling_hz: got nan"),
    ({"sampling_hz": "200"}, "a.npz: sampling_hz: got values"),
    ({"sampling_hz": 200j}, "a.npz: sampling_hz: got values"), ({"sampling_hz": [200, 200]}, "a.npz: sampling_hz: got"),
    ({"sampling_hz": -200}, "a.npz: sampling_hz: got -200"), ({"unit": "furlong"}, "a.npz: unit: got 'furlong'"),
    ({"unit": ""}, "a.npz: unit: got ''"), ({"unit": "V"}, "microvolt had been taken for volt"),
])
def test_arrays_that_are_no_eeg_in_microvolt(tmp_path: Path, arrays: dict[str, object], words: str) -> None:
    np.savez(tmp_path / "a.npz", **({"signal": SIGNAL, "sampling_hz": RATE} | arrays))  # type: ignore[arg-type]
    refused(one(tmp_path, "a.npz"), words)


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1), ("mV", 1e-3), ("V", 1e-6), ("µV", 1)])
def test_an_array_may_name_its_unit(tmp_path: Path, unit: str, factor: float) -> None:
    np.savez(tmp_path / "a.npz", signal=SIGNAL * factor, sampling_hz=RATE, unit=unit)
    np.testing.assert_allclose(read(one(tmp_path, "a.npz"))[0].signal, condition(SIGNAL, RATE), atol=1e-6)
