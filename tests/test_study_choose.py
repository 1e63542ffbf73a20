"""Choosing features never sees a test subject, and holds each of the others out once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from base.errors import UserError
from model.data.recording import Dataset, Preparation, Recording
from model.data.sets import eegmat
from model.data.trials import Trial, extract
from study import choose


def _dataset(subjects: int) -> Dataset:
    """Two recordings of 12 s of noise per subject, in EEGMAT's layout."""

    def read(subject: int) -> Iterator[Recording]:
        for label in (0, 1):
            signal = np.random.default_rng([subject, label]).normal(size=(19, 12 * 128))
            yield Recording(subject, 0, label, label, signal)

    numbers = tuple(range(subjects))
    return Dataset("noise", True, "test", ("a", "b"), eegmat.LAYOUT, eegmat.SETTINGS, numbers, read)


def test_test_subjects_are_gone_and_each_partition_covers_the_rest() -> None:
    kept = choose.development(_dataset(20), "15-19")
    assert kept.subjects == tuple(range(15))
    folds = choose.folds(kept.subjects)
    assert len(folds) == choose.PARTITIONS * choose.FOLDS
    for start in range(0, len(folds), choose.FOLDS):
        held = [subject for fold in folds[start : start + choose.FOLDS] for subject in fold]
        assert sorted(held) == list(range(15))


def test_too_few_subjects_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="subjects to choose on: got 11, expected at least 12"):
        choose.folds(tuple(range(11)))


def test_three_classes_are_refused_before_any_training(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataclasses.replace(_dataset(18), class_names=("a", "b", "c"))
    monkeypatch.setattr(choose.registry, "load", lambda *_: dataset)
    monkeypatch.setattr(choose, "score", lambda *_: pytest.fail("it trained"))
    with pytest.raises(UserError, match=r"^DATASET: got noise with 3 classes, expected two, with `make choose`$"):
        choose.main("noise", Path(), None)


def test_table_has_every_candidate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    held: list[list[int]] = []

    def score(
        dataset: Dataset, trials: list[Trial], settings: Preparation, out: list[int]
    ) -> np.ndarray:
        held.append(out)
        assert max(dataset.subjects) == max(trial.subject for trial in trials) == 13
        return np.array([0.125, 0.25, 0.5 if settings.features == ("de",) else 0.75, 1.0])

    monkeypatch.setattr(choose.registry, "load", lambda *_: _dataset(18))
    monkeypatch.setattr(choose, "score", score)
    monkeypatch.setenv("COLUMNS", "160")
    choose.main("noise", Path(), "14-17")
    printed = capsys.readouterr().out
    assert "(simulated)" in printed
    assert printed.count("0.750") == len(choose.CANDIDATES) - 1
    assert len(held) == len(choose.CANDIDATES) * choose.PARTITIONS * choose.FOLDS


def test_score_is_four_shares() -> None:
    dataset = _dataset(4)
    settings = dataclasses.replace(dataset.settings, features=("pse",))
    got = choose.score(dataset, extract(dataset, settings), settings, [3])
    assert got.shape == (4,)
    assert ((got >= 0) & (got <= 1)).all()
