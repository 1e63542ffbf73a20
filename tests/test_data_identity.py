"""A data set's identity: the contents of every file that decides, and what it is called; not where it lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest
from cached import aged_eegmat, read_again
from eeg_files import noise
from emotion_files import dreamer_tree, write_v73
from seed_files import SEED_LABELS, write_times, write_v5

from base.progress import silent
from base.records import ROOT
from flow.run import STAGES
from flow.settings import Settings
from model.data import identity
from model.data.registry import SETS, load
from model.data.sets import folder
from model.data.sets.eegmat import LAYOUT
from study.material import Source, prepare


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return aged_eegmat(tmp_path)


def test_files_that_have_not_changed_are_hashed_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    inner = identity.file_hash

    def counting(path: Path) -> str:
        hashed.append(path.name)
        return inner(path)

    monkeypatch.setattr(identity, "file_hash", counting)
    (root / "Subject03_2.edf").touch()  # so lately that another change could have the same time
    read_again(root, tmp_path / "cache")
    assert len(set(hashed)) == 8
    hashed.clear()
    read_again(root, tmp_path / "cache")
    assert hashed == ["Subject03_2.edf"]
    (tmp_path / "cache" / "files.json").write_text('{"a": ')
    assert read_again(root, tmp_path / "cache") == []


def test_own_recordings_name_what_their_headers_name(tmp_path: Path) -> None:
    """A FIF in two parts: the second, which dataset.toml does not name, counts as well."""
    raw = mne.io.RawArray(noise(0, 90, 1000) * 1e-6, mne.create_info(list(LAYOUT.electrodes), 1000, "eeg"),
                          verbose="ERROR")
    raw.save(tmp_path / "a_raw.fif", fmt="double", split_size="10MB", verbose="ERROR")
    electrodes = list(LAYOUT.electrodes)
    (tmp_path / "dataset.toml").write_text(
        f'name = "own"\nclass_names = ["rest", "work"]\nsampling_hz = 1000\nsample_s = 1.0\nframes_per_sample = 4\n'
        f'electrodes = {electrodes}\n[[trials]]\nfile = "a_raw.fif"\nsubject = 1\nlabel = "rest"\n'
    )
    dataset = folder.load(tmp_path)
    assert dataset.files is not None
    assert {path.name for path in dataset.files(1)} == {"a_raw.fif", "a_raw-1.fif"}
    assert '"label":"rest"' in dataset.parameters


def test_readers_name_every_file_that_decides(tmp_path: Path) -> None:
    """By subject, in the order of the sessions; what load() itself reads is in the parameters or held to constants."""
    names = {"s01.dat", "s02.dat", "1_20131027.mat", "1_20131030.mat", "1_20131107.mat"}
    (tmp_path / "Preprocessed_EEG").mkdir()
    for name in names:
        (tmp_path / "Preprocessed_EEG" / name).touch()
    write_v5(tmp_path / "Preprocessed_EEG" / "label.mat", {"label": np.array([SEED_LABELS])})
    for session, date in ((1, 20160518), (2, 20161125), (3, 20160101)):
        (tmp_path / "eeg_raw_data" / str(session)).mkdir(parents=True)
        (tmp_path / "eeg_raw_data" / str(session) / f"1_{date}.mat").touch()
    (tmp_path / "EEG_raw").mkdir()
    for session in (1, 2, 3):
        (tmp_path / "EEG_raw" / f"1_{session}_2018080{4 - session}.cnt").touch()
    times = {session: [(10 * k + 5, 10 * k + 10) for k in range(15)] for session in (1, 2, 3)}
    write_times(tmp_path / "trial_start_end_timestamp.txt", times)
    write_v73(tmp_path / "DREAMER.mat", {"DREAMER": dreamer_tree(0, subjects=1, seconds=1)})
    wanted = {
        "deap": ["s01.dat"],
        "dreamer": ["DREAMER.mat"],
        "seed": ["1_20131027.mat", "1_20131030.mat", "1_20131107.mat"],
        "seed-iv": ["1_20160518.mat", "1_20161125.mat", "1_20160101.mat"],
        "seed-v": ["1_1_20180803.cnt", "1_2_20180802.cnt", "1_3_20180801.cnt"],
    }
    for name, files in wanted.items():
        dataset = load(name, tmp_path / "Preprocessed_EEG" if name == "deap" else tmp_path)
        assert dataset.files is not None
        assert [path.name for path in dataset.files(1)] == files
    before = load("seed-v", tmp_path).parameters
    times[3][4] = (45, 49)
    write_times(tmp_path / "trial_start_end_timestamp.txt", times)
    assert load("seed-v", tmp_path).parameters != before


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The example's recordings: one behind a link, one named by a path that leads out of the folder."""
    folder = shutil.copytree(ROOT / "examples/own_eeg", tmp_path / "data/own")
    (tmp_path / "elsewhere").mkdir()
    for name in ("person1-rest.npz", "person2-rest.npz"):
        (folder / name).rename(tmp_path / "elsewhere" / name)
    (folder / "person1-rest.npz").symlink_to(tmp_path / "elsewhere/person1-rest.npz")
    change(folder / "dataset.toml", '"person2-rest.npz"', '"../../elsewhere/person2-rest.npz"')
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def turn_a_bit(path: Path) -> None:
    """Contents of the same length, another value in the last array."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# Electrodes in the same order, in other cells.
GRIDS = ('[["Fp1", "", "Fp2"], ["", "Cz", ""], ["O1", "", "O2"]]',
         '[["Fp1", "Fp2", ""], ["Cz", "", ""], ["O1", "O2", ""]]')
CHANGES: dict[str, Callable[[Path], None]] = {
    "behind a link": lambda own: turn_a_bit(own.parents[1] / "elsewhere/person1-rest.npz"),
    "outside the folder": lambda own: turn_a_bit(own.parents[1] / "elsewhere/person2-rest.npz"),
    "classes": lambda own: change(own / "dataset.toml", '"rest"', '"quiet"'),
    "grid": lambda own: change(own / "dataset.toml", *GRIDS),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_run_sees_every_change(own: Path, tmp_path: Path, what: str) -> None:
    def key(root: Path) -> object:
        return STAGES["samples"].also(Settings(dataset="folder", data_root=root, out=tmp_path))

    before = key(own)
    assert key(own) == before
    (own / "notes.txt").write_text("of no recording")
    assert key(own) == before
    CHANGES[what](own)
    assert key(own) != before


@pytest.mark.parametrize("what", ["classes", "grid"])
def test_a_study_sees_every_change(own: Path, tmp_path: Path, what: str) -> None:
    """The features are the same ones; what the page says, and where they stand on the grid, is not."""
    def folder_of() -> Path:
        dataset = load("folder", own)
        source = Source(SETS["folder"], dataset, dataset.settings, tmp_path / "cache")
        return prepare(source, ["loso"], False, tmp_path, silent).folder

    before = folder_of()
    assert folder_of() == before
    CHANGES[what](own)
    assert folder_of() != before


def test_where_the_data_lie_does_not_count(own: Path, tmp_path: Path) -> None:
    before = identity.identity(load("folder", own), tmp_path)
    moved = own.rename(own.parent / "moved")
    assert identity.identity(load("folder", moved), tmp_path) == before
