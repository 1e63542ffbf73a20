"""Which subjects train, validate and test. A subject is in exactly one of the three.

The split depends on the subjects present and on TEST_SUBJECTS only, never on a seed: every seed and every
setting is compared on the same people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from base.errors import expected

TEST_SHARE = 0.25
VALIDATION_SHARE = 0.22
TRAIN, VALIDATION, TEST = 0, 1, 2
SPLIT_CODES = {"train": TRAIN, "val": VALIDATION, "test": TEST}  # as in samples.npz


@dataclass(frozen=True)
class Split:
    """Sorted, disjoint subject numbers; together all subjects of the dataset."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]

    def part_of(self, subject: int) -> int:
        """TRAIN, VALIDATION or TEST."""
        if subject in self.test:
            return TEST
        return VALIDATION if subject in self.validation else TRAIN


def parse_subjects(text: str) -> tuple[int, ...]:
    """`3,7,20-22` -> (3, 7, 20, 21, 22): ranges include both ends. UserError on anything else."""
    subjects: set[int] = set()
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", item, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise expected("TEST_SUBJECTS", repr(text), "numbers and ranges such as 18-23 or 3,7,20-22")
        subjects.update(range(first, last + 1))
    return tuple(sorted(subjects))


def split_subjects(present: set[int], test_subjects: str | None) -> Split:
    """Split the subjects present.

    Test: those named in `test_subjects`, or the last quarter of the numbers. Validation: VALIDATION_SHARE of
    the others, spread evenly over their numbers. Raises UserError if a named subject is absent or too few
    subjects are left (at least two train, one validates).
    """
    ordered = sorted(present)
    if test_subjects is None:
        test = tuple(ordered[len(ordered) - max(1, round(TEST_SHARE * len(ordered))) :])
    else:
        test = parse_subjects(test_subjects)
    absent = sorted(set(test) - present)
    if absent:
        raise expected("TEST_SUBJECTS", f"{_spell(absent)}, not in the data", f"some of {_spell(ordered)}")
    others = [subject for subject in ordered if subject not in test]
    if len(others) < 3:
        raise expected("TEST_SUBJECTS", f"{len(others)} subjects left for training", "at least 3")
    count = max(1, round(VALIDATION_SHARE * len(others)))
    validation = tuple(others[(2 * i + 1) * len(others) // (2 * count)] for i in range(count))
    return Split(tuple(s for s in others if s not in validation), validation, test)


def _spell(subjects: list[int]) -> str:
    """[1, 2, 3, 7] -> `1-3,7`."""
    runs: list[list[int]] = []
    for subject in subjects:
        if runs and subject == runs[-1][-1] + 1:
            runs[-1].append(subject)
        else:
            runs.append([subject])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
