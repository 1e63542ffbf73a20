"""The driver on the simulated board, whose chip is the Verilated RTL: cases of board_cases.py, run in .venv-board."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import board_bitstreams
import board_cases
import board_faults
import board_transfers
import pytest
from synthetic import make_spec

from base.errors import UserError
from base.records import ROOT
from rtl.emit import emit
from rtl.system import WAYS
from simboard import environment
from simboard.build import build

CACHE = ROOT / "build" / "verilated"
assert board_bitstreams
assert board_faults
assert board_transfers
SPEC = make_spec(bits=6, classes=3)
OTHERS = {"weights": make_spec(bits=6, classes=3, seed=1), "network": make_spec(bits=6, classes=2)}


def need_pynq() -> None:
    """Skips where there is none."""
    try:
        environment.python()
    except UserError as error:
        log = environment.FOLDER / "install.log"
        pytest.skip(f"{error}; {log.read_text().splitlines()[-1:] if log.exists() else 'it was not tried'}")


def built(folder: Path) -> Path:
    """A folder of bitstreams, as board_cases.py wants it. Skips where there is no pynq."""
    need_pynq()
    bitstreams = [(way, SPEC, way) for way in WAYS] + [(name, spec, "dma") for name, spec in OTHERS.items()]
    for name, spec, way in bitstreams:
        emit(spec, folder / name / "rtl")
        build(spec, folder / name / "rtl", CACHE, folder / name / "firstspike.bit", way)
    return folder


def run_cases(folder: Path, rooms: Path = ROOT, timeout_s: float = 600) -> dict[str, str]:
    """Name of each case, and what was wrong; rooms: where driver and board are taken from."""
    env = {"PYTHONPATH": f"{rooms}:{Path(__file__).parent}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([str(environment.python()), str(Path(board_cases.__file__)), str(folder)], cwd=folder,
                          env=env, capture_output=True, text=True, check=False, timeout=timeout_s)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    return dict(json.loads((folder / "cases.json").read_text()))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(built(tmp_path_factory.mktemp("board")))


@pytest.mark.parametrize("name", board_cases.CASES)
def test_case(name: str, found: dict[str, str]) -> None:
    assert found[name] == ""


def test_every_case_was_run(found: dict[str, str]) -> None:
    assert set(found) == set(board_cases.CASES)
