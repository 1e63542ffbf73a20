"""Data sets for `folder`: a dataset.toml and what is refused in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edf_bytes import Wave
from eeg_files import noise, read_all

from base.errors import UserError
from model.data.recording import Recording
from model.data.registry import load

NAMES = ("Fp1", "Fp2", "Cz", "O1", "O2")
RATE = 200
HEAD = """
name = "office"
class_names = ["rest", "work"]
sampling_hz = 200
sample_s = 1.0
frames_per_sample = 4
electrodes = ["Fp1", "Fp2", "Cz", "O1", "O2"]
grid = [["Fp1", "", "Fp2"], ["", "Cz", ""], ["O1", "", "O2"]]
"""


def describe(folder: Path, *trials: str, head: str = HEAD) -> Path:
    """Write dataset.toml; each of `trials` is the inside of one [[trials]]."""
    text = head + "".join(f"[[trials]]\n{trial}\n" for trial in trials)
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    return folder


def one(folder: Path, file: str, more: str = "", head: str = HEAD) -> Path:
    """A data set of one trial."""
    return describe(folder, f'file = "{file}"\nsubject = 0\nlabel = "rest"\n{more}', head=head)


def read(folder: Path) -> list[Recording]:
    return read_all(load("folder", folder))


def refused(folder: Path, *words: str) -> None:
    """Reading fails with one line that names a file in `folder` and holds every word."""
    with pytest.raises(UserError) as caught:
        read(folder)
    message = str(caught.value)
    assert "\n" not in message
    for word in (str(folder), *words):
        assert word in message


def waves(seconds: float = 10, rate: int = RATE, seed: int = 3, names: tuple[str, ...] = NAMES) -> list[Wave]:
    """Noise of 10 uV for each electrode."""
    values = noise(seed, seconds, rate, channels=len(names))
    return [Wave(name, row, rate) for name, row in zip(names, values, strict=True)]


def stack(parts: list[Wave]) -> np.ndarray:
    return np.stack([wave.values for wave in parts])
