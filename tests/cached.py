"""What the tests of the cache share: a small EEGMAT, and a data set that counts what is read of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from eeg_files import noise, write_eegmat

from model.data import cache
from model.data.folds import standardise
from model.data.recording import Dataset, Preparation, Recording
from model.data.registry import load
from model.data.trials import Trial, extract

SUBJECTS = 4
SETTINGS = Preparation(("pse", "bandpower"), "smoother", standardise.TRAIN_SUBJECTS, 1)


def aged_eegmat(folder: Path) -> Path:
    """EEGMAT of four subjects, last changed a minute ago."""
    root = write_eegmat(folder / "eegmat", range(SUBJECTS))
    for path in root.iterdir():
        age(path)
    return root


def age(path: Path) -> None:
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns - 60 * 10**9))


class Reads:
    """A data set that counts: `subjects` are those whose recordings were asked for. Ends at `stop` by an interrupt."""

    def __init__(self, dataset: Dataset, stop: int | None = None) -> None:
        self.subjects: list[int] = []
        self.dataset = replace(dataset, read=self._read)
        self._inner, self._stop = dataset.read, stop

    def _read(self, subject: int) -> Iterable[Recording]:
        if subject == self._stop:
            raise KeyboardInterrupt
        self.subjects.append(subject)
        return self._inner(subject)


def equal(a: list[Trial], b: list[Trial]) -> bool:
    def tags(trials: list[Trial]) -> list[tuple[int, int, int]]:
        return [(trial.subject, trial.number, trial.label) for trial in trials]

    return tags(a) == tags(b) and all(
        x.frames.dtype == y.frames.dtype and np.array_equal(x.frames, y.frames) for x, y in zip(a, b, strict=True)
    )


def read_again(root: Path, out: Path, settings: Preparation = SETTINGS) -> list[int]:
    """The subjects that are read, when what is returned is right."""
    counted = Reads(load("eegmat", root))
    found = cache.trials(counted.dataset, settings, out)
    assert equal(found, extract(load("eegmat", root), settings))
    return counted.subjects


def recordings(count: int = 3) -> list[Recording]:
    return [Recording(7, 1, trial, trial % 2, noise(trial, 13 + trial)) for trial in range(count)]
