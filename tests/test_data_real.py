"""EEGMAT itself, where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from eeg_files import read_signal
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import SVC

from base.files import read_npz
from model.data.options import Choice
from model.data.prepare import prepare

DATA = Path(os.environ.get("FIRSTSPIKE_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
RESAMPLED, PUBLISHED = DATA / "eegmat", DATA / "eegmat-500hz"


def need(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent (FIRSTSPIKE_DATA names its parent)")


def test_published_form_equals_the_resampled_one() -> None:
    """500 Hz with A2-A1 and ECG, resampled here, against the copy resampled by scipy beforehand."""
    need(PUBLISHED)
    need(RESAMPLED)
    for name in ("Subject00_1.edf", "Subject00_2.edf"):
        (ours, said), (theirs, _) = read_signal(PUBLISHED / name), read_signal(RESAMPLED / name)
        assert len(said) == 1
        assert "s at the end, where no electrode moves" in said[0]
        assert abs(ours.shape[1] - theirs.shape[1]) < 16  # the copy rings where the original's tail begins
        length = min(ours.shape[1], theirs.shape[1])
        error = (ours[:, :length] - theirs[:, :length])[:, 128:-128].std() / theirs.std()
        assert error < 0.01


def test_a_linear_svm_beats_chance_on_new_people(tmp_path: Path) -> None:
    need(RESAMPLED)
    prepare("eegmat", RESAMPLED, tmp_path, Choice(test="18-23"))
    said = json.loads((tmp_path / "dataset.json").read_text())
    assert said["subjects_test"] == list(range(18, 24))
    assert (said["samples_val"], said["samples_test"]) == (160, 240)
    data = read_npz(tmp_path / "samples.npz")
    assert np.isfinite(data["x"]).all()
    x = data["x"].reshape(len(data["x"]), -1)
    train, test = data["split"] == 0, data["split"] == 2
    machine = SVC(kernel="linear", C=0.001, class_weight="balanced").fit(x[train], data["y"][train])
    assert balanced_accuracy_score(data["y"][test], machine.predict(x[test])) > 0.6


def test_nothing_still_is_left_at_either_end_of_any_recording() -> None:
    need(RESAMPLED)
    files = sorted(RESAMPLED.glob("Subject*.edf"))
    for path in files:
        signal, said = read_signal(path)
        assert len(said) == 1
        assert "s at the end, where no electrode moves" in said[0]
        still = (signal[:, 1:] == signal[:, :-1]).all(axis=0)
        assert not still[:2].all()
        assert not still[-2:].all()
    assert len(files) == 48
