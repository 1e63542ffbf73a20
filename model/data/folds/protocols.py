"""Evaluation protocols: which windows train, validate and test, fold by fold, and how a fold is scaled.

    loso      leave one subject out: one fold per subject that has every class; the others train and validate
    fixed     one fold, by subjects: a run with SPLIT=subjects
    within    one fold, within each subject: a run with SPLIT=within. Of a subject's trials of a class, the last quarter
              tests, some of the others validate; of fewer than three, all train
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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from base.errors import UserError, expected
from model.data.folds import splits, standardise
from model.data.folds.windows import Windows, to_grid
from model.data.options import USUAL, Choice
from model.data.recording import Layout, Preparation, trial_number
from model.data.signal.features import feature_names
from model.data.trials import Trial

FOLDS = 5
SESSION_TRIALS = 15
CHUNK = 4096  # windows scaled at a time, in twice the room of the result
_EVERY_CLASS = {"fixed": "some of every class: three subjects at least who have it, or TEST_SUBJECTS and "
                         "VALIDATION_SUBJECTS among whom it is"}
_SUBJECT, _SESSION = trial_number(1, 0, 0), trial_number(0, 1, 0)


@dataclass(frozen=True)
class Fold:
    """One training and its test. A standardised sample is (x - mean) / deviation.

    train, val, test: int64 rows of Windows, ascending; mean, deviation: float64 (C, H, W), 0 and 1 where no
    electrode, and everywhere for windows that were scaled by subject; leaky: frames of a tested trial have trained, so
    that its result is no measure of anything new.
    """

    name: str
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    leaky: bool = False


class Tagged(Protocol):
    """A trial, or an example that is one of its own: who it is of, its class, its number in Windows.trial."""

    @property
    def subject(self) -> int: ...
    @property
    def label(self) -> int: ...
    @property
    def number(self) -> int: ...


# name, then rows of Windows that train, validate, test
Parts = tuple[str, np.ndarray, np.ndarray, np.ndarray]


def _by_trial(name: str, windows: Windows, train: Iterable[int], val: Iterable[int], test: Iterable[int]) -> Parts:
    """Parts from the trial numbers of each."""
    learnt, validated, tested = (np.isin(windows.trial, list(numbers)) for numbers in (train, val, test))
    aligned = windows.aligned
    return name, np.flatnonzero(learnt), np.flatnonzero(validated & aligned), np.flatnonzero(tested & aligned)


def _by_subject(name: str, trials: Sequence[Tagged], windows: Windows, split: splits.Split) -> Parts:
    train, val, test = ([t.number for t in trials if t.subject in part] for part in vars(split).values())
    return _by_trial(name, windows, train, val, test)


def _labels(trials: Sequence[Tagged]) -> dict[int, set[int]]:
    """Each subject's classes."""
    found: dict[int, set[int]] = defaultdict(set)
    for trial in trials:
        found[trial.subject].add(trial.label)
    return found


def _fixed(trials: Sequence[Tagged], windows: Windows, choice: Choice) -> Iterator[Parts]:
    labels = _labels(trials)
    split = splits.split_subjects(labels, choice.test, choice.validation, labels)
    yield _by_subject("fixed", trials, windows, split)


def _within(trials: Sequence[Tagged], windows: Windows, _: Choice) -> Iterator[Parts]:
    numbers: dict[tuple[int, int], list[int]] = defaultdict(list)
    for trial in sorted(trials, key=lambda trial: trial.number):
        numbers[trial.subject, trial.label].append(trial.number)
    enough = [own for own in numbers.values() if len(own) > 2]
    if not enough:
        (subject, label), own = next(iter(numbers.items()))
        raise expected(f"protocol within: subject {subject}, class {label}", f"{len(own)} trials",
                       "at least 3 of a class: one trains, one validates, one tests")
    test = {number for own in enough for number in splits.last_share(own)}
    val = {number for own in enough for number in splits.spread_share([n for n in own if n not in test])}
    yield _by_trial("within", windows, {trial.number for trial in trials} - test - val, val, test)


def _loso(trials: Sequence[Tagged], windows: Windows, _: Choice) -> Iterator[Parts]:
    labels = _labels(trials)
    if len(labels) < 4:
        raise expected("protocol loso", f"{len(labels)} subjects", "at least 4: two train, one validates, one tests")
    tested = [subject for subject in sorted(labels) if len(labels[subject]) == windows.classes]
    if not tested:
        raise expected("protocol loso", "no subject with every class",
                       "some: of a subject with one class there is no balanced accuracy")
    for subject in tested:
        split = splits.split_subjects(labels, str(subject), labels=labels)
        yield _by_subject(f"subject {subject}", trials, windows, split)


def _kfold(trials: Sequence[Tagged], windows: Windows, _: Choice) -> Iterator[Parts]:
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


def _sessions(protocol: str, trials: Sequence[Tagged]) -> Iterator[tuple[str, list[Tagged]]]:
    """Name and SESSION_TRIALS trials, in order, of each subject's session."""
    sessions: dict[int, list[Tagged]] = defaultdict(list)
    for trial in sorted(trials, key=lambda trial: trial.number):
        sessions[trial.number // _SESSION].append(trial)
    for own in sessions.values():
        name = f"subject {own[0].subject} session {own[0].number % _SUBJECT // _SESSION}"
        if len(own) != SESSION_TRIALS:
            raise expected(f"protocol {protocol}: {name}", f"{len(own)} trials", f"{SESSION_TRIALS}")
        yield name, own


def _nine_three_three(trials: Sequence[Tagged], windows: Windows, _: Choice) -> Iterator[Parts]:
    for name, own in _sessions("9-3-3", trials):
        numbers = [trial.number for trial in own]
        yield _by_trial(name, windows, numbers[:9], numbers[9:12], numbers[12:])


def _nine_six(trials: Sequence[Tagged], windows: Windows, _: Choice) -> Iterator[Parts]:
    for name, own in _sessions("9-6", trials):
        last = {trial.label: trial.number for trial in own[:9]}.values()  # a later one of a class replaces the former
        train = [trial.number for trial in own[:9] if trial.number not in last]
        yield _by_trial(name, windows, train, last, [trial.number for trial in own[9:]])


def _shuffled(_: Sequence[Tagged], windows: Windows, __: Choice) -> Iterator[Parts]:
    order = np.random.default_rng(0).permutation(np.flatnonzero(windows.aligned))
    divided = [np.sort(rows) for rows in np.array_split(order, FOLDS)]
    for index, test in enumerate(divided):
        val = divided[(index + 1) % FOLDS]
        yield f"fold {index + 1} of {FOLDS}", np.setdiff1d(order, np.concatenate([val, test])), val, test


PROTOCOLS: dict[str, Callable[[Sequence[Tagged], Windows, Choice], Iterator[Parts]]] = {
    "loso": _loso,
    "fixed": _fixed,
    "kfold": _kfold,
    "within": _within,
    "9-3-3": _nine_three_three,
    "9-6": _nine_six,
    "shuffled": _shuffled,
}


def folds(
    protocol: str, trials: list[Trial], windows: Windows, settings: Preparation, layout: Layout, choice: Choice = USUAL
) -> list[Fold]:
    """The folds of `protocol`, in a fixed order, of the windows cut from these trials; no seed enters.

    choice: for `fixed` alone. Raises UserError on another protocol's name, and where the data cannot carry it: too few
    subjects or trials, or a part without a class.
    """
    made = []
    for name, train, val, test in divided(protocol, trials, windows, choice):
        try:
            scaling = _scaling(trials, set(windows.trial[train].tolist()), settings, layout)
        except UserError as error:
            raise UserError(f"protocol {protocol}: {name}: {error}") from None
        made.append(Fold(name, train, val, test, *scaling, leaky=protocol == "shuffled"))
    return made


def divided(protocol: str, trials: Sequence[Tagged], windows: Windows, choice: Choice = USUAL) -> Iterator[Parts]:
    """Name and parts of each fold. Raises UserError as `folds` does."""
    if protocol not in PROTOCOLS:
        raise expected("protocol", protocol, "one of " + ", ".join(PROTOCOLS))
    if choice.named and protocol != "fixed":
        variable, text = next(iter(choice.named.items()))
        raise expected(variable, f"{text} for protocol {protocol}", "none; only fixed takes them")
    for parts in PROTOCOLS[protocol](trials, windows, choice):
        check_parts(protocol, parts, windows)
        yield parts


def check_parts(protocol: str, parts: Parts, windows: Windows) -> None:
    """UserError where one of them lacks a class."""
    for part, rows in zip(("training", "validation", "test"), parts[1:], strict=True):
        counts = np.bincount(windows.y[rows], minlength=windows.classes)
        if not counts.all():
            got = f"{part} windows per class {counts.tolist()}"
            raise expected(f"protocol {protocol}: {parts[0]}", got, _EVERY_CLASS.get(protocol, "some of every class"))


def _scaling(
    trials: list[Trial], train: set[int], settings: Preparation, layout: Layout
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the training trials' frames, (C, H, W), the same for every frame of a sample.

    With `rest-baseline` the mean is 0 and the deviation sqrt(D) of calibration.py.
    """
    frames = [trial.frames for trial in trials if trial.number in train]
    mean, deviation = standardise.fit(frames, layout.electrodes, feature_names(settings.features))  # (electrodes, F)
    if settings.standardisation == standardise.PER_SUBJECT:  # the windows' frames are scaled
        mean, deviation = np.zeros_like(mean), np.ones_like(deviation)
    elif settings.standardisation == standardise.REST_BASELINE:  # 0 is a person's rest
        mean = np.zeros_like(mean)
    maps = np.repeat(np.stack([mean, deviation])[:, None], layout.frames_per_sample, 1)
    mean, deviation = to_grid(maps, layout.grid)
    return mean, np.where(deviation == 0, 1.0, deviation)  # fit's own is never 0


def standardised(windows: Windows, fold: Fold, rows: np.ndarray) -> np.ndarray:
    """Maps of rows (n,) of the windows by the fold's scaling, (n, C, H, W) float32; scaled in float64, then rounded."""
    maps = np.empty((len(rows), *windows.x.shape[1:]), np.float32)
    for start in range(0, len(rows), CHUNK):
        own = slice(start, start + CHUNK)
        maps[own] = (windows.x[rows[own]] - fold.mean) / fold.deviation
    return maps


def materialise(windows: Windows, fold: Fold) -> dict[str, np.ndarray]:
    """The arrays of samples.npz for one fold, in the order of `windows`.

    x float32 (N, T*F, H, W), channel t*F + f; y, subject, trial int64 (N,), trial as recording.trial_number; split
    int8 (N,), as splits.SPLIT_CODES; mean, deviation float64 (T*F, H, W), the fold's, which live use scales by.
    """
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
        "mean": fold.mean,
        "deviation": fold.deviation,
    }
