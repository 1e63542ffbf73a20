"""A read-out that decides early: the unit under stalls, and the chip, bit for bit the golden model in its cycles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cocotb_streams import STALLS, Cycles, Play, patch, run_streams
from event_words import event_words
from synthetic import make_spec, make_words
from test_early import random_unit

from rtl import cycles, cycles_ticks, sim, verilator
from rtl.emit import TOP, emit, parameters, write_roms
from spec import early, golden, packets
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import Readout

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "build" / "verilated"
SOURCES = [ROOT / "rtl" / "units" / f"{name}.sv" for name in ("readout_early", "integrator", "weight_rom")]
UNITS = {"2 classes": (2, "margin", 25), "3, two of them equal": (3, "margin", 30), "3, exact": (3, "exact", 0),
         "1 class": (1, "margin", 9), "at once": (2, "margin", 0), "never": (4, "margin", 1 << 32)}


def play(unit: Readout, x: np.ndarray, folder: Path, plays: tuple[Play, ...] = STALLS, sources: list[Path] = SOURCES,
         ) -> tuple[str | None, list[Cycles], list[int]]:
    inputs = [event_words(row, unit.window) for row in x]
    outputs = [[*(int(logit) & 0xFFFF_FFFF for logit in row), int(row.argmax())] for row in golden.readout(unit, x)]
    write_roms(unit, folder)
    log, measured = run_streams("readout_early", sources, parameters(unit), inputs, outputs, folder, plays)
    return log, measured, [len(words) for words in inputs]


@pytest.mark.parametrize("name", UNITS)
def test_unit_equals_golden_under_stalls(name: str, tmp_path: Path) -> None:
    unit, x = random_unit(7, *UNITS[name])
    x = x[:14]
    log, measured, events = play(unit, x, tmp_path)
    assert log is None, log
    free, begin = measured[-1], 0  # windows far apart
    for number, (row, ticks) in enumerate(zip(x, early.ticks(unit, x), strict=True)):
        decides = free.inputs[begin + int(cycles_ticks.ends(row[None], unit.window)[0, ticks - 1]) - 1]
        sent = free.outputs[number * unit.beats:(number + 1) * unit.beats]
        assert sent == list(range(decides + cycles_ticks.EARLY, decides + cycles_ticks.EARLY + unit.beats))
        begin += events[number]


@pytest.mark.parametrize(("line", "broken", "made"), [
    pytest.param("difference_q >= need_q", "difference_q > need_q", (2, "margin", 27), id="a lead too many"),
    pytest.param("difference_q <= minus_q", "difference_q < minus_q", (2, "margin", 27), id="of the later class"),
    pytest.param("need_q - NEED_W'(RATE)", "need_q", (3, "exact"), id="a lead that stays"),
    pytest.param("(end_q[ENDS] || first != 0)", "(end_q[ENDS] && first != 0)", (2, "margin", 27), id="leads alone"),
    pytest.param("if (!decided_q) kept_q", "kept_q", (2, "margin", 27), id="logits not kept"),
    pytest.param("tested_q[ACC_W-1:0]", "before_q[ACC_W-1:0]", (2, "margin", 27), id="first logit a tick late"),
    pytest.param("wire reload = !open_q && ", "wire reload = ", (2, "margin", 27), id="window opened before its end"),
    pytest.param("            tick_q  <= 0;", "", (2, "margin", 23), id="ticks of the window before"),
])
def test_unit_notices_a_broken_line(line: str, broken: str, made: tuple[Any, ...], tmp_path: Path) -> None:
    unit, x = random_unit(3, *made)
    sources = [patch(path, line, broken, tmp_path) if path.stem == "readout_early" else path for path in SOURCES]
    log, *_ = play(unit, x[:14], tmp_path, (Play(), Play(0, 90)), sources)
    assert log is not None
    assert "AssertionError" in log


CHIPS: dict[str, tuple[dict[str, Any], tuple[int, ...], str, float]] = {  # of make_spec; neurons at once; rule
    "margin": ({"bits": 5, "classes": 3}, (), "margin", 0.0),
    "exact, folded": ({"bits": 4, "seed": 3}, (16, 2), "exact", 0.0),
    "at once, one layer": ({"bits": 6, "hidden": (9,)}, (), "margin", 1.0),
    "encoder before it": ({"bits": 4, "hidden": (), "classes": 4}, (), "margin", 0.1),
}


def deciding(name: str) -> tuple[NetSpec, np.ndarray]:
    made, neurons, rule, tolerance = CHIPS[name]
    spec = fold(make_spec(**made), (1, 1), neurons=neurons)
    words = make_words(spec, 40)
    x = golden.run(spec, words).values[spec.spiking[-1].name]
    return early.chosen(spec, x, rule, tolerance), words


@pytest.mark.parametrize("name", CHIPS)
def test_chip_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    spec, words = deciding(name)
    trace = golden.run(spec, words)
    expected = np.column_stack([trace.logits, trace.predicted])
    sources = emit(spec, tmp_path)
    verilator.lint(sources, TOP, {}, tmp_path)
    result = sim.simulate(spec, words, tmp_path, CACHE)
    np.testing.assert_array_equal(result.outputs, expected)
    np.testing.assert_array_equal(result.spikes, trace.spike_counts(spec))
    np.testing.assert_array_equal(result.latency, cycles.predicted_latency(spec, trace))
    assert result.latency.max() <= cycles.worst_latency(spec)
    whole = early.deciding(spec, "off")
    if spec.readout.early == "margin":  # few ticks, and an exact rule, may save less than the two cycles it takes
        assert result.latency.mean() < cycles.predicted_latency(whole, golden.run(whole, words)).mean()
    beats = packets.transfers(packets.pack(spec, words))
    outputs, _, spikes, _ = sim.stream(spec, sim.build(sources, CACHE, spec.digest), tmp_path, beats, seed=1)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(spikes, result.spikes.sum(axis=0))
