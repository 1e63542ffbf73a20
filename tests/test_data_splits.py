"""Splits by subject: fixed, disjoint, and told apart from bad text."""

from __future__ import annotations

import pytest

from base.errors import UserError
from model.data.folds.splits import TEST, TRAIN, VALIDATION, parse_subjects, split_subjects


@pytest.mark.parametrize(
    ("text", "want"),
    [("18-23", tuple(range(18, 24))), ("3,7,20-22", (3, 7, 20, 21, 22)), (" 5 , 1-2", (1, 2, 5)), ("4,4-5", (4, 5))],
)
def test_parse(text: str, want: tuple[int, ...]) -> None:
    assert parse_subjects(text) == want


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
    for subject in range(subjects):
        assert subject in parts[split.part_of(subject)]


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
