"""The audit finds what tells classes apart beside EEG when a test plants it, and nothing where nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from many import some
from rehearsal_files import person

from base.errors import UserError
from flow.settings import Settings
from model.data.recording import Dataset, Recording
from model.data.sets import eegmat, simulated
from model.data.signal.still import left_out, trim
from study import audit
from study.trivial import TRIVIALS

HZ, PEOPLE = eegmat.LAYOUT.sampling_hz, 12
Plant = Callable[[np.ndarray, int], np.ndarray]


@cache
def eeg(subject: int) -> tuple[Recording, ...]:
    """Simulated EEG of one person, both classes."""
    return tuple(simulated.simulate_subject(subject))


def dataset(plant: Plant = lambda signal, _: signal, people: int = PEOPLE) -> Dataset:
    """Simulated EEG, and what `plant` makes of each (signal, label), trimmed as readers do."""

    def read(subject: int) -> Iterator[Recording]:
        for recording in eeg(subject):
            signal = plant(recording.signal.copy(), recording.label)
            signal, notes = trim(signal, HZ, f"{subject}")
            yield Recording(subject, 0, recording.trial, recording.label, signal, notes, raw_hz=HZ)

    numbers = tuple(range(people))
    return Dataset("planted", True, "test", ("rest", "task"), eegmat.LAYOUT, eegmat.SETTINGS, numbers, read)


def judged(planted: Dataset) -> dict[str, audit.Verdict | None]:
    return {kind: audit.judge(kind, rows, len(planted.class_names)) for kind, rows in audit.gather(planted).items()}


def told(plant: Plant = lambda signal, _: signal) -> set[str]:
    """The kinds that the audit finds."""
    verdicts = judged(dataset(plant))
    assert {kind for kind, verdict in verdicts.items() if verdict is None} == {"order"}  # one recording per class
    return {kind for kind, verdict in verdicts.items() if verdict and verdict.found}


def films(same_order: bool) -> Dataset:
    """People who saw nine films of three classes, one after the other, all in the same order or each in another."""
    def read(subject: int) -> Iterator[Recording]:
        own = person(subject, len(eegmat.LAYOUT.electrodes), 3)
        labels = np.arange(9) % 3 if same_order else own.rng.permutation(np.arange(9) % 3)
        for trial, label in enumerate(labels):
            signal = own.film(int(label), 13 * HZ, HZ).astype(float)
            yield Recording(subject, 0, trial, int(label), signal, raw_hz=HZ)

    classes = ("sad", "neutral", "happy")
    return Dataset("films", True, "test", classes, eegmat.LAYOUT, eegmat.SETTINGS, tuple(range(PEOPLE)), read)


def tail(signal: np.ndarray, label: int) -> np.ndarray:
    return np.hstack([signal, np.repeat(signal[:, -1:], 2 * HZ, axis=1)]) if label else signal


def step(signal: np.ndarray, label: int) -> np.ndarray:
    size = 0.1 if label else 0.05
    return np.round(signal / size) * size


def low_rank(signal: np.ndarray, label: int) -> np.ndarray:
    if not label:
        return signal
    vectors = np.linalg.svd(signal, full_matrices=False)[0]
    return signal - 0.999 * np.outer(vectors[:, 3], vectors[:, 3] @ signal)


def gain(signal: np.ndarray, label: int) -> np.ndarray:
    return signal * (1.5 if label else 1.0)


def longer(signal: np.ndarray, label: int) -> np.ndarray:
    return signal if label else signal[:, :60 * HZ]


def settling(signal: np.ndarray, label: int) -> np.ndarray:
    signal[:, :HZ] *= 4 if label else 1
    return signal


def shifted(signal: np.ndarray, label: int) -> np.ndarray:
    return signal + (20 if label else 0)


def test_clean_simulated_eeg_has_none() -> None:
    assert told() == set()


def rounded_otherwise(signal: np.ndarray, label: int) -> np.ndarray:
    """Quantised by the same step in both classes, but for the last bits of a double."""
    return np.round(signal / 0.05) * 0.05 * (1 + 1e-12 * label)


PLANTS = [(tail, {"padding"}), (step, {"step"}), (low_rank, {"rank", "eigenvalues"}), (gain, {"amplitude"}),
          (longer, {"length", "time"}), (settling, {"first second"}), (shifted, {"offset"})]


@pytest.mark.parametrize(("plant", "kinds"), some(PLANTS, PLANTS[:3]))
def test_what_is_planted_is_found(plant: Plant, kinds: set[str]) -> None:
    assert told(plant) >= kinds


def test_every_kind_is_planted() -> None:
    assert set(TRIVIALS) == {kind for _, kinds in PLANTS for kind in kinds} | {"order"}


def test_what_rounding_alone_tells_is_not_found() -> None:
    assert told(rounded_otherwise) == set()


@pytest.mark.parametrize("same_order", [True, False])
def test_of_several_films_of_three_classes_the_order_is_found_where_it_is_the_same(same_order: bool) -> None:
    verdicts = judged(films(same_order))
    found = {kind for kind, verdict in verdicts.items() if verdict and verdict.found}
    assert found == ({"order"} if same_order else set())
    assert all(verdict and verdict.chance == pytest.approx(1 / 3) for verdict in verdicts.values())
    order = verdicts["order"]
    assert order is not None
    assert (order.accuracy == 1.0) == same_order


def test_what_one_line_alone_would_find_is_said_to_be_possible() -> None:
    verdict = audit.Verdict("rank", 0.6, 0.49, 0.7, 0.51, 48, 0.5)
    assert verdict.possible
    assert not verdict.found


def test_seconds_left_out_are_those_of_the_notes() -> None:
    moving = np.random.default_rng(0).normal(size=(3, 10 * HZ))
    held = np.hstack([np.repeat(moving[:, :1], HZ, axis=1), moving, np.repeat(moving[:, -1:], 2 * HZ, axis=1)])
    _, notes = trim(held, HZ, "file")
    assert left_out(notes) == pytest.approx((1.0, 2.0), abs=0.02)
    assert left_out(("file: read at 500 Hz",)) == (0.0, 0.0)


def test_page_names_what_tells_the_classes_apart(tmp_path: Path) -> None:
    settings = Settings(out=tmp_path)
    planted = dataset(longer)
    found = {kind: audit.judge(kind, rows, 2) for kind, rows in audit.gather(planted).items()}
    text = audit.page(settings, planted, found)
    assert "**SIMULATED EEG.** `make audit DATASET=simulated`: 12 people" in text
    assert "**Told apart by: length, time.**" in text
    assert re.search(r"\| length \| 100\.0 \[100, 100\] \| \*\*yes\*\* \|", text)


def test_two_people_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from rich.console import Console

    monkeypatch.setattr(audit.registry, "load", lambda *_: dataset(people=2))
    with pytest.raises(UserError, match="DATASET: got planted of 2 people, expected at least 3, to leave people out"):
        audit.audit(Settings(out=tmp_path), Console())
