"""b1_layer.sv against the closed form: the event-driven neuron without a multiplier is the same function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import STALLS, Cycles, Packet, Play, flip, patch, run_streams
from event_words import event_words

from rtl import cycles_ticks
from rtl.emit import parameters, write_roms
from spec import golden
from spec.units import B1Layer

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCES = [RTL / f"{name}.sv" for name in
           ("b1_layer", "integrator", "integrator_folded", "weight_rom", "spike_serializer")]


def make_unit(in_features: int, out_features: int, weight_bits: int, time_bits: int, shift: int,
              pe: int = 0) -> B1Layer:
    """Random weights; of the neurons one always fires at tick 0, one never, two always together.

    Those two fire in the last tick of the window where all inputs are silent.
    """
    rng = np.random.default_rng(in_features)
    limit = 1 << (weight_bits - 1)
    weight = rng.integers(-limit, limit, (out_features, in_features))
    window = (1 << time_bits) - 1
    reach = int(np.abs(weight).sum(axis=1).max()) * window
    bias = rng.integers(0, window << shift, out_features)
    if out_features >= 5:
        bias[1], bias[2] = reach + (window << shift), -reach
        weight[4], bias[3:5] = weight[3], 1 << shift
    return B1Layer("b1", in_features, out_features, weight_bits, time_bits, shift, weight, bias, pe=pe)


UNITS = [
    make_unit(16, 8, 8, 8, 9),
    make_unit(70, 9, 4, 4, 5),  # more than 64 inputs: block RAM
    make_unit(5, 33, 6, 3, 4),
    make_unit(1, 1, 8, 5, 2),
    make_unit(16, 8, 8, 8, 9, pe=4),
    make_unit(70, 9, 4, 4, 5, pe=3),
    make_unit(5, 34, 6, 5, 4, pe=17),  # three groups of neurons, in a word that is no multiple of 8
    make_unit(3, 6, 5, 4, 2, pe=1),
]


def samples(unit: B1Layer) -> np.ndarray:
    """(N, in_features) ticks: random, all silent, all first, all last, sparse."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, unit.window + 1, (6, unit.in_features))
    x[1], x[2], x[3] = 0, unit.window, 1
    x[4:] *= rng.random((2, unit.in_features)) < 0.2
    return x


def play(unit: B1Layer, folder: Path, plays: tuple[Play, ...] = STALLS, sources: list[Path] = SOURCES,
         **changed: int) -> tuple[str | None, list[Cycles], list[Packet], list[Packet]]:
    x = samples(unit)
    inputs = [event_words(row, unit.window, newest_first=True) for row in x]
    outputs = [event_words(row, unit.window) for row in golden.b1_layer(unit, x)]
    if not (folder / "rom").exists():
        write_roms(unit, folder)
    log, measured = run_streams("b1_layer", sources, parameters(unit) | changed, inputs, outputs, folder, plays)
    return log, measured, inputs, outputs


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.in_features}x{unit.out_features}by{unit.pe}")
def test_equals_golden_under_stalls(unit: B1Layer, tmp_path: Path) -> None:
    log, measured, inputs, outputs = play(unit, tmp_path)
    assert log is None, log
    free = measured[0]
    if unit.pe < unit.out_features:
        return
    assert free.outputs[0] - free.inputs[len(inputs[0]) - 1] == cycles_ticks.B1_LAYER
    assert free.outputs[len(outputs[0]) - 1] - free.outputs[0] == len(outputs[0]) - 1


def test_samples_reach_the_extremes() -> None:
    y = golden.b1_layer(UNITS[0], samples(UNITS[0]))
    assert (y[:, 1] == UNITS[0].window).all()
    assert (y[:, 2] == 0).all()
    assert (y[:, 3] == y[:, 4]).all()
    assert y[1, 3] == 1
    assert ((y > 0) & (y < UNITS[0].window)).any()


def test_notices_one_wrong_weight_bit(tmp_path: Path) -> None:
    write_roms(UNITS[0], tmp_path)
    flip(tmp_path / "rom" / "b1_weight.hex", 3, 5 * 8 + 4)
    log, *_ = play(UNITS[0], tmp_path, (Play(),))
    assert log is not None
    assert "AssertionError" in log


@pytest.mark.parametrize(("module", "line", "broken"), [
    pytest.param("b1_layer", ".push(step_q[SHOWN])", ".push(step_q[SHOWN] && !last_q[SHOWN])", id="valid"),
    pytest.param("b1_layer", "reached & ~(first_q[SHOWN] ? '0 : fired)", "reached", id="fires more than once"),
    pytest.param("integrator", "row[i*WEIGHT_W+:WEIGHT_W]", "row[(NEURONS-1-i)*WEIGHT_W+:WEIGHT_W]", id="lane"),
    pytest.param("spike_serializer", "<= ending && last_q;", "<= last_q;", id="last"),
    pytest.param("spike_serializer", "!live_q || (advance && single)", "!live_q || single", id="back-pressure"),
    pytest.param("spike_serializer", "else if (advance) begin", "else begin", id="spikes lost in a stall"),
])
def test_notices_a_broken_line(module: str, line: str, broken: str, tmp_path: Path) -> None:
    sources = [patch(path, line, broken, tmp_path) if path.stem == module else path for path in SOURCES]
    log, *_ = play(UNITS[0], tmp_path, (Play(), Play(0, 50)), sources)
    assert log is not None
    assert "AssertionError" in log


def test_notices_a_wrong_shift(tmp_path: Path) -> None:
    log, *_ = play(UNITS[0], tmp_path, (Play(),), SHIFT=UNITS[0].shift - 1)
    assert log is not None
    assert "AssertionError" in log
