"""From recordings to files: layout, no leak between subjects or recordings, whole files only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from eeg_files import in_memory, noise, read_all, write_eegmat

from base.errors import UserError
from base.files import read_npz
from model.data import prepare as data_stage
from model.data.folds import standardise
from model.data.folds.protocols import folds, materialise
from model.data.folds.splits import TEST, TRAIN, VALIDATION, split_subjects
from model.data.folds.windows import cut
from model.data.grid import TEN_TWENTY
from model.data.options import Changes, Choice
from model.data.prepare import prepare
from model.data.recording import Dataset, Preparation, Recording
from model.data.sets.eegmat import LAYOUT
from model.data.signal import features
from model.data.signal.conditioning import condition
from model.data.signal.smoothing import smooth
from model.data.trials import extract

SUBJECTS = 8
SETTINGS = Preparation(("pse", "bandpower"), "smoother", standardise.TRAIN_SUBJECTS, 1)
NAMES = LAYOUT.electrodes, features.feature_names(SETTINGS.features)


def dataset(scale_of: dict[int, float] | None = None) -> Dataset:
    """Noise, 18 s (12 frames) per recording; `scale_of` multiplies a subject's signal."""
    scale_of = scale_of or {}
    recordings = tuple(
        Recording(s, 0, label, label, scale_of.get(s, 1.0) * condition(noise(2 * s + label, 18), 128))
        for s in range(SUBJECTS)
        for label in (0, 1)
    )
    return in_memory(recordings, LAYOUT, SETTINGS)


SPLIT = split_subjects(set(range(SUBJECTS)), None)


def assemble(data: Dataset, settings: Preparation = SETTINGS) -> SimpleNamespace:
    """The arrays of a run's samples."""
    trials = extract(data, settings)
    windows = cut(trials, settings, LAYOUT, 2)
    (fold,) = folds("fixed", trials, windows, settings, LAYOUT)
    return SimpleNamespace(**materialise(windows, fold))


def test_counts_and_types() -> None:
    made = assemble(dataset())
    assert {key: array.dtype for key, array in vars(made).items()} == {
        "x": "f4", "y": "i8", "subject": "i8", "trial": "i8", "split": "i1", "mean": "f8", "deviation": "f8"
    }
    assert made.x.shape == (len(made.y), 4 * 6, 5, 5)
    counts = np.bincount(made.split)
    # 12 frames: 9 windows one frame apart, or 3 that share no frame; two recordings per subject
    assert counts.tolist() == [18 * len(SPLIT.train), 6 * len(SPLIT.validation), 6 * len(SPLIT.test)]
    for part, subjects in ((TRAIN, SPLIT.train), (VALIDATION, SPLIT.validation), (TEST, SPLIT.test)):
        assert set(made.subject[made.split == part]) == set(subjects)
    strided = assemble(dataset(), replace(SETTINGS, train_stride=4))
    assert np.bincount(strided.split).tolist()[0] == 6 * len(SPLIT.train)


def test_channel_is_frame_times_features_plus_feature() -> None:
    """One test sample, rebuilt cell by cell from the features of its recording alone."""
    data = dataset()
    made = assemble(data)
    train = [r for r in read_all(data) if r.subject in SPLIT.train]
    frames = np.concatenate([smooth(features.extract(r.signal, SETTINGS.features, LAYOUT), "smoother") for r in train])
    mean, deviation = frames.mean(axis=0), frames.std(axis=0)
    subject = SPLIT.test[0]
    recording = next(r for r in read_all(data) if r.subject == subject and r.label == 1)
    own = (smooth(features.extract(recording.signal, SETTINGS.features, LAYOUT), "smoother") - mean) / deviation
    second = made.x[(made.subject == subject) & (made.y == 1)][1]  # frames 4 to 7
    names = [name for row in TEN_TWENTY for name in row if name is not None]
    for t in range(4):
        for f in range(6):
            for row in range(5):
                for column in range(5):
                    name = TEN_TWENTY[row][column]
                    want = 0.0 if name is None else own[4 + t, names.index(name), f]
                    assert second[t * 6 + f, row, column] == pytest.approx(want, abs=1e-5)


def test_empty_cells_are_exactly_zero() -> None:
    x = assemble(dataset()).x
    empty = np.array([[name is None for name in row] for row in TEN_TWENTY])
    assert not x[:, :, empty].any()
    assert (x[:, :, ~empty] != 0).mean() > 0.99


@pytest.mark.parametrize("outsider", [*SPLIT.validation, *SPLIT.test])
def test_scaling_ignores_subjects_outside_training(outsider: int) -> None:
    before = assemble(dataset())
    after = assemble(dataset({outsider: 50.0}))
    others = before.subject != outsider
    assert np.array_equal(before.x[others], after.x[others])
    assert not np.allclose(before.x[~others], after.x[~others], atol=1)


def test_training_frames_have_mean_0_and_deviation_1() -> None:
    """12 frames per recording and windows of 4 that do not overlap: every training frame once."""
    settings = replace(SETTINGS, train_stride=4)
    trials = extract(dataset(), settings)
    windows = cut(trials, settings, LAYOUT, 2)
    (fold,) = folds("fixed", trials, windows, settings, LAYOUT)
    assert set(windows.subject[fold.train]) == set(SPLIT.train)
    scaled = (windows.x[fold.train] - fold.mean) / fold.deviation
    train = scaled[..., windows.occupied].reshape(len(scaled) * 4, 6, -1)  # (frames, features, electrodes)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-9)


def test_transductive_scaling_is_each_subjects_own() -> None:
    frames = [features.extract(r.signal, ("bandpower",), LAYOUT) for r in read_all(dataset({7: 50.0}))]
    subjects = [r.subject for r in read_all(dataset())]
    scaled = standardise.by_subject(frames, subjects, NAMES[0], NAMES[1][1:])
    for subject in range(SUBJECTS):
        own = np.concatenate([f for f, s in zip(scaled, subjects, strict=True) if s == subject])
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(own.std(axis=0), 1, atol=1e-9)


@pytest.mark.parametrize("still", [3.0, 3.0 + 1e-5 * np.arange(6), 0.0], ids=["constant", "rounding", "zero"])
@pytest.mark.parametrize(("kind", "whose"), [(standardise.TRAIN_SUBJECTS, "training frames"),
                                             (standardise.PER_SUBJECT, "subject 0")])
def test_a_feature_that_does_not_move_is_refused_by_name(kind: str, whose: str, still: np.ndarray | float) -> None:
    """float32 would show the network its rounding; with a deviation of 0 it would be 0 for ever."""
    frames = np.random.default_rng(0).normal(size=(2, 6, 2, 3))
    names = ("Fp1", "Cz"), ("pse", "de_alpha", "de_beta")

    def scale() -> None:
        if kind == standardise.PER_SUBJECT:
            standardise.by_subject(list(frames), [0, 1], *names)
        else:
            standardise.fit([frames[0]], *names)

    scale()
    frames[0, :, 1, 1] = still
    message = f"^{whose}: Cz: de_alpha: got [03].* in all 6, .* expected a feature that moves$"
    with pytest.raises(UserError, match=message):
        scale()


def test_smoothing_stays_within_a_recording() -> None:
    """Changing one recording of a validation subject leaves that subject's other recording as it was."""
    data = dataset()
    subject = SPLIT.validation[0]
    changed = tuple(
        replace(r, signal=9 * r.signal) if (r.subject, r.label) == (subject, 0) else r for r in read_all(data)
    )
    before = assemble(data)
    after = assemble(in_memory(changed, LAYOUT, SETTINGS))
    touched = (before.subject == subject) & (before.y == 0)
    assert np.array_equal(before.x[~touched], after.x[~touched])
    assert not np.allclose(before.x[touched], after.x[touched])


@pytest.fixture(scope="module")
def eegmat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_eegmat(tmp_path_factory.mktemp("eegmat"), range(SUBJECTS))


def test_prepare_writes_both_files(eegmat_folder: Path, tmp_path: Path) -> None:
    changes = Changes(features=("pse",), standardisation=standardise.PER_SUBJECT)
    prepare("eegmat", eegmat_folder, tmp_path, Choice(test="0,7"), changes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset.json", "samples.npz"]
    arrays = read_npz(tmp_path / "samples.npz")
    said = json.loads((tmp_path / "dataset.json").read_text())
    assert sorted(arrays) == ["deviation", "mean", "split", "subject", "trial", "x", "y"]
    assert arrays["x"].shape[1:] == (4, 5, 5)
    assert (said["name"], said["simulated"], said["shape"], said["features"]) == ("eegmat", False, [4, 5, 5], ["pse"])
    assert (said["classes"], said["class_names"]) == (2, ["rest", "arithmetic"])
    assert said["standardisation"] == "per-subject-transductive"
    assert (said["split"], said["subjects_test"]) == ("subjects", [0, 7])
    for part, name in enumerate(("train", "val", "test")):
        inside = arrays["split"] == part
        assert said[f"samples_{name}"] == inside.sum() > 0
        assert said[f"subjects_{name}"] == sorted(set(arrays["subject"][inside]))


def test_within_subjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole trials: each of them is in one part, and everyone is in all."""
    recordings = [Recording(s, 0, k, k % 2, condition(noise(8 * s + k, 12), 128)) for s in range(3) for k in range(6)]
    monkeypatch.setattr(data_stage, "load", lambda *_: in_memory(recordings, LAYOUT, SETTINGS))
    data_stage.prepare("noise", None, tmp_path, Choice("within"))
    arrays, said = read_npz(tmp_path / "samples.npz"), json.loads((tmp_path / "dataset.json").read_text())
    assert (said["split"], said["subjects_train"], said["subjects_test"]) == ("within", [0, 1, 2], [0, 1, 2])
    parts = [set(arrays["trial"][arrays["split"] == code]) for code in (TRAIN, VALIDATION, TEST)]
    assert [len(part) for part in parts] == [6, 6, 6]
    assert len(set().union(*parts)) == 18


def test_the_description_says_what_a_reader_of_the_report_must_know(eegmat_folder: Path, tmp_path: Path) -> None:
    prepare("eegmat", eegmat_folder, tmp_path, changes=Changes(features=("pse", "bandpower")))
    said = json.loads((tmp_path / "dataset.json").read_text())
    assert (said["sample_s"], said["frame_s"], said["sampling_hz"]) == (6.0, 1.5, 128)
    assert said["bands_hz"]["alpha"] == [8.0, 13.0]
    assert said["bands_hz"]["pass band"] == [1.0, 45.0]
    assert "not emotion" in said["cautions"][0]


def test_prepare_is_repeatable(eegmat_folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare("eegmat", eegmat_folder, tmp_path / name)
    a, b = (read_npz(tmp_path / name / "samples.npz") for name in ("a", "b"))
    assert all(np.array_equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "nosuch"}, "DATASET: got 'nosuch', expected one of simulated, eegmat"),
        ({"changes": Changes(features=("psd",))}, "features: got psd"),
        ({"changes": Changes(smoothing="kalman")}, "smoothing: got kalman"),
        ({"changes": Changes(standardisation="none")}, "standardisation: got none"),
        ({"changes": Changes(train_stride=3)}, "train_stride: got 3, expected a divisor of the 4 frames of a sample"),
        ({"choice": Choice(split="windows")}, "SPLIT: got 'windows', expected one of subjects, within"),
        ({"choice": Choice("within", test="7")}, "TEST_SUBJECTS: got '7' with SPLIT=within, expected none"),
        ({"choice": Choice(validation="7")}, "VALIDATION_SUBJECTS: got 7, who are tested"),
        ({"choice": Choice(test="7-")}, "TEST_SUBJECTS: got '7-'"),
        ({"choice": Choice(test="7-9")}, "TEST_SUBJECTS: got 8-9, not in the data"),
        ({"changes": Changes(train_stride=0)}, "train_stride: got 0, expected at least 1"),
    ],
)
def test_prepare_rejects(eegmat_folder: Path, tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    settings: dict[str, object] = {"name": "eegmat", "root": eegmat_folder, "out": tmp_path} | arguments
    with pytest.raises(UserError) as caught:
        prepare(**settings)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []
