"""Which subjects train, validate and test. A subject is in exactly one of the three.

The split depends on the subjects present, their classes, and on TEST_SUBJECTS and VALIDATION_SUBJECTS only, never on
a seed: every seed and every setting is compared on the same people.

Test: the last quarter of the numbers; validation: VALIDATION_SHARE of the others, spread evenly over their numbers.
Where a part would then lack a class, as it may where each person has one class (patients and controls), the same rule
is followed within groups of people: those who have the rarest class, then, of the others, those who have the next
rarest, and so on; a group of fewer than three trains.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from base.errors import expected
from model.data.recording import LARGEST_SUBJECT

TEST_SHARE = 0.25
VALIDATION_SHARE = 0.22
TRAIN, VALIDATION, TEST = 0, 1, 2
SPLIT_CODES = {"train": TRAIN, "val": VALIDATION, "test": TEST}  # as in samples.npz
BY_SUBJECT, WITHIN = "subjects", "within"
SPLITS = {BY_SUBJECT: "fixed", WITHIN: "within"}  # SPLIT -> protocol

Labels = Mapping[int, Collection[int]]  # subject -> classes of its trials


@dataclass(frozen=True)
class Split:
    """Sorted, disjoint subject numbers; together all subjects of the dataset."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def parse_subjects(text: str, name: str = "TEST_SUBJECTS") -> list[range]:
    """`3,7,20-22` -> [3], [7], [20, 21, 22] as ranges, ascending, none touching another. UserError on anything else.

    `name`: of the variable. Ranges, since one of them may name more numbers than there is memory for.
    """
    spans: list[tuple[int, int]] = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", item, re.ASCII)
        digits = max(map(len, filter(None, match.groups())), default=0) if match else 0
        if digits > len(str(LARGEST_SUBJECT)):  # more than int() may be willing to read
            raise expected(name, f"a number of {digits} digits", f"subjects up to {LARGEST_SUBJECT}")
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise expected(name, repr(text), "numbers and ranges such as 18-23 or 3,7,20-22")
        if last > LARGEST_SUBJECT:
            raise expected(name, last, f"subjects up to {LARGEST_SUBJECT}")
        spans.append((first, last))
    merged: list[range] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, last + 1))
        else:
            merged.append(range(first, last + 1))
    return merged


def split_subjects(
    present: Collection[int], test_subjects: str | None, validation_subjects: str | None = None,
    labels: Labels | None = None,
) -> Split:
    """Split the subjects present; test_subjects, validation_subjects: those named, or None for the rule above.

    labels: their classes; without them, before anything is read, parts may lack a class. Where no choice gives every
    class to every part, the split is the one without labels. Raises UserError if a named subject is absent or named
    for both, or too few are left (at least two train, one validates).
    """
    ordered = sorted(present)
    test = None if test_subjects is None else _among(ordered, test_subjects, "TEST_SUBJECTS")
    validation = None if validation_subjects is None else _among(ordered, validation_subjects, "VALIDATION_SUBJECTS")
    plain = _divide([ordered], test, validation)
    if both := sorted(set(plain.test).intersection(plain.validation)):
        raise expected("VALIDATION_SUBJECTS", f"{_spell(_runs(both))}, who are tested",
                       "others, or other TEST_SUBJECTS")
    left = len(plain.train) + len(plain.validation)
    if left < 3:
        raise expected("TEST_SUBJECTS", f"{left} subjects left for training", "at least 3")
    if len(plain.train) < 2:
        raise expected("VALIDATION_SUBJECTS", f"{len(plain.train)} subjects left for training", "at least 2")
    if labels is None or _complete(plain, labels):
        return plain
    grouped = _divide(_groups(ordered, labels), test, validation)
    return grouped if _complete(grouped, labels) else plain


def last_share(ordered: Sequence[int]) -> list[int]:
    """The last TEST_SHARE, one at least."""
    return list(ordered[len(ordered) - max(1, round(TEST_SHARE * len(ordered))) :])


def spread_share(ordered: Sequence[int]) -> list[int]:
    """VALIDATION_SHARE, one at least, spread evenly."""
    count = max(1, round(VALIDATION_SHARE * len(ordered)))
    return [ordered[(2 * i + 1) * len(ordered) // (2 * count)] for i in range(count)]


def _divide(groups: list[list[int]], test: list[int] | None, validation: list[int] | None) -> Split:
    """The rule within each group; who is named is named for all of them."""
    tested, validated = list(test or ()), list(validation or ())
    for group in groups:
        if test is None and len(group) > 2:
            tested += last_share(group)
        others = [subject for subject in group if subject not in tested]
        if validation is None and len(others) > 1:
            validated += spread_share(others)
    train = {subject for group in groups for subject in group}.difference(tested, validated)
    return Split(*(tuple(sorted(part)) for part in (train, validated, tested)))


def _groups(ordered: list[int], labels: Labels) -> list[list[int]]:
    """Subjects by the rarest class that each of them has."""
    count = {label: sum(label in labels[s] for s in ordered) for s in ordered for label in labels[s]}
    rarest = {s: min(labels[s], key=lambda label: (count[label], label)) for s in ordered}
    return [[s for s in ordered if rarest[s] == label] for label in sorted(set(rarest.values()))]


def _complete(split: Split, labels: Labels) -> bool:
    """Whether every part has every class that anyone has, and nobody is in two of them."""
    parts = [{label for s in part for label in labels[s]} for part in (split.train, split.validation, split.test)]
    return all(part == set().union(*parts) for part in parts) and not set(split.test).intersection(split.validation)


def _among(ordered: list[int], text: str, name: str) -> list[int]:
    """The subjects that `text` names. UserError on one that is not among `ordered`."""
    named, absent = [], []
    for span in parse_subjects(text, name):
        own = [subject for subject in ordered if subject in span]
        edges = [span.start - 1, *own, span.stop]
        absent += [(before + 1, after - 1) for before, after in pairwise(edges) if after - before > 1]
        named += own
    if absent:
        raise expected(name, f"{_spell(absent)}, not in the data", f"some of {_spell(_runs(ordered))}")
    return named


def _runs(subjects: list[int]) -> list[tuple[int, int]]:
    """[1, 2, 3, 7] -> (1, 3), (7, 7)."""
    runs: list[tuple[int, int]] = []
    for subject in subjects:
        if runs and subject == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], subject
        else:
            runs.append((subject, subject))
    return runs


def _spell(runs: list[tuple[int, int]]) -> str:
    """(1, 3), (7, 7) -> `1-3,7`."""
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
