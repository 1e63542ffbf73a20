"""Parts without a class: chosen so that there are none, else named; splits within subjects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trials_of_noise import LAYOUT, SETTINGS, cut_all, make

from base.errors import UserError
from model.data.folds.protocols import folds
from model.data.options import Choice
from model.data.trials import Trial


def per_subject(count: int, sick: int) -> list[Trial]:
    """Three trials each, of one class: the last `sick` subjects are patients."""
    return [replace(trial, label=int(trial.subject >= count - sick)) for trial in make(count, 1, (0, 0, 0))]


def test_each_part_has_every_class_where_people_have_one() -> None:
    trials = per_subject(12, 4)
    windows = cut_all(trials)
    (fold,) = folds("fixed", trials, windows, SETTINGS, LAYOUT)
    for rows in (fold.train, fold.val, fold.test):
        assert set(windows.y[rows]) == {0, 1}


@pytest.mark.parametrize(("choice", "part"), [
    (Choice(test="8-11"), "training"), (Choice(test="0-1"), "test"),
    (Choice(test="0,11", validation="1-2"), "validation"),
])
def test_the_part_without_a_class_is_named(choice: Choice, part: str) -> None:
    trials = per_subject(12, 4)
    with pytest.raises(UserError, match=rf"^protocol fixed: fixed: got {part} windows per class \[\d+, \d+\], exp"):
        folds("fixed", trials, cut_all(trials), SETTINGS, LAYOUT, choice)


def test_loso_where_people_have_one_class() -> None:
    """No balanced accuracy of one class: nobody is tested, or those who have both; the others train."""
    trials = per_subject(12, 4)
    with pytest.raises(UserError, match=r"^protocol loso: got no subject with every class, expected some"):
        folds("loso", trials, cut_all(trials), SETTINGS, LAYOUT)
    trials = [trial for trial in make(8, 1, (0, 1)) if (trial.subject, trial.label) != (2, 0)]
    made = folds("loso", trials, cut_all(trials), SETTINGS, LAYOUT)
    assert [fold.name for fold in made] == [f"subject {s}" for s in (0, 1, 3, 4, 5, 6, 7)]


def test_within_divides_each_persons_trials_of_a_class() -> None:
    """DEAP-like: 15 and 25 trials: 4 and 6 test; of 11 and 19 others, 2 and 4 validate."""
    trials = make(5, 1, [0, 1, 1, 0, 1, 1, 1, 0] * 5, (12, 13))
    windows = cut_all(trials)
    (fold,) = folds("within", trials, windows, SETTINGS, LAYOUT)
    for subject in range(5):
        counts = [[len(set(windows.trial[rows][(windows.subject[rows] == subject) & (windows.y[rows] == label)]))
                   for label in (0, 1)] for rows in (fold.train, fold.val, fold.test)]
        assert counts == [[9, 15], [2, 4], [4, 6]]
    few = [trial for trial in trials if trial.subject or trial.label or trial.number % 1000 < 5]
    windows = cut_all(few)
    (fold,) = folds("within", few, windows, SETTINGS, LAYOUT)
    own = [windows.y[rows[windows.subject[rows] == 0]] for rows in (fold.train, fold.val, fold.test)]
    assert [set(y) for y in own] == [{0, 1}, {1}, {1}]  # of two trials both train
    trials = make(8, 1, (0, 1))
    with pytest.raises(UserError, match="protocol within: subject 0, class 0: got 1 trials, expected at least 3"):
        folds("within", trials, cut_all(trials), SETTINGS, LAYOUT)
