"""The units of the cores shift and dsp against golden: spikes in any order, each with its earliness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cocotb_streams import STALLS, Cycles, Packet, Play, packets, patch, run_streams
from event_words import earliness_words

from rtl.emit import UNITS as RTL
from rtl.emit import parameters, write_roms
from spec import golden
from spec.units import B1Layer, Encoder, Readout, Unit, value_range

SOURCES = {name: [RTL / f"{part}.sv" for part in (name, *parts)] for name, parts in {
    "encoder_earliness": ("fifo", "shift_clamp"),
    "b1_layer_earliness": ("neurons", "neurons_folded", "spike_steps", "spike_products", "weight_rom", "fire",
                           "shift_clamp", "fifo"),
    "readout_earliness": ("neurons", "neurons_folded", "spike_steps", "spike_products", "weight_rom", "fifo"),
}.items()}
Played = tuple[str | None, list[Cycles], list[Packet], list[Packet]]


def encoders() -> list[Encoder]:
    return [
        Encoder("encoder", 36, in_bits=8, time_bits=4, v_min=3, shift=4, lanes=4, core="dsp"),
        Encoder("encoder", 200, in_bits=8, time_bits=8, v_min=0, shift=0, lanes=1, core="shift"),
        Encoder("encoder", 69, in_bits=5, time_bits=3, v_min=7, shift=1, lanes=3, core="shift"),  # saturates
        Encoder("encoder", 48, in_bits=6, time_bits=4, v_min=-9, shift=1, lanes=2, core="dsp", in_signed=True),
        Encoder("encoder", 1, in_bits=4, time_bits=6, v_min=1, shift=0, core="dsp"),
    ]


def layer(in_features: int, out_features: int, weight_bits: int, time_bits: int, shift: int, pe: int) -> B1Layer:
    """Random weights; of five neurons or more one always fires first, one never, two always together."""
    rng = np.random.default_rng(in_features)
    limit = 1 << (weight_bits - 1)
    weight = rng.integers(-limit, limit, (out_features, in_features))
    window = (1 << time_bits) - 1
    reach = int(np.abs(weight).sum(axis=1).max()) * window
    bias = rng.integers(-window << shift, window << shift, out_features)
    if out_features >= 5:
        bias[1], bias[2] = reach + (window << shift), -reach
        weight[4], bias[3:5] = weight[3], 1 << shift
    return B1Layer("b1", in_features, out_features, weight_bits, time_bits, shift, weight, bias, "dsp", pe)


def layers() -> list[B1Layer]:
    return [
        layer(16, 8, 8, 8, 9, 8),
        layer(70, 9, 4, 4, 5, 9),     # more than 64 inputs: block RAM; a group of 8 and one of 1
        layer(5, 33, 6, 3, 4, 33),
        layer(1, 1, 8, 5, 2, 1),
        layer(3, 2, 4, 4, 30, 2),     # nothing of a sum is left
        layer(16, 8, 8, 8, 9, 4),     # two passes: the sums are written and read again at once
        layer(70, 9, 4, 4, 5, 3),
        layer(5, 34, 6, 5, 4, 17),
        layer(12, 6, 8, 7, 8, 1),
        layer(4, 64, 5, 6, 6, 1),
        layer(260, 8, 5, 4, 6, 2),    # many rows: ROM words of four passes
    ]


def readouts() -> list[Readout]:
    found = []
    for in_features, classes, weight_bits, time_bits, pe in (
            (32, 2, 8, 8, 2), (9, 5, 4, 3, 5), (3, 1, 6, 2, 1), (32, 2, 8, 8, 1), (9, 6, 4, 5, 2)):
        rng = np.random.default_rng(classes)
        limit = 1 << (weight_bits - 1)
        weight = rng.integers(-limit, limit, (classes, in_features))
        bias = rng.integers(-500, 500, classes)
        if classes > 2:  # equal in everything: they always tie
            weight[2], bias[2] = weight[0], bias[0]
        found.append(Readout("readout", in_features, classes, weight_bits, time_bits, 0, weight, bias, "dsp", pe))
    return found


def earliness(unit: B1Layer | Readout, count: int = 8) -> np.ndarray:
    """(N, in_features) ticks: random, all silent, all first, all last, only the last input, sparse."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, unit.window + 1, (count, unit.in_features))
    x[1], x[2], x[3] = 0, unit.window, 1
    x[4, :-1] = 0
    x[5:] *= rng.random((count - 5, unit.in_features)) < 0.2
    return x


def play(unit: Unit, folder: Path, plays: tuple[Play, ...] = STALLS, sources: dict[str, list[Path]] = SOURCES,
         **changed: int) -> Played:
    if isinstance(unit, Encoder):
        rng = np.random.default_rng(unit.features)
        low, top = value_range(unit.in_bits, unit.in_signed)
        features = rng.integers(low, top + 1, (7, unit.features))
        features[1:4] = np.array([[unit.v_min], [top], [low]])
        features[4:] *= rng.random((3, unit.features)) < 0.1
        inputs = packets(features, unit.lanes, unit.in_bits)
        outputs = [earliness_words(x) for x in golden.encoder(unit, features)]
    elif isinstance(unit, B1Layer):
        x = earliness(unit)
        inputs = [earliness_words(row) for row in x]
        outputs = [earliness_words(row) for row in golden.b1_layer(unit, x)]
    elif isinstance(unit, Readout):
        x = earliness(unit)
        inputs = [earliness_words(row) for row in x]
        outputs = [[*(int(logit) & 0xFFFF_FFFF for logit in row), int(row.argmax())] for row in golden.readout(unit, x)]
    if not (folder / "rom").exists():
        write_roms(unit, folder)
    log, measured = run_streams(unit.module, sources[unit.module], parameters(unit) | changed, inputs, outputs, folder,
                                plays)
    return log, measured, inputs, outputs


@pytest.mark.parametrize("unit", encoders(), ids=lambda unit: f"{unit.features}by{unit.lanes}to{unit.time_bits}")
def test_encoder_equals_golden_under_stalls(unit: Encoder, tmp_path: Path) -> None:
    log, _, _, _ = play(unit, tmp_path)
    assert log is None, log


def turn_about(units: Sequence[B1Layer] | Sequence[Readout]) -> list[Any]:
    """(unit, core): every second unit on one of the cores, turn about; all on both in `make nightly`."""
    return [pytest.param(unit, core, id=f"{core}-{unit.takes.values}x{unit.sends.values}by{unit.pe}",
                         marks=[pytest.mark.long] if (number + 2 * turn) % 4 else [])
            for number, unit in enumerate(units) for turn, core in enumerate(("shift", "dsp"))]


@pytest.mark.parametrize(("unit", "core"), turn_about(layers()))
def test_layer_equals_golden_under_stalls(unit: B1Layer, core: str, tmp_path: Path) -> None:
    log, _, _, _ = play(replace(unit, core=core), tmp_path)
    assert log is None, log


@pytest.mark.parametrize(("unit", "core"), turn_about(readouts()))
def test_readout_equals_golden_under_stalls(unit: Readout, core: str, tmp_path: Path) -> None:
    log, _, _, _ = play(replace(unit, core=core), tmp_path)
    assert log is None, log


@pytest.mark.long  # make faults has these, and many more
@pytest.mark.parametrize(("unit", "module", "line", "broken"), [
    pytest.param(encoders()[1], "encoder_earliness", "s_axis_tready = room;", "s_axis_tready = 1'b1;", id="ready"),
    pytest.param(encoders()[0], "encoder_earliness", "|| (put_last_q && lane", "|| (1'b0 && lane", id="last index"),
    pytest.param(encoders()[0], "encoder_earliness", "|| (put_last_q && lane", "|| (1'b1 && lane", id="silent ones"),
    pytest.param(layers()[2], "fire", "send = room &&", "send =", id="fire without room"),
    pytest.param(layers()[9], "b1_layer_earliness", ".unload(room && done)", ".unload(done)", id="unload without room"),
    pytest.param(layers()[10], "spike_steps", "fold == FOLD_W'(k)) row_q", "fold == 0) row_q", id="a word's first row"),
    pytest.param(readouts()[1], "readout_earliness", "sum > maximum_q", "sum >= maximum_q", id="tie"),
])
def test_notices_a_broken_line(unit: Unit, module: str, line: str, broken: str, tmp_path: Path) -> None:
    sources = {name: [patch(path, line, broken, tmp_path) if path.stem == module else path for path in paths]
               for name, paths in SOURCES.items() if name == unit.module}
    log, *_ = play(unit, tmp_path, (Play(), Play(0, 90)), sources)
    assert log is not None
    assert "AssertionError" in log
