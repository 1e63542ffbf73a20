"""Reading EDF: the right signal from a good file, one clear line from a bad one."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from eeg_files import LABELS, noise, read_all, read_signal, write_edf, write_eegmat

from base.errors import UserError
from model.data.sets import eegmat
from model.data.sets.eegmat import LAYOUT
from model.data.signal.conditioning import condition

SECONDS = 10
ELECTRODES = LAYOUT.electrodes


def tones(rate: int) -> np.ndarray:
    """(19, samples): each electrode its own amplitude and frequency between 5 and 23 Hz."""
    t = np.arange(SECONDS * rate) / rate
    return np.stack([(10 + k) * np.sin(2 * np.pi * (5 + k) * t) for k in range(len(ELECTRODES))])


@pytest.mark.parametrize("rate", [128, 250, 500])
def test_signal_keeps_microvolt_and_order_at_every_rate(tmp_path: Path, rate: int) -> None:
    path = write_edf(tmp_path / "a.edf", tones(rate), rate)
    got, _ = read_signal(path)
    want = condition(tones(128), 128)
    assert got.shape == want.shape
    inner = slice(128, -128)  # filters and resampling differ at the ends
    assert np.abs(got - want)[:, inner].max() < 0.2


def test_order_and_case_of_labels_do_not_matter(tmp_path: Path) -> None:
    signal = noise(0, SECONDS)
    plain, _ = read_signal(write_edf(tmp_path / "a.edf", signal))
    labels = [label.upper() for label in LABELS[::-1]]
    assert np.array_equal(plain, read_signal(write_edf(tmp_path / "b.edf", signal[::-1], labels=labels))[0])


def test_published_extra_signals_are_dropped(tmp_path: Path) -> None:
    """At 500 Hz with A2-A1 and ECG, as PhysioNet has it; neither may leak into the common average."""
    signal = noise(1, SECONDS, 500)
    extra = np.concatenate([signal, 10 * noise(2, SECONDS, 500, channels=2)])
    (tmp_path / "published").mkdir()
    (tmp_path / "plain").mkdir()
    for k in (1, 2):
        labels = (*LABELS, "EEG A2-A1", "ECG ECG")
        write_edf(tmp_path / "published" / f"Subject00_{k}.edf", extra, 500, labels)
        write_edf(tmp_path / "plain" / f"Subject00_{k}.edf", signal, 500)
    published, plain = (eegmat.load(tmp_path / name) for name in ("published", "plain"))
    for a, b in zip(read_all(published), read_all(plain), strict=True):
        np.testing.assert_allclose(a.signal, b.signal, atol=1e-9)


def test_rest_is_class_0_and_arithmetic_class_1(tmp_path: Path) -> None:
    dataset = eegmat.load(write_eegmat(tmp_path, [0, 3, 12]))
    tags = [(r.subject, r.label, r.signal.shape[1]) for r in read_all(dataset)]
    long, short = 15 * 128, 9 * 128
    assert tags == [(s, label, (long, short)[label]) for s in (0, 3, 12) for label in (0, 1)]
    assert dataset.class_names == ("rest", "arithmetic")
    assert not dataset.simulated


def bad(path: Path, *words: str) -> None:
    """Reading `path` must fail with one line that names the file and holds every word."""
    with pytest.raises(UserError) as caught:
        read_signal(path)
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


@pytest.mark.parametrize("cut", [1, 5000, 2 * 19 * 128 * 3])
def test_truncated_file(tmp_path: Path, cut: int) -> None:
    path = write_edf(tmp_path / "a.edf", noise(0, SECONDS))
    path.write_bytes(path.read_bytes()[:-cut])
    bad(path, "data records", "expected 10 ")


@pytest.mark.parametrize("size", [0, 100, 1000])
def test_truncated_header(tmp_path: Path, size: int) -> None:
    path = write_edf(tmp_path / "a.edf", noise(0, SECONDS))
    path.write_bytes(path.read_bytes()[:size])
    bad(path, "header")


def test_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.edf"
    path.write_text("<html>404</html>" * 1000)
    bad(path, "header")


def test_wrong_electrode_is_named_with_the_missing_one(tmp_path: Path) -> None:
    labels = ["EEG Qz" if label == "EEG Fz" else label for label in LABELS]
    bad(write_edf(tmp_path / "a.edf", noise(0, SECONDS), labels=labels), "missing Fz", "unknown EEG Qz")


def test_missing_electrodes_are_named(tmp_path: Path) -> None:
    bad(write_edf(tmp_path / "a.edf", noise(0, SECONDS)[:-2], labels=LABELS[:-2]), "missing O1, O2")


def test_extra_signal_is_named(tmp_path: Path) -> None:
    signal = noise(0, SECONDS, channels=20)
    bad(write_edf(tmp_path / "a.edf", signal, labels=(*LABELS, "EMG chin")), "unknown EMG chin")


def test_electrode_twice_is_named(tmp_path: Path) -> None:
    bad(write_edf(tmp_path / "a.edf", noise(0, SECONDS, channels=20), labels=(*LABELS, "EEG Cz")), "EEG Cz")


def test_flat_channel_is_named(tmp_path: Path) -> None:
    signal = noise(0, SECONDS)
    signal[ELECTRODES.index("P3")] = 0
    bad(write_edf(tmp_path / "a.edf", signal), "channel EEG P3", "flat")


def test_nan_channel_is_named(tmp_path: Path) -> None:
    """EDF's samples are integers; NaN comes in through the header's physical range."""
    path = write_edf(tmp_path / "a.edf", noise(0, SECONDS))
    content = bytearray(path.read_bytes())
    physical_min = 256 + len(LABELS) * (16 + 80 + 8) + 8 * ELECTRODES.index("C4")
    content[physical_min : physical_min + 8] = b"nan     "
    path.write_bytes(content)
    bad(path, "channel EEG C4", "NaN")


def test_too_short_and_too_slow(tmp_path: Path) -> None:
    bad(write_edf(tmp_path / "a.edf", noise(0, 5)), "length", "5.0 s", "6 s")
    bad(write_edf(tmp_path / "b.edf", noise(0, SECONDS, 64), 64), "sampling rate", "64 Hz", "100 Hz")


@pytest.mark.filterwarnings("error")
def test_nothing_but_the_error_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_edf(tmp_path / "a.edf", noise(0, SECONDS))
    with mne.use_log_level("INFO"):
        read_signal(path)
    assert capfd.readouterr() == ("", "")


def test_folder_missing_empty_or_incomplete(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="DATA_ROOT: got none"):
        eegmat.load(None)
    with pytest.raises(UserError, match=r"DATA_ROOT: got .*nowhere, which is not a folder"):
        eegmat.load(tmp_path / "nowhere")
    (tmp_path / "other.edf").touch()
    with pytest.raises(UserError, match=f"DATA_ROOT: got {tmp_path} without any Subject"):
        eegmat.load(tmp_path)
    write_eegmat(tmp_path, [4])
    (tmp_path / "Subject04_1.edf").unlink()
    with pytest.raises(UserError, match=r"subject 4: got Subject04_2\.edf alone, expected Subject04_1\.edf"):
        eegmat.load(tmp_path)
