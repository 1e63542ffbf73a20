"""Reading SEED and SEED-IV: every trial where it belongs, one clear line from a bad file."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import mne
import numpy as np
import pytest
from seed_files import SEED_LABELS, eeg, session, write_seed, write_seed_iv, write_v5, write_v73

from base.errors import UserError
from base.files import read_npz
from model.data.prepare import prepare
from model.data.registry import load
from model.data.sets import seed
from model.data.sets.seed_cap import FILE_ORDER, GRID, LAYOUT
from model.data.signal.features import spectral_entropy


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two subjects of SEED; tests that damage a file take a copy of their own."""
    return write_seed(tmp_path_factory.mktemp("SEED"), [1, 2])


@pytest.fixture(scope="module")
def release_iv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_seed_iv(tmp_path_factory.mktemp("SEED_IV"), [1, 2])


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """Subject 3 alone, to be damaged; its first session is one/Preprocessed_EEG/3_20131027.mat."""
    return write_seed(tmp_path / "one", [3])


def scaled(signal: np.ndarray) -> np.ndarray:
    return (signal - signal.mean(axis=1, keepdims=True)) / signal.std(axis=1, keepdims=True)


def bad(root: Path, path: Path, *words: str) -> None:
    """Reading subject 3 must fail with one line that names the file and holds every word."""
    with pytest.raises(UserError) as caught:
        list(seed.load(root).read(3))
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


def test_grid_follows_the_montage() -> None:
    """Left to right in every row, front to back in every column; all 62 electrodes, each once."""
    position = mne.channels.make_standard_montage("colin27_1005").get_positions()["ch_pos"]
    position |= {"CB1": position["PO9"], "CB2": position["PO10"]}
    assert (len(GRID), {len(row) for row in GRID}) == (8, {9})
    for row in GRID:
        across = [position[name][0] for name in row if name is not None]
        assert across == sorted(across)
    for column in zip(*GRID, strict=True):
        along = [-position[name][1] for name in column if name not in (None, "CB1", "CB2")]
        assert along == sorted(along)
    assert sorted(FILE_ORDER) == sorted(LAYOUT.electrodes)
    assert len(set(FILE_ORDER)) == 62
    middle = [row[4] for row in GRID]
    assert middle == ["Fpz", "Fz", "FCz", "Cz", "CPz", "Pz", "POz", "Oz"]


def test_sample_of_the_papers_table() -> None:
    assert LAYOUT.shape == (4, 8, 9)
    assert (LAYOUT.sample_samples, LAYOUT.frame_samples) == (200, 50)


def test_every_trial_is_its_array_scaled_and_in_the_order_of_the_grid(release: Path) -> None:
    dataset = seed.load(release)
    assert dataset.subjects == (1, 2)
    recordings = list(dataset.read(2))
    assert [(r.session, r.trial) for r in recordings] == [(s, t) for s in (1, 2, 3) for t in range(1, 16)]
    assert [r.label for r in recordings] == [label + 1 for label in SEED_LABELS] * 3
    assert dataset.class_names == ("negative", "neutral", "positive")
    for recording in (recordings[0], recordings[15 + 9]):
        raw = session(20 + recording.session, 15)[f"djc_eeg{recording.trial}"]
        want = scaled(raw)
        assert recording.signal.shape == want.shape
        for row, name in enumerate(LAYOUT.electrodes):
            np.testing.assert_allclose(recording.signal[row], want[FILE_ORDER.index(name)], atol=1e-9)


def test_inner_folder_is_taken_too(release: Path, release_iv: Path) -> None:
    assert seed.load(release / "Preprocessed_EEG").subjects == (1, 2)
    assert seed.load_iv(release_iv / "eeg_raw_data").subjects == (1, 2)


def test_seed_iv_sessions_are_the_folders(release_iv: Path) -> None:
    dataset = seed.load_iv(release_iv)
    recordings = list(dataset.read(1))
    assert [(r.session, r.trial) for r in recordings] == [(s, t) for s in (1, 2, 3) for t in range(1, 25)]
    assert dataset.class_names == ("neutral", "sad", "fear", "happy")
    # Per session six of each, and what its list begins with: sad fear happy neutral; fear sad happy neutral; ...
    labels = np.array([r.label for r in recordings]).reshape(3, 24)
    assert all(np.bincount(row).tolist() == [6, 6, 6, 6] for row in labels)
    assert labels[:, :4].tolist() == [[1, 2, 3, 0], [2, 1, 3, 0], [1, 2, 2, 1]]
    third = session(13, 24, "cz_eeg", 400)["cz_eeg1"]  # the earliest date, yet session 3
    np.testing.assert_allclose(recordings[48].signal[LAYOUT.electrodes.index("Fp1")], scaled(third)[0], atol=1e-9)


def test_v73_reads_the_same(one: Path) -> None:
    path = one / "Preprocessed_EEG" / "3_20131027.mat"
    before = [r.signal for r in seed.load(one).read(3)]
    write_v73(path, session(31, 15))
    write_v73(one / "Preprocessed_EEG" / "label.mat", {"label": np.array([SEED_LABELS])})
    for a, b in zip(before, seed.load(one).read(3), strict=True):
        np.testing.assert_allclose(a, b.signal, atol=1e-12)


def test_entropy_does_not_depend_on_the_scaling() -> None:
    """So that the missing rest period of these files cannot matter for the paper's feature."""
    signal = eeg(0, 1000)
    np.testing.assert_allclose(
        spectral_entropy(signal, LAYOUT), spectral_entropy(scaled(signal), LAYOUT), atol=1e-9
    )


def test_one_trial_is_in_memory_at_a_time(tmp_path: Path) -> None:
    """Fifteen trials of 100 s, 10 MB each: the peak stays far below their sum."""
    root = write_seed(tmp_path, [1])
    long = {f"djc_eeg{k}": eeg(k, 20_000).astype(np.float32) for k in range(1, 16)}
    write_v5(root / "Preprocessed_EEG" / "1_20131027.mat", long)
    del long
    recordings = iter(seed.load(root).read(1))
    tracemalloc.start()
    for _ in range(15):
        next(recordings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 70e6


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (tuple(-label for label in SEED_LABELS), "-1 0 1"),
        (SEED_LABELS[:14], "(1, 14)"),
        ((1, 2, 3, 0, 2, 0, 0, 1, 0, 1, 2, 1, 1, 1, 2), "1 2 3 0"),
    ],
    ids=["swapped", "short", "of SEED-IV"],
)
def test_another_label_file(one: Path, labels: tuple[int, ...], shown: str) -> None:
    path = write_v5(one / "Preprocessed_EEG" / "label.mat", {"label": np.array([labels])})
    bad(one, path, "label", shown, "expected (1, 15) 1 0 -1 -1")


def test_label_file_without_labels(one: Path) -> None:
    path = write_v5(one / "Preprocessed_EEG" / "label.mat", {"labels": np.zeros((1, 15))})
    bad(one, path, "label")
    path.unlink()
    bad(one, path)


@pytest.mark.parametrize("keep", [0, 100, 5000, 0.5, 0.999])
def test_truncated_file(one: Path, keep: float) -> None:
    path = one / "Preprocessed_EEG" / "3_20131027.mat"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    bad(one, path)


def test_missing_and_extra_trials(one: Path) -> None:
    path = one / "Preprocessed_EEG" / "3_20131030.mat"
    variables = session(0, 15)
    del variables["djc_eeg7"]
    write_v5(path, variables)
    bad(one, path, "trial 7", "no variable")
    write_v5(path, session(0, 16))
    bad(one, path, "djc_eeg16", "1 to 15")
    write_v5(path, session(0, 15) | {"xyz_eeg2": eeg(0, 600)})
    bad(one, path, "trial 2", "djc_eeg2, xyz_eeg2")


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (eeg(0, 600, 61), ("shape (61, 600)", "expected (62, samples)")),
        (eeg(0, 600).T, ("shape (600, 62)",)),
        (eeg(0, 600)[0], ("shape (1, 600)",)),  # MATLAB has no one-dimensional arrays
        (eeg(0, 150), ("150 samples, 0.75 s", "1 to 400 s")),
        (np.zeros((62, 235_000), np.float32), ("235000 samples, 1175 s at 200 Hz",)),  # 1000 Hz, not 200
    ],
    ids=["61 channels", "transposed", "one row", "too short", "wrong rate"],
)
def test_array_of_another_shape(one: Path, signal: np.ndarray, words: tuple[str, ...]) -> None:
    path = one / "Preprocessed_EEG" / "3_20131107.mat"
    write_v5(path, session(0, 15) | {"djc_eeg4": signal})
    bad(one, path, "djc_eeg4", *words)


def test_array_that_is_no_signal(one: Path) -> None:
    path = one / "Preprocessed_EEG" / "3_20131107.mat"
    broken = eeg(0, 600)
    broken[5, 17] = np.nan
    write_v5(path, session(0, 15) | {"djc_eeg4": broken})
    bad(one, path, "djc_eeg4: F7", "NaN")
    broken[5] = 3.0
    write_v5(path, session(0, 15) | {"djc_eeg4": broken})
    bad(one, path, "djc_eeg4: F7", "flat")
    write_v5(path, session(0, 15) | {"djc_eeg4": np.array([["text"]], dtype=object)})
    bad(one, path, "djc_eeg4")


def test_folders_and_files_missing(tmp_path: Path, one: Path) -> None:
    with pytest.raises(UserError, match=r"DATA_ROOT: got none, expected .*Preprocessed_EEG"):
        seed.load(None)
    with pytest.raises(UserError, match=r"DATA_ROOT: got .*nowhere without eeg_raw_data"):
        seed.load_iv(tmp_path / "nowhere")
    (tmp_path / "Preprocessed_EEG").mkdir()
    with pytest.raises(UserError, match=r"Preprocessed_EEG: got no \{subject\}_\{date\}\.mat"):
        seed.load(tmp_path)
    (one / "Preprocessed_EEG" / "3_20131030.mat").unlink()
    with pytest.raises(UserError, match=r"subject 3: got 3_20131027\.mat, 3_20131107\.mat, expected 3 files"):
        seed.load(one)


def test_seed_iv_files_missing_or_twice(tmp_path: Path) -> None:
    root = write_seed_iv(tmp_path, [5])
    folder = root / "eeg_raw_data"
    (folder / "2" / "5_20161125.mat").rename(folder / "1" / "5_20161125.mat")
    with pytest.raises(UserError, match=r"1: subject 5: got 5_20160518\.mat, 5_20161125\.mat, expected one file"):
        seed.load_iv(root)
    (folder / "1" / "5_20161125.mat").unlink()
    write_v5(folder / "2" / "6_20150101.mat", {})
    with pytest.raises(UserError, match=r"subject 5: got files in 1, 3 alone, expected one in each"):
        seed.load_iv(root)
    (folder / "3" / "5_20160101.mat").unlink()
    (folder / "3").rmdir()
    with pytest.raises(UserError, match=r"eeg_raw_data: got no folder 3"):
        seed.load_iv(root)


@pytest.mark.parametrize(("name", "trials", "classes"), [("seed", 15, 3), ("seed-iv", 24, 4)])
def test_prepare_makes_the_papers_samples(name: str, trials: int, classes: int, tmp_path: Path) -> None:
    write = {"seed": write_seed, "seed-iv": write_seed_iv}[name]
    prepare(name, write(tmp_path / "release", [1, 2, 3, 4]), tmp_path / "out")
    arrays = read_npz(tmp_path / "out" / "samples.npz")
    windows = {"seed": 3, "seed-iv": 2}[name]  # whole seconds, none shared
    assert arrays["x"].shape == (4 * 3 * trials * windows, 4, 8, 9)
    assert sorted(set(arrays["y"])) == list(range(classes))
    assert len(set(arrays["trial"])) == 4 * 3 * trials
    for number in set(arrays["trial"]):
        inside = arrays["trial"] == number
        assert len(set(arrays["split"][inside])) == len(set(arrays["y"][inside])) == 1
    empty = np.array([[electrode is None for electrode in row] for row in GRID])
    assert not arrays["x"][:, :, empty].any()
    assert re.fullmatch(r"\d{6}", str(arrays["trial"][0]))  # subject 1 session 1 trial 1 is 101001


@pytest.mark.parametrize(("name", "inner"), [("seed", "Preprocessed_EEG"), ("seed-iv", "eeg_raw_data")])
def test_data_root_by_other_names(
    name: str, inner: str, release: Path, release_iv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From inside the folder, and through a link of another name."""
    root = {"seed": release, "seed-iv": release_iv}[name]
    monkeypatch.chdir(root / inner)
    assert load(name, Path()).subjects == (1, 2)
    (tmp_path / "my data").symlink_to(root / inner)
    assert load(name, tmp_path / "my data").subjects == (1, 2)
    monkeypatch.chdir(root)
    assert load(name, Path()).subjects == (1, 2)
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / inner).mkdir()
    (tmp_path / "both" / {"seed": "1_20131027.mat", "seed-iv": "1"}[name]).mkdir()
    with pytest.raises(UserError, match=f"both with recordings beside {inner}, expected one of the two"):
        load(name, tmp_path / "both")


@pytest.mark.parametrize("other", ["03_20131027.mat", "3_20131027.MAT"])
def test_two_files_of_one_subject_and_date(one: Path, other: str) -> None:
    """With the third date gone they would be three sessions."""
    folder = one / "Preprocessed_EEG"
    (folder / "3_20131107.mat").rename(folder / other)
    with pytest.raises(UserError, match=r"subject 3, 20131027: got \S+ and \S+, expected one file") as caught:
        seed.load(one)
    assert other in str(caught.value)
    assert "3_20131027.mat" in str(caught.value)


def test_amplitude_that_is_not_microvolt(one: Path) -> None:
    """Scaled by itself a trial in volt looks like any other: only its amplitude tells."""
    path = one / "Preprocessed_EEG" / "3_20131107.mat"
    write_v5(path, session(0, 15) | {"djc_eeg4": 1e-6 * eeg(0, 600)})
    bad(one, path, "djc_eeg4: AF3: got", "as if in volt")
    broken = eeg(0, 600)
    broken[40] = broken[7]
    write_v5(path, session(0, 15) | {"djc_eeg4": broken})
    bad(one, path, "djc_eeg4: TP8: got a copy of F3")
