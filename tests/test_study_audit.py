"""The audit finds what tells classes apart beside EEG when a test plants it, and nothing where nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from many import some

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


def told(plant: Plant = lambda signal, _: signal) -> set[str]:
    """The kinds that the audit finds."""
    found = audit.gather(dataset(plant))
    verdicts = [audit.judge(kind, rows, 2) for kind, rows in found.items()]
    assert None not in verdicts
    return {verdict.kind for verdict in verdicts if verdict and verdict.found}


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


PLANTS = [(tail, {"padding"}), (step, {"step"}), (low_rank, {"rank"}), (gain, {"amplitude"}),
          (longer, {"length", "time"}), (settling, {"first second"}), (shifted, {"offset"})]


@pytest.mark.parametrize(("plant", "kinds"), some(PLANTS, PLANTS[:3]))
def test_what_is_planted_is_found(plant: Plant, kinds: set[str]) -> None:
    assert told(plant) >= kinds


def test_every_kind_is_planted_above() -> None:
    assert set(TRIVIALS) == {"padding", "step", "rank", "amplitude", "length", "time", "first second", "offset"}


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
