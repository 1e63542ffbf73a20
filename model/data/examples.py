"""What the reader of a set of examples hands over: images, sounds as pictures of their spectrum (EEG: recording.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.options import UNCHANGED, Changes, Choice
from model.data.recording import Preparation

_SETTINGS = {"rest_s": "REST_SECONDS"}  # of Changes, those that have another name


@dataclass(frozen=True)
class Pictures:
    """N examples as they were read. x float32 (N, C, H, W); y, person int64 (N,), person 0 where nobody is told apart.

    test: bool (N,), the examples that are tested by whoever made the set; None where people are divided. notes: what a
    reader did to files that its user should know.
    """

    x: np.ndarray
    y: np.ndarray
    person: np.ndarray
    test: np.ndarray | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examples:
    """A data set that is read at once. shape: (C, H, W) of an example. files: all that `read` opens.

    people: whether it is known who is seen or heard. channels: what each channel is. parameters: what else decides what
    is read. cautions: as recording.Dataset has them.
    """

    name: str
    source: str
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    channels: tuple[str, ...]
    read: Callable[[], Pictures]
    files: tuple[Path, ...]
    people: bool = True
    parameters: str = ""
    cautions: tuple[str, ...] = ()


def check(examples: Examples, choice: Choice, changes: Changes) -> None:
    """UserError where something is asked for that only recordings have, or people where they are not known."""
    for name, value in vars(changes).items():
        if value not in (getattr(UNCHANGED, name), Preparation.rest_s if name == "rest_s" else None):
            raise expected(_SETTINGS.get(name, name.upper()), value, f"none: {examples.name} is no EEG")
    if not examples.people and choice != Choice():
        name, text = next(iter(choice.named.items()), ("SPLIT", choice.split))
        raise expected(name, text, f"none: {examples.name} has a test set of its own, and does not say who made it")
