"""readout.sv against the golden read-out: logits, sign extension, argmax and its ties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import STALLS, Cycles, Play, patch, run_streams
from event_words import event_words

from rtl import cycles_ticks
from rtl.emit import parameters, write_roms
from spec import golden
from spec.units import Readout

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCES = [RTL / f"{name}.sv" for name in ("readout", "integrator", "weight_rom")]


def make_unit(in_features: int, classes: int, weight_bits: int, time_bits: int) -> Readout:
    """Random weights; two classes are equal in everything, so they always tie."""
    rng = np.random.default_rng(classes)
    limit = 1 << (weight_bits - 1)
    weight = rng.integers(-limit, limit, (classes, in_features))
    bias = rng.integers(-500, 500, classes)
    if classes > 2:
        weight[2], bias[2] = weight[0], bias[0]
    return Readout("readout", in_features, classes, weight_bits, time_bits, 0, weight, bias)


UNITS = [make_unit(32, 2, 8, 8), make_unit(9, 5, 4, 3), make_unit(3, 1, 6, 2)]


def play(unit: Readout, folder: Path, plays: tuple[Play, ...] = STALLS, sources: list[Path] = SOURCES,
         ) -> tuple[str | None, list[Cycles], int]:
    rng = np.random.default_rng(2)
    x = rng.integers(0, unit.window + 1, (12, unit.in_features))
    x[1], x[2] = 0, unit.window
    inputs = [event_words(row, unit.window) for row in x]
    logits = golden.readout(unit, x)
    outputs = [[*(int(logit) & 0xFFFF_FFFF for logit in row), int(row.argmax())] for row in logits]
    write_roms(unit, folder)
    log, measured = run_streams("readout", sources, parameters(unit), inputs, outputs, folder, plays)
    return log, measured, len(inputs[0])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.in_features}x{unit.classes}")
def test_equals_golden_under_stalls(unit: Readout, tmp_path: Path) -> None:
    log, measured, events = play(unit, tmp_path)
    assert log is None, log
    free = measured[0]
    assert free.outputs[0] - free.inputs[events - 1] == cycles_ticks.READOUT
    assert free.outputs[unit.beats - 1] - free.outputs[0] == unit.beats - 1


@pytest.mark.parametrize(("module", "line", "broken"), [
    pytest.param("readout", "logit_q > maximum_q", "logit_q >= maximum_q", id="the last of equals wins"),
    pytest.param("readout", "32'(logit_q)", "32'($unsigned(logit_q))", id="no sign extension"),
    pytest.param("integrator", "tick_q[1] || step", "tick_q[0] || step", id="tick a cycle early"),
])
def test_notices_a_broken_line(module: str, line: str, broken: str, tmp_path: Path) -> None:
    sources = [patch(path, line, broken, tmp_path) if path.stem == module else path for path in SOURCES]
    log, *_ = play(UNITS[1], tmp_path, (Play(),), sources)
    assert log is not None
    assert "AssertionError" in log
