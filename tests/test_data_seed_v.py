"""Reading SEED-V's .cnt: the trials of the list of times, one clear line from a bad file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal as dsp
from seed_files import CNT_LABELS, eeg, write_cnt, write_seed_v, write_times

from base.errors import UserError
from base.files import read_npz
from model.data.prepare import prepare
from model.data.sets import seed_v
from model.data.sets.seed_cap import LAYOUT

# Films of 1 or 2 s, pauses of 4 or 5 s, another order in each session.
SHORT = {k: [(6 * i + 4, 6 * i + 5 + (i + k) % 2) for i in range(15)] for k in (1, 2, 3)}
RATE = 1000


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_seed_v(tmp_path_factory.mktemp("SEED-V"), [4], SHORT)


def tones(seconds: int) -> np.ndarray:
    """(66, samples) in microvolt: channel k a tone of its own between 8 and 40 Hz, offset and drift."""
    t = np.arange(seconds * RATE) / RATE
    hz = np.linspace(8, 40, len(CNT_LABELS))
    return np.stack([(5 + k) * np.sin(2 * np.pi * f * t) + 200 * k + 2 * t for k, f in enumerate(hz)])


def bad(path: Path, *words: str) -> None:
    """Reading `path` must fail with one line that names the file and holds every word."""
    with pytest.raises(UserError) as caught:
        list(seed_v.read_trials(path, [(4.0, 5.0), (9.0, 10.0)]))
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


def test_trials_sessions_and_labels(release: Path) -> None:
    dataset = seed_v.load(release)
    assert dataset.subjects == (4,)
    assert dataset.class_names == ("disgust", "fear", "sad", "neutral", "happy")
    recordings = list(dataset.read(4))
    assert [(r.session, r.trial) for r in recordings] == [(s, t) for s in (1, 2, 3) for t in range(1, 16)]
    labels = np.array([r.label for r in recordings]).reshape(3, 15)
    assert all(np.bincount(row).tolist() == [3, 3, 3, 3, 3] for row in labels)
    assert labels[:, :5].tolist() == [[4, 1, 3, 2, 0], [2, 1, 3, 0, 4], [2, 1, 3, 0, 4]]
    for r in recordings:
        start, end = SHORT[r.session][r.trial - 1]
        assert r.signal.shape == (62, 200 * (end - start))


def test_inner_folder_is_taken_too(release: Path) -> None:
    assert seed_v.load(release / "EEG_raw").subjects == (4,)


def test_signal_of_each_electrode_scaled_by_the_pause(tmp_path: Path) -> None:
    """Resampled and filtered tones keep amplitude and phase; the pause has the film's own deviation here."""
    path = write_cnt(tmp_path / "a.cnt", tones(40))
    first, second = seed_v.read_trials(path, [(10.0, 20.0), (30.0, 38.0)])
    for (got, _), start, end in ((first, 10, 20), (second, 30, 38)):
        t = np.arange(start * 200, end * 200) / 200
        for row, name in enumerate(LAYOUT.electrodes):
            hz = np.linspace(8, 40, len(CNT_LABELS))[CNT_LABELS.index(name.upper())]
            want = np.sqrt(2) * np.sin(2 * np.pi * hz * t)  # a tone of deviation 1
            assert np.abs(got[row] - want)[100:-100].max() < 0.05


def test_film_up_to_the_recordings_end(tmp_path: Path) -> None:
    """No tail to filter along: offsets of up to 13 mV must still make no step of the last samples."""
    ((trial, _),) = seed_v.read_trials(write_cnt(tmp_path / "a.cnt", tones(20)), [(10.0, 20.0)])
    assert np.abs(trial).max() < 4  # peaks of 1.41, and what a 1 Hz filter rings at an end; a step makes 30


def test_louder_film_than_pause(tmp_path: Path) -> None:
    signal = np.random.default_rng(0).normal(0, 10, (len(CNT_LABELS), 20 * RATE))
    signal[:, 8 * RATE : 18 * RATE] *= 3
    ((trial, _),) = seed_v.read_trials(write_cnt(tmp_path / "a.cnt", signal), [(8.0, 18.0)])
    assert 2.7 < trial.std(axis=1).mean() < 3.3


def test_band(tmp_path: Path) -> None:
    """White noise comes out flat from 1 to 75 Hz; nothing folds back from above 100 Hz."""
    ((trial, _),) = seed_v.read_trials(write_cnt(tmp_path / "a.cnt", eeg(1, 70 * RATE, 66)), [(10.0, 70.0)])
    hz, power = dsp.welch(trial, fs=200, nperseg=400)
    power = power.mean(axis=0)
    inside = power[(hz > 3) & (hz < 65)]
    assert inside.max() < 1.3 * inside.min()
    assert power[hz < 0.4].max() < 0.1 * inside.mean()
    assert power[hz > 95].max() < 0.1 * inside.mean()


def test_negative_number_of_samples_in_the_header(tmp_path: Path) -> None:
    """As in the release's 7_1_20180411.cnt."""
    signal = eeg(2, 12 * RATE, len(CNT_LABELS))
    times = [(4.0, 5.0), (9.0, 11.0)]
    good = list(seed_v.read_trials(write_cnt(tmp_path / "a.cnt", signal), times))
    odd = list(seed_v.read_trials(write_cnt(tmp_path / "b.cnt", signal, count=-732), times))
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(good, odd, strict=True))


def test_truncated_or_other_file(tmp_path: Path) -> None:
    path = write_cnt(tmp_path / "a.cnt", eeg(0, 11 * RATE, 66))
    content = path.read_bytes()
    for size in (0, 500, 899):
        path.write_bytes(content[:size])
        bad(path, "header", "Neuroscan CNT")
    for size in (900, 3000, len(content) // 2, len(content) - 10):
        path.write_bytes(content[:size])
        bad(path, "size", f"got {size} bytes, cut short")
    path.write_bytes(b"MATLAB 5.0 MAT-file" * 1000)
    bad(path, "header")


def test_rate_channels_and_length(tmp_path: Path) -> None:
    signal = eeg(0, 11 * RATE, 66)
    bad(write_cnt(tmp_path / "a.cnt", signal, rate=500), "sampling rate", "500 Hz", "1000 Hz")
    labels = ["XX" if label == "CB1" else label for label in CNT_LABELS]
    bad(write_cnt(tmp_path / "b.cnt", signal, labels=labels), "missing CB1", "unknown XX")
    bad(write_cnt(tmp_path / "c.cnt", signal[:60], labels=CNT_LABELS[:60]), "missing O1, OZ, O2, CB2")
    bad(write_cnt(tmp_path / "d.cnt", signal[:, :9500]), "trial 2", "a recording of 9.5 s", "10 s or more")
    signal[CNT_LABELS.index("O1"), 5 * RATE :] = 0
    bad(write_cnt(tmp_path / "e.cnt", signal), "trial 2: O1", "flat")


def test_list_of_times(tmp_path: Path) -> None:
    path = write_times(tmp_path / seed_v.TIMES_NAME, SHORT)
    assert seed_v.read_times(path) == {k: [(float(a), float(b)) for a, b in trials] for k, trials in SHORT.items()}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Session 2:", "Part 2:", "Session 2: got no such entry"),
        ("[4, 10,", "[10,", "Session 1: got 14 start_second and 15 end_second, expected 15 of each"),
        ("[4, 10,", "[4, 10.2.3,", "Session 1: got a list with '10.2.3', expected numbers"),
        ("[4, 10,", "[2, 10,", "Session 1 trial 1: got 2 to 6, expected a start 3 s or more after 0"),
        ("[4, 10,", "[4, 4,", "Session 1 trial 2: got 4 to 11, expected a start 3 s or more after 6"),
        ("start_second: [4", "start: [4", "Session 1: got no such entry"),
    ],
)
def test_damaged_list_of_times(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_times(tmp_path / seed_v.TIMES_NAME, SHORT)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        seed_v.read_times(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_files_missing_or_twice(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"DATA_ROOT: got .* without EEG_raw"):
        seed_v.load(tmp_path)
    folder = tmp_path / "EEG_raw"
    folder.mkdir()
    with pytest.raises(UserError, match=r"EEG_raw: got no \{subject\}_\{session\}_\{date\}\.cnt"):
        seed_v.load(tmp_path)
    for name in ("1_1_20180804.cnt", "1_3_20180810.cnt"):
        (folder / name).touch()
    with pytest.raises(UserError, match="subject 1: got sessions 1, 3, expected sessions 1, 2, 3"):
        seed_v.load(tmp_path)
    (folder / "1_2_20180811.cnt").touch()
    with pytest.raises(UserError, match=f"got no {seed_v.TIMES_NAME}"):
        seed_v.load(tmp_path)
    (folder / "1_2_20180812.cnt").touch()
    with pytest.raises(UserError, match=r"subject 1 session 2: got 1_2_20180811\.cnt, 1_2_20180812\.cnt, expected one"):
        seed_v.load(tmp_path)


def test_nothing_but_the_error_is_printed(release: Path, capfd: pytest.CaptureFixture[str]) -> None:
    next(iter(seed_v.load(release).read(4)))
    assert capfd.readouterr() == ("", "")


def test_prepare_makes_the_papers_samples(tmp_path: Path) -> None:
    root = write_seed_v(tmp_path / "release", [1], SHORT)
    folder = root / "EEG_raw"
    for subject in (2, 3, 4):
        for path in sorted(folder.glob("1_*.cnt")):
            (folder / f"{subject}{path.name[1:]}").symlink_to(path)
    prepare("seed-v", root, tmp_path / "out")
    arrays = read_npz(tmp_path / "out" / "samples.npz")
    seconds = sum(end - start for trials in SHORT.values() for start, end in trials)
    assert arrays["x"].shape == (4 * seconds, 4, 8, 9)
    assert sorted(set(arrays["y"])) == [0, 1, 2, 3, 4]
    assert len(set(arrays["trial"])) == 4 * 45
