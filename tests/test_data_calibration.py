"""`rest-baseline`: everyone by their own rest alone, which is in no part; and what the other baseline tells apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from eeg_files import in_memory, noise
from live_runs import write_folder
from own_files import HEAD, describe
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC
from trials_of_noise import FEATURES, LAYOUT, SETTINGS

from base.errors import UserError
from base.files import read_json, read_npz
from model.data import cache
from model.data.folds import standardise
from model.data.folds.calibration import Swap, calibrated
from model.data.folds.protocols import folds, standardised
from model.data.folds.windows import Windows, cut
from model.data.options import Changes, Choice
from model.data.prepare import prepare
from model.data.recording import Dataset, Recording, trial_number
from model.data.registry import load
from model.data.sets import eegmat
from model.data.signal import features
from model.data.signal.smoothing import smooth
from model.data.trials import Trial, extract

REST_S, BORDER = 9.0, 6  # frames of 1.5 s
CALIBRATED = replace(eegmat.SETTINGS, standardisation=standardise.REST_BASELINE, rest_s=REST_S)
OWN = replace(SETTINGS, standardisation=standardise.REST_BASELINE, rest_s=40.0)


def recordings(seconds: tuple[float, ...] = (24, 21), louder: int | None = None) -> Dataset:
    """Noise; the first seconds of each recording of subject `louder` are another's."""
    made = []
    for subject in range(4):
        for label, length in enumerate(seconds):
            signal = noise(2 * subject + label, length)
            if subject == louder:
                signal[:, : int(REST_S * 128)] = 3 * noise(99 + label, REST_S)
            made.append(Recording(subject, 0, label, label, signal))
    return replace(in_memory(made, eegmat.LAYOUT, CALIBRATED), rest="a")


def test_smoothing_and_scaling_do_not_cross_the_border() -> None:
    """Rest of 24 s: 6 frames that calibrate, 10 that are used. The other class: the first 4 of its 14 for the swap."""
    data = recordings()
    rest, task = extract(data, CALIBRATED)[:2]
    assert (rest.border, len(rest.frames), task.border, len(task.frames)) == (6, 16, 4, 14)
    for trial, recording in zip((rest, task), data.read(0), strict=True):
        frames = features.extract(recording.signal, CALIBRATED.features, eegmat.LAYOUT)
        for own in (slice(0, trial.border), slice(trial.border, None)):
            assert np.array_equal(trial.frames[own], smooth(frames[own], "smoother"))
    used = calibrated([rest, task], data, CALIBRATED)
    mean, deviation = rest.frames[:BORDER].mean(axis=0), rest.frames[:BORDER].std(axis=0)
    assert [len(trial.frames) for trial in used] == [10, 14]
    np.testing.assert_allclose(used[0].frames, (rest.frames[BORDER:] - mean) / np.sqrt(deviation), rtol=1e-12)
    np.testing.assert_allclose(used[1].frames, (task.frames - mean) / np.sqrt(deviation), rtol=1e-12)


def windows_of(data: Dataset) -> tuple[list[Trial], Windows]:
    trials = calibrated(extract(data, CALIBRATED), data, CALIBRATED)
    return trials, cut(trials, CALIBRATED, data.layout, 2)


def test_a_persons_rest_moves_that_person_alone() -> None:
    """Training, validation and test are treated alike: no window has a frame of anyone's rest seconds."""
    data, other = recordings(), recordings(louder=2)
    (trials, windows), (_, moved) = windows_of(data), windows_of(other)
    assert np.bincount(windows.y).tolist() == [4 * 7, 4 * 11]
    same = windows.subject != 2
    assert np.array_equal(windows.x[same], moved.x[same])
    assert not np.isclose(windows.x[~same][:, :, windows.occupied], moved.x[~same][:, :, windows.occupied]).any(axis=(
        1, 2)).all()
    for fold in folds("loso", trials, windows, CALIBRATED, data.layout):
        assert not fold.mean.any()
        train = np.concatenate([trial.frames for trial in trials if trial.number in windows.trial[fold.train]])
        row = np.argwhere(windows.occupied)[0]
        assert fold.deviation[0, row[0], row[1]] == train.std(axis=0)[0, 0]


def test_the_cache_knows_the_border(tmp_path: Path) -> None:
    data = replace(recordings(), files=lambda _: [])
    fresh = extract(data, CALIBRATED)
    for settings in (CALIBRATED, data.settings, replace(CALIBRATED, rest_s=6.0), CALIBRATED):
        found = cache.trials(data, settings, tmp_path)
        wanted = extract(data, settings)
        assert [trial.border for trial in found] == [trial.border for trial in wanted]
        assert all(np.array_equal(a.frames, b.frames) for a, b in zip(found, wanted, strict=True))
    assert [trial.border for trial in fresh] == [6, 4] * 4


def test_another_rest_of_a_person_is_not_cut() -> None:
    data = recordings()
    again = [Recording(0, 1, 0, 0, noise(77, 15))]
    twice = replace(data, read=lambda subject: [*data.read(subject), *(again if subject == 0 else [])])
    trials = [trial for trial in extract(twice, CALIBRATED) if trial.subject == 0]
    assert [trial.border for trial in trials] == [6, 4, 0]
    assert [len(trial.frames) for trial in calibrated(trials, twice, CALIBRATED)] == [10, 14, 10]


@pytest.mark.parametrize(("data", "message"), [
    (replace(recordings(), rest=None), "noise: STANDARDISATION: got rest-baseline, expected a data set of which one "
     "class is a person's rest, such as eegmat, or else train-subjects"),
    (recordings((13.5, 21)), "noise: subject 0, session 0, trial 0: rest: got 13.5 s, expected at least 15 s: "
     "REST_SECONDS=9 and a sample"),
])
def test_what_cannot_be_calibrated_is_refused(data: Dataset, message: str) -> None:
    with pytest.raises(UserError) as refused:
        extract(data, CALIBRATED)
    assert str(refused.value) == message


def test_a_person_without_rest_is_refused() -> None:
    data = recordings()
    with pytest.raises(UserError, match="noise: subject 1: got no recording of a, expected one, for rest-baseline"):
        calibrated([trial for trial in extract(data, CALIBRATED) if trial.number != trial_number(1, 0, 0)], data,
                   CALIBRATED)


def test_a_folder_names_its_rest(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=noise(0, 9, 200, channels=5), sampling_hz=200)
    trials = [f'file = "a.npz"\nsubject = 0\nlabel = "{label}"\nstart_s = {start}\nstop_s = {start + 4}'
              for start, label in ((0, "rest"), (4, "work"))]
    assert load("folder", describe(tmp_path, *trials)).rest is None
    named = load("folder", describe(tmp_path, *trials, head=HEAD + 'rest = "rest"\n'))
    assert named.rest_label == 0
    with pytest.raises(UserError, match=r"dataset.toml: rest: got 'idle', expected one of rest, work"):
        load("folder", describe(tmp_path, *trials, head=HEAD + 'rest = "idle"\n'))


def test_samples_of_a_run_say_it(tmp_path: Path) -> None:
    changes = Changes(standardisation=standardise.REST_BASELINE, rest_s=4)
    prepare("folder", write_folder(tmp_path / "data"), tmp_path, Choice(test="3,4"), changes)
    said, arrays = read_json(tmp_path / "dataset.json"), read_npz(tmp_path / "samples.npz")
    assert (said["standardisation"], said["rest"], said["rest_s"]) == ("rest-baseline", "rest", 4)
    assert np.bincount(arrays["y"][arrays["split"] == 2]).tolist() == [2 * 3, 2 * 6]  # 9 s, less 4 s of rest
    assert not arrays["mean"].any()


def people(distance: bool) -> tuple[list[Trial], Dataset]:
    """12 people whose frames in task differ from those at rest, by as much for all: in a direction of each one's own
    (`distance`), or all in one."""
    rng = np.random.default_rng(3)
    trials, shared = [], rng.choice([-1.0, 1.0], (3, FEATURES))
    for subject in range(12):
        person = rng.normal(5, 3, (3, FEATURES))
        step = rng.choice([-1.0, 1.0], (3, FEATURES)) if distance else shared
        trials += [Trial(subject, trial_number(subject, 0, label), label,
                         person + label * 3 * step + rng.normal(0, 1, (80, 3, FEATURES)), border=40)
                   for label in (0, 1)]
    data = Dataset("planted", True, "planted", ("rest", "task"), LAYOUT, OWN, tuple(range(12)), lambda _: [],
                   rest="rest")
    return trials, data


def aucs(kernel: str, distance: bool) -> tuple[float, float]:
    """Mean within-person AUC of left-out people, and with the baseline of their task in place of rest's."""
    trials, data = people(distance)
    used = calibrated(trials, data, OWN)
    windows = cut(used, OWN, LAYOUT, 2)
    swap, found = Swap.of(trials, windows, data, OWN), []
    for fold in folds("loso", used, windows, OWN, LAYOUT):
        x, y = standardised(windows, fold, fold.train), windows.y
        machine = SVC(kernel=kernel, C=1.0).fit(x.reshape(len(x), -1), y[fold.train])
        both = fold.test[swap.apart[fold.test]]
        maps = standardised(windows, fold, fold.test), (swap.swapped(windows, both) - fold.mean) / fold.deviation
        found.append([roc_auc_score(y[rows], machine.decision_function(own.reshape(len(own), -1)))
                      for rows, own in zip((fold.test, both), maps, strict=True)])
    return tuple(np.mean(found, axis=0).tolist())


def test_the_swap_tells_distance_from_direction() -> None:
    """Who knows how far from the baseline a window is, is turned round by the swap, a direction to be had or not."""
    for distance in (True, False):
        usual, turned = aucs("rbf", distance)
        assert usual > 0.95
        assert turned < 0.05
    assert min(aucs("linear", distance=False)) > 0.95
    assert max(aucs("linear", distance=True)) < 0.6


def test_the_swap_is_the_other_baselines_scaling() -> None:
    trials, data = people(distance=False)
    windows = cut(calibrated(trials, data, OWN), OWN, LAYOUT, 2)
    swap = Swap.of(trials, windows, data, OWN)
    rows = np.flatnonzero((windows.subject == 5) & swap.apart)
    others = replace(data, rest="task")
    again = cut(calibrated(trials, others, OWN), OWN, LAYOUT, 2)
    for label, kept in ((0, slice(40, None)), (1, slice(None))):
        found = swap.swapped(windows, rows[windows.y[rows] == label])
        wanted = again.x[(again.subject == 5) & (again.y == label)][kept]
        np.testing.assert_allclose(found, wanted[: len(found)] if label else wanted, rtol=1e-9, atol=1e-9)
    assert swap.apart.sum() == 12 * (37 + 37)
