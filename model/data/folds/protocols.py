"""Evaluation protocols: which windows train, validate and test, fold by fold, and how a fold is scaled.

    loso      leave one subject out: one fold per subject
    fixed     one fold, by subjects: the split of a run
    kfold     within each subject, whole trials into FOLDS folds, classes spread evenly; the next fold validates.
              Subjects with fewer than FOLDS trials of a class are left out.
              Where sessions repeat a film (SEED) it can train in one session and test in another
    9-3-3     within each subject and session of 15 trials: the first 9 train, 3 validate, 3 test
    9-6       within each subject and session of 15 trials: the last 6 test, of the first 9 the last of each class
              validates, the others train
    shuffled  LEAKY: windows of all trials into FOLDS folds, regardless of subject and trial; the next validates.
              Neighbours in time, smoothed together, train and test. Only here to show what that adds to a result

Training takes every window of its trials, validation and test those that share no frame (`shuffled`: these alone).
A fold is scaled by its training trials' frames, all of them as if of one subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from base.errors import UserError, expected
from model.data.folds import samples, splits, standardise
from model.data.folds.windows import Windows
from model.data.recording import Layout, trial_number
from model.data.trials import Trial

FOLDS = 5
SESSION_TRIALS = 15
_SUBJECT, _SESSION = trial_number(1, 0, 0), trial_number(0, 1, 0)


@dataclass(frozen=True)
class Fold:
    """One training and its test. A standardised sample is (x - mean) / deviation.

    train, val, test: int64 rows of Windows, ascending; mean, deviation: float32 (C, H, W), 0 and 1 where no
    electrode; leaky: frames of a tested trial have trained, so that its result is no measure of anything new.
    """

    name: str
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    leaky: bool = False


# name, then rows of Windows that train, validate, test
Parts = tuple[str, np.ndarray, np.ndarray, np.ndarray]


def _by_trial(name: str, windows: Windows, train: Iterable[int], val: Iterable[int], test: Iterable[int]) -> Parts:
    """Parts from the trial numbers of each."""
    learnt, validated, tested = (np.isin(windows.trial, list(numbers)) for numbers in (train, val, test))
    aligned = windows.aligned
    return name, np.flatnonzero(learnt), np.flatnonzero(validated & aligned), np.flatnonzero(tested & aligned)


def _by_subject(name: str, trials: list[Trial], windows: Windows, split: splits.Split) -> Parts:
    train, val, test = ([t.number for t in trials if t.subject in part] for part in vars(split).values())
    return _by_trial(name, windows, train, val, test)


def _fixed(trials: list[Trial], windows: Windows, test_subjects: str | None) -> Iterator[Parts]:
    split = splits.split_subjects({trial.subject for trial in trials}, test_subjects)
    yield _by_subject("fixed", trials, windows, split)


def _loso(trials: list[Trial], windows: Windows, _: str | None) -> Iterator[Parts]:
    present = {trial.subject for trial in trials}
    if len(present) < 4:
        raise expected("protocol loso", f"{len(present)} subjects", "at least 4: two train, one validates, one tests")
    for subject in sorted(present):
        split = splits.split_subjects(present, str(subject))
        yield _by_subject(f"subject {subject}", trials, windows, split)


def _kfold(trials: list[Trial], windows: Windows, _: str | None) -> Iterator[Parts]:
    counts = {
        subject: [sum(t.subject == subject and t.label == label for t in trials) for label in range(windows.classes)]
        for subject in sorted({trial.subject for trial in trials})
    }
    enough = [subject for subject, own in counts.items() if min(own) >= FOLDS]
    if not enough:
        subject, own = next(iter(counts.items()))
        label = next(label for label, count in enumerate(own) if count < FOLDS)
        name = f"protocol kfold: subject {subject}, class {label}"
        raise expected(name, f"{own[label]} trials", f"at least {FOLDS}, one for each fold")
    for subject in enough:
        rows = np.flatnonzero((windows.subject == subject) & windows.aligned)
        divided = StratifiedGroupKFold(FOLDS).split(rows, windows.y[rows], groups=windows.trial[rows])
        tested = [set(windows.trial[rows[test]].tolist()) for _, test in divided]
        for index, test in enumerate(tested):
            val = tested[(index + 1) % FOLDS]
            train = set().union(*tested) - test - val
            yield _by_trial(f"subject {subject} fold {index + 1} of {FOLDS}", windows, train, val, test)


def _sessions(protocol: str, trials: list[Trial]) -> Iterator[tuple[str, list[Trial]]]:
    """Name and SESSION_TRIALS trials, in order, of each subject's session."""
    sessions: dict[int, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=lambda trial: trial.number):
        sessions[trial.number // _SESSION].append(trial)
    for own in sessions.values():
        name = f"subject {own[0].subject} session {own[0].number % _SUBJECT // _SESSION}"
        if len(own) != SESSION_TRIALS:
            raise expected(f"protocol {protocol}: {name}", f"{len(own)} trials", f"{SESSION_TRIALS}")
        yield name, own


def _nine_three_three(trials: list[Trial], windows: Windows, _: str | None) -> Iterator[Parts]:
    for name, own in _sessions("9-3-3", trials):
        numbers = [trial.number for trial in own]
        yield _by_trial(name, windows, numbers[:9], numbers[9:12], numbers[12:])


def _nine_six(trials: list[Trial], windows: Windows, _: str | None) -> Iterator[Parts]:
    for name, own in _sessions("9-6", trials):
        last = {trial.label: trial.number for trial in own[:9]}.values()  # a later one of a class replaces the former
        train = [trial.number for trial in own[:9] if trial.number not in last]
        yield _by_trial(name, windows, train, last, [trial.number for trial in own[9:]])


def _shuffled(_: list[Trial], windows: Windows, __: str | None) -> Iterator[Parts]:
    order = np.random.default_rng(0).permutation(np.flatnonzero(windows.aligned))
    divided = [np.sort(rows) for rows in np.array_split(order, FOLDS)]
    for index, test in enumerate(divided):
        val = divided[(index + 1) % FOLDS]
        yield f"fold {index + 1} of {FOLDS}", np.setdiff1d(order, np.concatenate([val, test])), val, test


PROTOCOLS: dict[str, Callable[[list[Trial], Windows, str | None], Iterator[Parts]]] = {
    "loso": _loso,
    "fixed": _fixed,
    "kfold": _kfold,
    "9-3-3": _nine_three_three,
    "9-6": _nine_six,
    "shuffled": _shuffled,
}


def folds(
    protocol: str, trials: list[Trial], windows: Windows, layout: Layout, test_subjects: str | None = None
) -> list[Fold]:
    """The folds of `protocol`, in a fixed order, of the windows cut from these trials; no seed enters.

    test_subjects: for `fixed` alone. Raises UserError on another protocol's name, and where the data cannot carry
    it: too few subjects or trials, or a training or validation part without a class.
    """
    if protocol not in PROTOCOLS:
        raise expected("protocol", protocol, "one of " + ", ".join(PROTOCOLS))
    if test_subjects is not None and protocol != "fixed":
        raise expected("TEST_SUBJECTS", f"{test_subjects} for protocol {protocol}", "none; only fixed takes them")
    made = []
    for name, train, val, test in PROTOCOLS[protocol](trials, windows, test_subjects):
        for part, rows in (("training", train), ("validation", val)):
            counts = np.bincount(windows.y[rows], minlength=windows.classes)
            if not counts.all():
                got = f"{part} windows per class {counts.tolist()}"
                raise expected(f"protocol {protocol}: {name}", got, "some of every class")
        try:
            scaling = _scaling(trials, set(windows.trial[train].tolist()), layout)
        except UserError as error:
            raise UserError(f"protocol {protocol}: {name}: {error}") from None
        made.append(Fold(name, train, val, test, *scaling, leaky=protocol == "shuffled"))
    return made


def _scaling(trials: list[Trial], train: set[int], layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the training trials' frames, (C, H, W), the same for every frame of a sample."""
    features = [f"feature {number}" for number in range(1, trials[0].frames.shape[2] + 1)]
    frames = [trial.frames for trial in trials if trial.number in train]
    fitted = standardise.fit(frames, layout.electrodes, features)  # (electrodes, F) each
    mean, deviation = samples.to_grid(np.repeat(np.stack(fitted)[:, None], layout.frames_per_sample, 1), layout.grid)
    return mean, np.where(deviation == 0, np.float32(1), deviation)  # fit's own is never 0


def standardised(windows: Windows, fold: Fold, rows: np.ndarray) -> np.ndarray:
    """Maps of rows (n,) of the windows by the fold's scaling, (n, C, H, W) float32."""
    return (windows.x[rows] - fold.mean) / fold.deviation


def materialise(windows: Windows, fold: Fold) -> dict[str, np.ndarray]:
    """The arrays of samples.npz (samples.Samples) for one fold, in the order of `windows`."""
    parts = ((splits.TRAIN, fold.train), (splits.VALIDATION, fold.val), (splits.TEST, fold.test))
    rows = np.concatenate([rows for _, rows in parts])
    split = np.repeat(np.array([code for code, _ in parts], dtype=np.int8), [len(rows) for _, rows in parts])
    order = np.argsort(rows)
    rows = rows[order]
    return {
        "x": standardised(windows, fold, rows),
        "y": windows.y[rows],
        "subject": windows.subject[rows],
        "trial": windows.trial[rows],
        "split": split[order],
    }
