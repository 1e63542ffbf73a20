"""Protocols: nothing of a tested trial trains, in any but the one that says so; a fold is scaled by its training."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from trials_of_noise import FEATURES, LAYOUT, SETTINGS, cut_all, make

from base.errors import UserError
from model.data.folds import splits, standardise
from model.data.folds.protocols import PROTOCOLS, Fold, folds, materialise
from model.data.folds.windows import Windows
from model.data.options import Choice
from model.data.sets import seed
from model.data.trials import Trial

SEED_LABELS = tuple(label + 1 for label in seed.SEED_LABELS)
DATA = {
    "eegmat": lambda: make(8, 1, (0, 1)),
    "seed": lambda: make(4, 3, SEED_LABELS),
    "deap": lambda: make(5, 1, [0, 1, 1, 0, 1, 1, 1, 0] * 5, (12, 13)),
}
# every protocol on what can carry it, and whether it tests each aligned window
CASES = [(p, d, p != "fixed") for d in DATA for p in ("loso", "fixed", "shuffled")]
CASES += [("within", "seed", False), ("within", "deap", False)]
CASES += [("kfold", "seed", True), ("kfold", "deap", True), ("9-3-3", "seed", False), ("9-6", "seed", False)]
HONEST = [(p, d) for p, d, _ in CASES if p != "shuffled"]


@cache
def loaded(data: str) -> tuple[list[Trial], Windows]:
    trials = DATA[data]()
    return trials, cut_all(trials)


@cache
def divided(protocol: str, data: str) -> list[Fold]:
    return folds(protocol, *loaded(data), SETTINGS, LAYOUT)


def overlap(windows: np.ndarray, fold: Fold) -> int:
    """How many of `windows`' values are in more than one of a fold's parts."""
    parts = [set(windows[rows].tolist()) for rows in (fold.train, fold.val, fold.test)]
    return sum(map(len, parts)) - len(set().union(*parts))


def test_windows() -> None:
    trials, windows = loaded("eegmat")
    assert (windows.x.dtype, windows.classes, windows.occupied.tolist()) == ("f8", 2, [[False, True], [True, True]])
    assert windows.x.shape == (sum(len(trial.frames) - 3 for trial in trials), 4 * FEATURES, 2, 2)
    assert not windows.x[:, :, ~windows.occupied].any()
    start = 0
    for trial in trials:
        own = slice(start, start + len(trial.frames) - 3)
        assert np.flatnonzero(windows.aligned[own]).tolist() == list(range(0, len(trial.frames) - 3, 4))
        for tags, tag in ((windows.y, trial.label), (windows.subject, trial.subject), (windows.trial, trial.number)):
            assert tags.dtype == "i8"
            assert set(tags[own].tolist()) == {tag}
        for k, x in enumerate(windows.x[own]):
            # channel t * F + f, electrodes row by row
            wanted = np.swapaxes(trial.frames[k : k + 4], 1, 2).reshape(-1, 3)
            np.testing.assert_allclose(x[:, windows.occupied], wanted, rtol=1e-6)
        start = own.stop
    assert cut_all(trials, replace(SETTINGS, train_stride=4)).aligned.all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_stride": 3}, "train_stride: got 3, expected a divisor of the 4 frames"),
        ({"train_stride": 0}, "train_stride: got 0"),
    ],
)
def test_cut_rejects(change: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        cut_all(loaded("eegmat")[0], replace(SETTINGS, **change))


def test_every_protocol_is_here() -> None:
    assert {protocol for protocol, _, _ in CASES} == set(PROTOCOLS)


@pytest.mark.parametrize(("protocol", "data"), HONEST)
def test_no_trial_crosses(protocol: str, data: str) -> None:
    _, windows = loaded(data)
    for fold in divided(protocol, data):
        assert overlap(windows.trial, fold) == 0
        assert not fold.leaky
        assert min(map(len, (fold.train, fold.val, fold.test))) > 0
        assert windows.aligned[fold.val].all()
        assert windows.aligned[fold.test].all()
        trained = np.isin(windows.trial, windows.trial[fold.train])
        assert np.array_equal(fold.train, np.flatnonzero(trained))  # every window of its trials


@pytest.mark.parametrize("data", DATA)
def test_shuffled_leaks_and_says_so(data: str) -> None:
    _, windows = loaded(data)
    for fold in divided("shuffled", data):
        assert fold.leaky
        assert overlap(windows.trial, fold) > 0
        assert overlap(np.arange(len(windows.y)), fold) == 0  # the same window never
        assert len(fold.train) + len(fold.val) + len(fold.test) == windows.aligned.sum()
        assert windows.aligned[fold.train].all()


@pytest.mark.parametrize(("protocol", "data"), [case for case in HONEST if case[0] in ("loso", "fixed")])
def test_no_subject_crosses(protocol: str, data: str) -> None:
    _, windows = loaded(data)
    for fold in divided(protocol, data):
        assert overlap(windows.subject, fold) == 0
        assert set(np.concatenate([windows.subject[r] for r in (fold.train, fold.val, fold.test)])) \
            == set(windows.subject)


@pytest.mark.parametrize(("protocol", "data"), [case for case in HONEST if case[0] not in ("loso", "fixed", "within")])
def test_within_one_subject(protocol: str, data: str) -> None:
    _, windows = loaded(data)
    for fold in divided(protocol, data):
        tags = windows.subject if protocol == "kfold" else windows.trial // 1000
        assert len(set(np.concatenate([tags[rows] for rows in (fold.train, fold.val, fold.test)]))) == 1


@pytest.mark.parametrize(("protocol", "data"), [(p, d) for p, d, complete in CASES if complete])
def test_each_aligned_window_is_tested_once(protocol: str, data: str) -> None:
    _, windows = loaded(data)
    tested = np.concatenate([fold.test for fold in divided(protocol, data)])
    assert np.array_equal(np.sort(tested), np.flatnonzero(windows.aligned))


def test_names_and_numbers_of_folds() -> None:
    assert [fold.name for fold in divided("fixed", "eegmat")] == ["fixed"]
    assert [fold.name for fold in divided("loso", "eegmat")] == [f"subject {s}" for s in range(8)]
    assert [fold.name for fold in divided("kfold", "deap")][4:6] == ["subject 0 fold 5 of 5", "subject 1 fold 1 of 5"]
    assert [fold.name for fold in divided("9-6", "seed")][2:4] == ["subject 0 session 3", "subject 1 session 1"]
    assert [fold.name for fold in divided("shuffled", "seed")] == [f"fold {k} of 5" for k in range(1, 6)]
    assert len(divided("9-3-3", "seed")) == 4 * 3


def test_fixed_takes_the_test_subjects() -> None:
    trials, windows = loaded("eegmat")
    (fold,) = folds("fixed", trials, windows, SETTINGS, LAYOUT, Choice(test="0,3-4"))
    assert set(windows.subject[fold.test]) == {0, 3, 4}


def parts_of(protocol: str, data: str, fold: int) -> list[list[int]]:
    """Trials of a fold's train, val and test, numbered within their session."""
    _, windows = loaded(data)
    chosen = divided(protocol, data)[fold]
    return [sorted({int(t) % 1000 for t in windows.trial[r]}) for r in (chosen.train, chosen.val, chosen.test)]


def test_sessions_are_divided_in_order() -> None:
    """SEED's first nine: 2 1 0 0 1 2 0 1 2, the last of each class are trials 7, 8 and 9."""
    assert parts_of("9-3-3", "seed", 4) == [[*range(1, 10)], [10, 11, 12], [13, 14, 15]]
    assert parts_of("9-6", "seed", 4) == [[*range(1, 7)], [7, 8, 9], [*range(10, 16)]]


def test_the_last_of_each_class_validates() -> None:
    """Not simply the last trials: here class 2 is last seen in trial 5."""
    trials = make(1, 1, (2, 0, 1, 0, 2, 1, 0, 1, 0, 0, 1, 2, 0, 1, 2))
    windows = cut_all(trials[::-1])  # in order of their numbers, however they come
    (fold,) = folds("9-6", trials[::-1], windows, SETTINGS, LAYOUT)
    assert {int(number) % 1000 for number in windows.trial[fold.val]} == {5, 8, 9}
    assert {int(number) % 1000 for number in windows.trial[fold.train]} == {1, 2, 3, 4, 6, 7}


@pytest.mark.parametrize("data", ["seed", "deap"])
def test_kfold_spreads_the_classes(data: str) -> None:
    """Trials per class and fold differ by one at most where all are of one length (DEAP); each has every class."""
    _, windows = loaded(data)
    for fold in divided("kfold", data):
        _, first = np.unique(windows.trial[fold.test], return_index=True)
        counts = np.bincount(windows.y[fold.test][first], minlength=windows.classes)
        assert counts.min() > 0
        if data == "deap":
            assert counts.tolist() == [3, 5]


def test_kfold_leaves_out_who_has_too_few_trials() -> None:
    trials = [trial for trial in loaded("deap")[0] if trial.subject != 2 or trial.label == 1]
    made = folds("kfold", trials, cut_all(trials), SETTINGS, LAYOUT)
    assert list(dict.fromkeys(fold.name.split(" fold ")[0] for fold in made)) == [f"subject {s}" for s in (0, 1, 3, 4)]


@pytest.mark.parametrize(("protocol", "data"), HONEST)
def test_scaling_knows_the_training_trials_alone(protocol: str, data: str) -> None:
    """Other values in a fold's validation and test trials leave its scaling; in a training trial they move it."""
    trials, windows = loaded(data)
    index = 1 if len(divided(protocol, data)) > 1 else 0
    fold = divided(protocol, data)[index]
    held_out = set(windows.trial[np.concatenate([fold.val, fold.test])].tolist())

    def changed(numbers: set[int]) -> Fold:
        other = [replace(t, frames=9 * t.frames + 70) if t.number in numbers else t for t in trials]
        return folds(protocol, other, cut_all(other), SETTINGS, LAYOUT)[index]

    same, moved = changed(held_out), changed({int(windows.trial[fold.train[0]])})
    assert np.array_equal(same.train, fold.train)
    assert np.array_equal(same.mean, fold.mean)
    assert np.array_equal(same.deviation, fold.deviation)
    occupied = windows.occupied
    assert (abs(moved.mean - fold.mean)[:, occupied] > 0.1).all()
    assert (abs(moved.deviation - fold.deviation)[:, occupied] > 0.1).all()


@pytest.mark.parametrize(("protocol", "data"), [(p, d) for p, d, _ in CASES])
def test_scaling_is_that_of_the_training_frames(protocol: str, data: str) -> None:
    trials, windows = loaded(data)
    for fold in divided(protocol, data)[:3]:
        assert (fold.mean.dtype, fold.deviation.dtype) == ("f8", "f8")
        frames = np.concatenate([t.frames for t in trials if t.number in set(windows.trial[fold.train].tolist())])
        for scaling, wanted, empty in ((fold.mean, frames.mean(0), 0), (fold.deviation, frames.std(0), 1)):
            assert scaling.shape == windows.x.shape[1:]
            assert (scaling[:, ~windows.occupied] == empty).all()
            for channel in range(4 * FEATURES):
                np.testing.assert_allclose(scaling[channel][windows.occupied], wanted[:, channel % FEATURES], rtol=1e-5)


@pytest.mark.parametrize("kind", [standardise.TRAIN_SUBJECTS, standardise.PER_SUBJECT])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("protocol", ["loso", "fixed"])
def test_materialise_is_what_the_frames_give(protocol: str, data: str, stride: int, kind: str) -> None:
    """Trial by trial: frames scaled in float64, windows of training trials a stride apart, of others a window apart."""
    trials, settings = loaded(data)[0], replace(SETTINGS, train_stride=stride, standardisation=kind)
    windows = cut_all(trials, settings)
    for fold in folds(protocol, trials, windows, settings, LAYOUT)[:3]:
        named = None if protocol == "fixed" else fold.name.removeprefix("subject ")
        split = splits.split_subjects({trial.subject for trial in trials}, named)
        made, row = materialise(windows, fold), 0
        assert [made[name].dtype for name in ("x", "y", "subject", "trial", "split")] == ["f4", "i8", "i8", "i8", "i1"]
        for trial in trials:
            part = next(code for code, own in enumerate(vars(split).values()) if trial.subject in own)
            fitted = split.train if kind == standardise.TRAIN_SUBJECTS else (trial.subject,)
            frames = np.concatenate([other.frames for other in trials if other.subject in fitted])
            scaled = ((trial.frames - frames.mean(axis=0)) / frames.std(axis=0)).astype(np.float32)
            for start in range(0, len(scaled) - 3, stride if part == splits.TRAIN else 4):
                wanted = np.swapaxes(scaled[start : start + 4], 1, 2).reshape(-1, 3)
                assert np.array_equal(made["x"][row][:, windows.occupied], wanted)
                tags = [int(made[name][row]) for name in ("y", "subject", "trial", "split")]
                assert tags == [trial.label, trial.subject, trial.number, part]
                row += 1
        assert row == len(made["x"])
        assert not made["x"][:, :, ~windows.occupied].any()


def test_one_table_of_codes() -> None:
    assert splits.SPLIT_CODES == {"train": 0, "val": 1, "test": 2}
    _, windows = loaded("seed")
    fold = divided("9-3-3", "seed")[0]
    made = materialise(windows, fold)
    for name, rows in (("train", fold.train), ("val", fold.val), ("test", fold.test)):
        assert np.array_equal(made["trial"][made["split"] == splits.SPLIT_CODES[name]], windows.trial[rows])


@pytest.mark.parametrize(
    ("protocol", "trials", "message"),
    [
        ("loo", make(8, 1, (0, 1)), "protocol: got loo, expected one of loso, fixed, kfold"),
        ("loso", make(3, 1, (0, 1)), "protocol loso: got 3 subjects, expected at least 4"),
        ("kfold", make(8, 1, (0, 1)), "protocol kfold: subject 0, class 0: got 1 trials, expected at least 5"),
        ("kfold", make(2, 1, [0, 1, 1] * 4), "subject 0, class 0: got 4 trials"),
        ("9-3-3", make(8, 1, (0, 1)), "protocol 9-3-3: subject 0 session 1: got 2 trials, expected 15"),
        ("9-6", make(2, 2, SEED_LABELS)[:-1], "protocol 9-6: subject 1 session 2: got 14 trials, expected 15"),
        ("9-3-3", make(1, 1, [0] * 9 + [0, 1, 0] * 2), r"9-3-3: subject 0 session 1: got training .* \[\d+, 0\]"),
        ("9-6", make(1, 1, [0] * 8 + [1] + [0, 1] * 3), r"9-6: subject 0 session 1: got training .* \[\d+, 0\]"),
        ("9-3-3", make(1, 1, [0, 1] * 4 + [0] * 4 + [1] * 3), r"got validation windows per class \[\d+, 0\], expected"),
    ],
)
def test_data_that_cannot_carry_it(protocol: str, trials: list[Trial], message: str) -> None:
    with pytest.raises(UserError, match=message):
        folds(protocol, trials, cut_all(trials), SETTINGS, LAYOUT)


def test_a_class_missing_in_training_subjects() -> None:
    """Class 1 only in the tested subjects: a network could not learn it, and its absence is named."""
    trials = [replace(trial, label=int(trial.subject >= 6)) for trial in loaded("eegmat")[0]]
    with pytest.raises(UserError, match=r"protocol fixed: fixed: got training windows per class \[\d+, 0\], expected"):
        folds("fixed", trials, cut_all(trials), SETTINGS, LAYOUT)


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "fixed"])
def test_test_subjects_are_for_fixed(protocol: str) -> None:
    with pytest.raises(UserError, match=f"TEST_SUBJECTS: got 1-2 for protocol {protocol}, expected none"):
        folds(protocol, *loaded("seed"), SETTINGS, LAYOUT, Choice(test="1-2"))


def test_folds_repeat() -> None:
    """Neither chance nor an earlier call moves a row."""
    for protocol in PROTOCOLS:
        made = folds(protocol, *loaded("seed"), SETTINGS, LAYOUT)
        for again, fold in zip(made, divided(protocol, "seed"), strict=True):
            assert all(np.array_equal(getattr(again, part), getattr(fold, part)) for part in ("train", "val", "test"))
