"""encoder.sv against the golden encoder: order, ticks, saturation, silence, ties, cycles."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import STALLS, Cycles, Packet, Play, packets, patch, run_streams
from event_words import event_words

from rtl import cycles_ticks
from rtl.emit import parameters
from spec import golden
from spec.units import Encoder, value_range

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCE, CLAMP = RTL / "encoder.sv", RTL / "shift_clamp.sv"

UNITS = [
    Encoder("encoder", 37, in_bits=8, time_bits=4, v_min=3, shift=4),
    Encoder("encoder", 12, in_bits=8, time_bits=8, v_min=0, shift=0),
    Encoder("encoder", 70, in_bits=5, time_bits=3, v_min=7, shift=1),  # saturates
    Encoder("encoder", 40, in_bits=6, time_bits=4, v_min=-9, shift=1, in_signed=True),
    Encoder("encoder", 1, in_bits=4, time_bits=6, v_min=1, shift=0),  # never reaches the window
]


def samples(unit: Encoder) -> np.ndarray:
    """(N, features): random, all silent, all in the first tick, all in the same later tick, a ramp, random."""
    rng = np.random.default_rng(unit.features)
    low, top = value_range(unit.in_bits, unit.in_signed)
    random = rng.integers(low, top + 1, (3, unit.features))
    corners = [np.full(unit.features, value) for value in (unit.v_min, top, min(top, unit.v_min + (3 << unit.shift)))]
    return np.stack([*random, *corners, low + np.arange(unit.features) % (1 << unit.in_bits), random[0]])


def play(unit: Encoder, folder: Path, plays: tuple[Play, ...] = STALLS, source: Path = SOURCE,
         **changed: int) -> tuple[str | None, list[Cycles], list[Packet]]:
    features = samples(unit)
    expected = [event_words(x, unit.window, newest_first=True) for x in golden.encoder(unit, features)]
    log, measured = run_streams("encoder", [source, CLAMP], parameters(unit) | changed,
                                packets(features, 1, unit.in_bits), expected, folder, plays)
    return log, measured, expected


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.features}x{unit.in_bits}to{unit.time_bits}")
def test_equals_golden_under_stalls(unit: Encoder, tmp_path: Path) -> None:
    log, measured, expected = play(unit, tmp_path)
    assert log is None, log
    free = measured[0]
    starts = np.cumsum([0, *map(len, expected)])
    assert free.outputs[0] - free.inputs[unit.features - 1] == cycles_ticks.ENCODER
    for start, end in itertools.pairwise(starts):  # one event per cycle
        assert free.outputs[end - 1] - free.outputs[start] == end - start - 1
    # Two banks: the next sample is in before this one is out, and then only one cycle lies between them.
    gaps = [free.outputs[start] - free.outputs[start - 1] for start in starts[1:-1]]
    filled = [len(words) > unit.features + cycles_ticks.ENCODER for words in expected[1:-1]]
    assert all(gap == 2 for gap, was_filled in zip(gaps[1:], filled, strict=True) if was_filled)


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("event_valid_q <= live_q;", "event_valid_q <= live_q && follow;", id="valid"),
    pytest.param("!clearing_q && !filled_q[fill_bank_q]", "!filled_q[fill_bank_q]", id="fills while it clears"),
    pytest.param("finish = live_q && advance &&", "finish = live_q &&", id="window ends in a stall"),
    pytest.param("put_last_q  <= s_axis_tlast;", "put_last_q  <= 1'b1;", id="last"),
    pytest.param("entries[{put_bank_q, put_index_q}] <=", "entries[{1'b0, put_index_q}] <=", id="bank"),
    pytest.param("heads[address] <= fills ?", "heads[address] <= 1'b0 ?", id="list"),
])
def test_notices_a_broken_line(line: str, broken: str, tmp_path: Path) -> None:
    log, _, _ = play(UNITS[0], tmp_path, (Play(), Play(0, 60)), patch(SOURCE, line, broken, tmp_path))
    assert log is not None
    assert "AssertionError" in log


@pytest.mark.parametrize("changed", [{"SHIFT": 5}, {"V_MIN": 4}])
def test_notices_a_wrong_parameter(changed: dict[str, int], tmp_path: Path) -> None:
    log, _, _ = play(UNITS[0], tmp_path, (Play(),), **changed)
    assert log is not None
    assert "AssertionError" in log
