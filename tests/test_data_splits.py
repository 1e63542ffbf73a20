"""Splits by subject: fixed, disjoint, and told apart from bad text."""

from __future__ import annotations

import numpy as np
import pytest

from base.errors import UserError
from model.data.folds.splits import TEST, TRAIN, VALIDATION, Split, parse_subjects, split_subjects
from model.data.recording import LARGEST_SUBJECT, trial_number


@pytest.mark.parametrize(
    ("text", "want"),
    [("18-23", tuple(range(18, 24))), ("3,7,20-22", (3, 7, 20, 21, 22)), (" 5 , 1-2", (1, 2, 5)), ("4,4-5", (4, 5))],
)
def test_parse(text: str, want: tuple[int, ...]) -> None:
    assert tuple(subject for span in parse_subjects(text) for subject in span) == want


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "5-2", "1,,2", "1;2", "18-23x", "1.5", "1-2-3"])
def test_parse_rejects(text: str) -> None:
    with pytest.raises(UserError, match=r"TEST_SUBJECTS: got .* expected numbers and ranges"):
        parse_subjects(text)


@pytest.mark.parametrize("subjects", [5, 8, 24, 36])
@pytest.mark.parametrize("test_subjects", [None, "0", "1-1,2"])
def test_no_subject_crosses(subjects: int, test_subjects: str | None) -> None:
    split = split_subjects(set(range(subjects)), test_subjects)
    parts = (split.train, split.validation, split.test)
    assert sorted(subject for part in parts for subject in part) == list(range(subjects))
    assert all(parts)


def test_default_and_shares() -> None:
    split = split_subjects(set(range(24)), None)
    assert split.test == tuple(range(18, 24))
    assert split == split_subjects(set(range(24)), "18-23")
    assert 0.2 <= len(split.validation) / 18 <= 0.25
    assert split_subjects(set(range(36)), None).test == tuple(range(27, 36))
    assert (TRAIN, VALIDATION, TEST) == (0, 1, 2)


def test_absent_and_too_many_test_subjects() -> None:
    with pytest.raises(UserError, match="TEST_SUBJECTS: got 24-25,40, not in the data, expected some of 0-3,5-23"):
        split_subjects(set(range(24)) - {4}, "22-25,40")
    with pytest.raises(UserError, match="TEST_SUBJECTS: got 2 subjects left for training, expected at least 3"):
        split_subjects(set(range(8)), "0-5")


def test_large_numbers() -> None:
    """A number may be a date; a span is not written out; what a trial's number cannot hold is refused."""
    assert parse_subjects("20240115") == [range(20240115, 20240116)]
    assert split_subjects({1, 2, 3, 20240115}, "20240115").test == (20240115,)
    assert parse_subjects(f"1-{LARGEST_SUBJECT}") == [range(1, LARGEST_SUBJECT + 1)]
    with pytest.raises(UserError, match=r"TEST_SUBJECTS: got 0,4-9,11-99999999999, not in the data, expected some of "):
        split_subjects({1, 2, 3, 10}, "0-99999999999")
    for text, words in ((str(LARGEST_SUBJECT + 1), str(LARGEST_SUBJECT + 1)), ("1-" + "9" * 5000, "5000 digits")):
        with pytest.raises(UserError, match=f"TEST_SUBJECTS: got .*{words}, expected subjects up to {LARGEST_SUBJECT}"):
            parse_subjects(text)
    assert np.array(trial_number(LARGEST_SUBJECT, 99, 999)).dtype == np.int64
    with pytest.raises(UserError, match="subject: got"):
        trial_number(LARGEST_SUBJECT + 1, 0, 0)


def test_validation_subjects() -> None:
    usual = split_subjects(set(range(24)), None)
    split = split_subjects(set(range(24)), None, "0-2,9")
    assert (split.validation, split.test) == ((0, 1, 2, 9), usual.test)
    assert split.train == tuple(s for s in range(18) if s not in (0, 1, 2, 9))
    assert split_subjects(set(range(24)), "3", "4").validation == (4,)
    for test, validation, message in (
        (None, "17-19", "VALIDATION_SUBJECTS: got 18-19, who are tested, expected others"),
        ("3-5", "5", "VALIDATION_SUBJECTS: got 5, who are tested"),
        (None, "24", "VALIDATION_SUBJECTS: got 24, not in the data"),
        (None, "0-16", "VALIDATION_SUBJECTS: got 1 subjects left for training, expected at least 2"),
        (None, "x", "VALIDATION_SUBJECTS: got 'x'"),
    ):
        with pytest.raises(UserError, match=message):
            split_subjects(set(range(24)), test, validation)


def classes(split: Split, labels: dict[int, set[int]]) -> list[set[int]]:
    return [set().union(*(labels[s] for s in part)) for part in (split.train, split.validation, split.test)]


def test_everyone_with_every_class_is_split_as_without_labels() -> None:
    for count in (5, 8, 24, 36):
        labels = {subject: {0, 1} for subject in range(count)}
        for named in (None, "0", "1-1,2"):
            assert split_subjects(labels, named, labels=labels) == split_subjects(labels, named)


@pytest.mark.parametrize("labels", [
    {s: {int(s > 12)} for s in range(1, 25)},  # controls, then patients
    {s: {int(s > 20)} for s in range(1, 25)},  # few patients
    {s: {s // 3} for s in range(9)},  # three people of each class
    {s: {0, 1} if s < 3 else {1, 2} if s < 9 else {2} for s in range(20)},
    {s: {0, 1} if s < 5 else {1} for s in range(6)},  # one more, who is alone in a group, trains
], ids=["halves", "few", "three", "mixed", "alone"])
def test_one_class_per_person(labels: dict[int, set[int]]) -> None:
    """Each part has every class; without labels one would lack some."""
    everything = set().union(*labels.values())
    split = split_subjects(labels, None, labels=labels)
    assert sorted((*split.train, *split.validation, *split.test)) == sorted(labels)
    assert classes(split, labels) == [everything] * 3
    if len(labels) > 6:
        assert classes(split_subjects(labels, None), labels) != [everything] * 3
    named = split_subjects(labels, ",".join(map(str, split.test)), labels=labels)
    assert (named.test, classes(named, labels)) == (split.test, [everything] * 3)


def test_where_no_choice_helps_the_split_is_the_usual_one() -> None:
    labels = {subject: {int(subject >= 6)} for subject in range(8)}  # two people for three parts
    assert split_subjects(labels, None, labels=labels) == split_subjects(labels, None)
