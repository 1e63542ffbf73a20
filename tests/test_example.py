"""The example of own recordings: its files are what simulate.py writes, and it goes the way to a trained network."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from base.files import read_json, read_npz

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "own_eeg"


def simulator() -> ModuleType:
    found = importlib.util.spec_from_file_location("simulate", EXAMPLE / "simulate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_recordings_are_the_simulated_ones() -> None:
    simulate = simulator()
    for subject in range(1, simulate.SUBJECTS + 1):
        for name, work in (("rest", False), ("work", True)):
            kept = read_npz(EXAMPLE / f"person{subject}-{name}.npz")
            assert kept["sampling_hz"] == simulate.SAMPLING_HZ
            np.testing.assert_allclose(kept["signal"], simulate.record(subject, work), atol=1)  # a rounding apart


def test_it_trains(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flow", "train", "--dataset", "folder", "--data-root", str(EXAMPLE), "--out",
               str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    about = read_json(tmp_path / "out" / "dataset.json")
    assert about["name"] == "own_eeg"
    assert (about["subjects_train"], about["subjects_val"], about["subjects_test"]) == ([1, 2, 4], [3], [5, 6])
    assert about["samples_test"] == 2 * 2 * 12
    assert (tmp_path / "out" / "train.json").is_file()
