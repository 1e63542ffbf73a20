"""DREAMER and MATLAB files: v5 and v7.3 read alike, one clear line from a bad one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from eeg_files import read_all
from emotion_files import ELECTRODES, dreamer_tree, write_v5, write_v73

from base.errors import UserError
from base.files import read_json, read_npz
from model.data.formats.matlab import MatFile
from model.data.options import Choice
from model.data.prepare import prepare
from model.data.registry import load
from model.data.sets import dreamer
from model.data.sets.montage import from_montage

WRITERS = {"v5": write_v5, "v7.3": write_v73}
both = pytest.mark.parametrize("version", WRITERS)


def write(folder: Path, tree: dict[str, Any], version: str) -> Path:
    return WRITERS[version](folder / "DREAMER.mat", {"DREAMER": tree})


def refused(path: Path, *words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_all(load("dreamer", path.parent))
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


@pytest.mark.parametrize(("version", "task"), [("v5", "valence"), ("v7.3", "arousal"), ("v7.3", "dominance")])
def test_last_minute_by_the_clips_own_baseline(tmp_path: Path, version: str, task: str) -> None:
    tree = dreamer_tree(0, subjects=2)
    write(tmp_path, tree, version)
    dataset = load(f"dreamer-{task}", tmp_path)
    recordings = read_all(dataset)
    assert dataset.subjects == (1, 2)
    assert [(r.subject, r.session, r.trial) for r in recordings] == [(s, 1, t) for s in (1, 2) for t in range(1, 19)]
    for index in (0, 17, 20):
        subject = tree["Data"][recordings[index].subject - 1]
        stimuli, baseline = (subject["EEG"][part][recordings[index].trial - 1] for part in ("stimuli", "baseline"))
        score = subject[f"Score{task.capitalize()}"][recordings[index].trial - 1, 0]
        assert recordings[index].label == int(score > 3)
        assert recordings[index].signal.shape == (14, 7680)
        for row in (0, 5, 13):
            column = ELECTRODES.index(dreamer.LAYOUT.electrodes[row])
            want = (stimuli[-7680:, column] - baseline[:, column].mean()) / baseline[:, column].std()
            np.testing.assert_allclose(recordings[index].signal[row], want, rtol=1e-10)


def test_prepare_makes_9x4x5(tmp_path: Path) -> None:
    tree = dreamer_tree(1, subjects=4)
    write(tmp_path, tree, "v7.3")
    prepare("dreamer-arousal", tmp_path, tmp_path / "out", Choice(test="4"))
    arrays, said = read_npz(tmp_path / "out" / "samples.npz"), read_json(tmp_path / "out" / "dataset.json")
    assert arrays["x"].shape == (4 * 18 * 40, 9, 4, 5)
    assert (said["name"], said["shape"]) == ("dreamer-arousal", [9, 4, 5])
    assert len(set(arrays["trial"])) == 4 * 18


def test_grid_is_the_montages() -> None:
    assert from_montage(dreamer.CHANNELS, 4, 5) == dreamer.LAYOUT.grid


@both
def test_malformed_trees(tmp_path: Path, version: str) -> None:
    tree = dreamer_tree(2, seconds=1)
    subject = tree["Data"][0]
    path = write(tmp_path, {**tree, "EEG_SamplingRate": np.array([[256.0]])}, version)
    refused(path, "EEG_SamplingRate: got [256.0], expected 128 Hz")
    write(tmp_path, {**tree, "EEG_Electrodes": ELECTRODES[::-1]}, version)
    refused(path, "EEG_Electrodes: got AF4 F8", "expected AF3 F7")
    write(tmp_path, {key: value for key, value in tree.items() if key != "Data"}, version)
    refused(path, "DREAMER: got fields EEG_", "expected a field named Data in it")
    WRITERS[version](path, {"EEG": np.zeros((2, 2))})
    refused(path, "variables: got EEG, expected one named DREAMER")

    def with_eeg(**parts: Any) -> dict[str, Any]:
        return {**tree, "Data": [{**subject, "EEG": {**subject["EEG"], **parts}}]}

    write(tmp_path, with_eeg(stimuli=subject["EEG"]["stimuli"][:17]), version)
    refused(path, "subject 1: EEG.stimuli: got 17 trials, expected 18")
    write(tmp_path, with_eeg(stimuli=[s[:100] for s in subject["EEG"]["stimuli"]]), version)
    refused(path, "subject 1, trial 1: stimuli: got 100 samples, expected at least 7680")
    write(tmp_path, with_eeg(baseline=[s[:, :13] for s in subject["EEG"]["baseline"]]), version)
    refused(path, "trial 1: baseline: got shape (256, 13), expected (samples, 14)")
    write(tmp_path, with_eeg(baseline=[s.T for s in subject["EEG"]["baseline"]]), version)
    refused(path, "baseline: got shape (14, 256)")
    write(tmp_path, with_eeg(stimuli="none"), version)
    refused(path, "stimuli: got", "expected a cell array")
    write(tmp_path, {**tree, "Data": [{**subject, "ScoreValence": subject["ScoreValence"][:5]}]}, version)
    refused(path, "subject 1: ScoreValence: got 5 ratings, expected 18")
    write(tmp_path, {**tree, "Data": [{**subject, "ScoreValence": subject["ScoreValence"] * 2}]}, version)
    refused(path, "ScoreValence: got a rating of", "expected 1 … 5")


@both
@pytest.mark.parametrize("keep", [0, 60, 200, 0.3, 0.9])
def test_truncated(tmp_path: Path, version: str, keep: float) -> None:
    path = write(tmp_path, dreamer_tree(3, seconds=5), version)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    refused(path, "damaged or truncated")


@both
def test_damaged_in_the_middle(tmp_path: Path, version: str) -> None:
    """Some damage is noticed by the format, some only in the values; never is it a traceback."""
    path = write(tmp_path, dreamer_tree(4, seconds=1), version)
    content = path.read_bytes()
    for place in range(600, len(content), len(content) // 12):
        damaged = bytes(byte ^ 0x55 for byte in content[place : place + 64])
        path.write_bytes(content[:place] + damaged + content[place + 64 :])
        refused(path)


def test_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "DREAMER.mat"
    scipy.io.savemat(path, {"DREAMER": np.zeros((2, 2))}, format="4")
    refused(path, "format: got MATLAB v4, expected MATLAB v5, v6, v7 or v7.3")
    path.write_text("<html>404</html>" * 100)
    refused(path, "MATLAB")
    path.unlink()
    with pytest.raises(UserError, match=r"DATA_ROOT: got .*, without DREAMER\.mat"):
        load("dreamer", tmp_path)
    with pytest.raises(UserError, match=r"DATA_ROOT: got none, without DREAMER\.mat"):
        load("dreamer", None)


@both
def test_arrays_keep_matlabs_shape_and_names(tmp_path: Path, version: str) -> None:
    array = np.arange(6.0).reshape(2, 3)
    path = WRITERS[version](tmp_path / "a.mat", {"b": array, "a": {"text": "Fp1", "cells": [array, "x", [array + 1]]}})
    with MatFile(path) as mat:
        assert sorted(mat.names) == ["a", "b"]
        assert np.array_equal(mat.read("b"), array)
        assert np.array_equal(mat.read("a", "cells", 2, 0), array + 1)
        assert (mat.text("a", "text"), mat.text("a", "cells", 1), mat.length("a", "cells")) == ("Fp1", "x", 3)
        for call, message in (
            (lambda: mat.read("c"), "variables: got .*, expected one named c"),
            (lambda: mat.read("a", "cells", 3), r"a\.cells: got 3 cells, expected cell 4 in it"),
            (lambda: mat.read("b", "x"), "b: got an array of float64, expected a field named x in it"),
            (lambda: mat.read("a", "cells"), r"a\.cells: got 3 cells, expected a numeric array"),
            (lambda: mat.read("a"), "a: got a struct, expected a numeric array"),
            (lambda: mat.text("b"), "b: got an array of float64, expected text"),
            (lambda: mat.length("b"), "b: got an array of float64, expected a cell array"),
        ):
            with pytest.raises(UserError, match=message):
                call()
