"""The bridge from a processing system's AXI3 port to AXI4-Lite: every kind of burst, by a bus model."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from cocotb_streams import BUILD_DIR, patch

from rtl import verilator
from rtl.emit import UNITS

UNIT = UNITS / "axi3_bridge.sv"
PARAMETERS = {"ID_W": 12, "ADDRESS_W": 10}


def run(source: Path, folder: Path) -> str | None:
    here = Path(__file__).parent
    return verilator.run_cocotb("axi3_bridge", [source], PARAMETERS, "cocotb_axi3", BUILD_DIR, folder,
                                {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])})


def test_every_kind_of_burst(tmp_path: Path) -> None:
    log = run(UNIT, tmp_path)
    assert log is None, log


@pytest.mark.parametrize("bits", [7, 10, 32])
def test_lint_is_clean(bits: int, tmp_path: Path) -> None:
    verilator.lint([UNIT], "axi3_bridge", {"ID_W": 1, "ADDRESS_W": bits}, tmp_path)


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("size > WORD || kind == RESERVED", "size > WORD && kind == RESERVED", id="wide beats are taken"),
    pytest.param("(after[5:0] & burst) | (address[5:0] & ~burst)", "after[5:0] | burst", id="WRAP does not wrap"),
])
def test_notices_a_broken_bridge(line: str, broken: str, tmp_path: Path) -> None:
    source = tmp_path / UNIT.name
    source.write_text(UNIT.read_text())
    patch(source, line, broken, tmp_path)
    log = run(source, tmp_path)
    assert log is not None
    assert re.search(r"bursts\S* +FAIL", log)
