"""The cache of features: never other values than an extraction, never one that was made from something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cached import SETTINGS, Reads, aged_eegmat, equal, read_again, recordings
from eeg_files import in_memory

from base.files import read_npz
from flow import reading
from flow import run as flow_run
from model.data import cache
from model.data.folds import standardise
from model.data.options import Choice
from model.data.prepare import prepare
from model.data.registry import load
from model.data.sets import simulated
from model.data.sets.eegmat import LAYOUT
from model.data.trials import extract


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return aged_eegmat(tmp_path)


def test_a_hit_reads_nothing_and_is_equal(root: Path, tmp_path: Path) -> None:
    assert read_again(root, tmp_path / "cache") == [0, 1, 2, 3]
    assert read_again(root, tmp_path / "cache") == []
    moved = root.rename(tmp_path / "elsewhere")
    assert read_again(moved, tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"features": ("pse",)}, True),
        ({"features": ("bandpower", "pse")}, True),
        ({"smoothing": "none"}, True),
        ({"standardisation": standardise.PER_SUBJECT}, False),
        ({"train_stride": 4}, False),
    ],
)
def test_settings(root: Path, tmp_path: Path, changed: dict[str, str], missed: bool) -> None:
    read_again(root, tmp_path / "cache")
    settings = replace(SETTINGS, **changed)  # type: ignore[arg-type]
    assert read_again(root, tmp_path / "cache", settings) == ([0, 1, 2, 3] if missed else [])


def test_a_changed_byte_is_seen_in_its_subject_alone(root: Path, tmp_path: Path) -> None:
    read_again(root, tmp_path / "cache")
    path = root / "Subject02_1.edf"
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    assert read_again(root, tmp_path / "cache") == [2]


@pytest.mark.parametrize("part", ["name", "layout", "class_names", "parameters", "code"])
def test_what_else_the_key_holds(root: Path, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read_again(root, tmp_path / "cache")
    other = {"name": "another", "layout": replace(LAYOUT, sample_s=4.0), "class_names": ("rest", "task"),
             "parameters": "other"}
    dataset = load("eegmat", root)
    if part == "code":
        monkeypatch.setattr(cache, "_code", lambda: ["other"])
    else:
        dataset = replace(dataset, **{part: other[part]})  # type: ignore[arg-type]
    counted = Reads(dataset)
    assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), extract(dataset, SETTINGS))
    assert counted.subjects == [0, 1, 2, 3]


def test_an_interrupted_extraction_goes_on(root: Path, tmp_path: Path) -> None:
    counted = Reads(load("eegmat", root), stop=2)
    with pytest.raises(KeyboardInterrupt):
        cache.trials(counted.dataset, SETTINGS, tmp_path / "cache")
    assert counted.subjects == [0, 1]
    assert read_again(root, tmp_path / "cache") == [2, 3]


def test_a_data_set_of_unknown_origin_is_not_kept(tmp_path: Path) -> None:
    """Two data sets in memory, alike in all that could be a key."""
    for scale in (1, 2):
        own = [replace(recording, signal=scale * recording.signal) for recording in recordings()]
        dataset = in_memory(own, LAYOUT, SETTINGS)
        assert equal(cache.trials(dataset, SETTINGS, tmp_path), extract(dataset, SETTINGS))
        windows, _ = cache.signals(dataset, tmp_path)
        assert np.array_equal(windows[0], own[0].signal[:, :768].astype("f4"))


def test_simulated_eeg_has_no_files_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "SUBJECTS", 2)
    for seed, read in ((1, [0, 1]), (1, []), (2, [0, 1])):
        monkeypatch.setattr(simulated, "DATA_SEED", seed)
        counted = Reads(simulated.load())
        found = cache.trials(counted.dataset, SETTINGS, tmp_path)
        assert len({trial.frames.tobytes() for trial in found}) == len(found) == 4
        assert counted.subjects == read


def test_the_run_keeps_its_features_and_tells(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int, str]] = []
    monkeypatch.setattr(flow_run, "tell", lambda *message: told.append(message))
    out = tmp_path / "build"
    given = reading.read("train", {"DATASET": "eegmat", "DATA_ROOT": str(root), "TEST_SUBJECTS": "3", "OUT": str(out)})
    flow_run._samples(given)
    assert told[0] == ("features", 0, 4, "subject 0")
    assert told[-1] == ("features", 4, 4, "subject 3")
    assert len(list((out / "cache").glob("features-*.npz"))) == 4
    prepare("eegmat", root, tmp_path / "plain", Choice(test="3"))
    kept, plain = (read_npz(path / "samples.npz") for path in (out, tmp_path / "plain"))
    assert all(np.array_equal(kept[name], plain[name]) for name in plain)
