"""packet_filter.sv and unpack.sv: packets of a wrong length vanish whole, beats become lanes of exact values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import Packet, Play, patch, run_streams

from rtl import cycles
from rtl.emit import parameters
from rtl.rom import pack
from spec.units import Input

RTL = Path(__file__).parents[1] / "rtl" / "units"
FILTER, UNPACK = RTL / "packet_filter.sv", RTL / "unpack.sv"
BEATS = 6
LENGTHS = (6, 6, 5, 6, 1, 7, 6, 13, 12, 6, 2, 2, 6, 6, 6)  # 6 is right


def packets() -> list[Packet]:
    return [[1000 * number + beat for beat in range(length)] for number, length in enumerate(LENGTHS)]


def good() -> list[Packet]:
    return [packet for packet in packets() if len(packet) == BEATS]


def test_filter_drops_packets_of_a_wrong_length(tmp_path: Path) -> None:
    log, measured = run_streams("packet_filter", [FILTER], {"DATA_W": 32, "BEATS": BEATS}, packets(), good(), tmp_path)
    assert log is None, log
    assert measured[0].outputs[0] - measured[0].inputs[BEATS - 1] == cycles.FILTER
    assert measured[0].inputs == list(range(measured[0].inputs[0], measured[0].inputs[0] + sum(LENGTHS)))


def test_filter_of_one_beat(tmp_path: Path) -> None:
    sent = [[1], [2, 3], [4], [5], [6, 7, 8], [9]]
    kept = [packet for packet in sent if len(packet) == 1]
    log, _ = run_streams("packet_filter", [FILTER], {"DATA_W": 32, "BEATS": 1}, sent, kept, tmp_path)
    assert log is None, log


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("whole = write_q == LAST && !excess_q", "whole = write_q == LAST", id="long ones pass"),
    pytest.param("s_axis_tready = !stored_q[write_slot_q]", "s_axis_tready = 1'b1", id="back-pressure"),
    pytest.param("valid_q <= fetch", "valid_q <= fetch && read_q != 0", id="valid"),
])
def test_notices_a_broken_filter(line: str, broken: str, tmp_path: Path) -> None:
    sources = [patch(FILTER, line, broken, tmp_path)]
    log, _ = run_streams("packet_filter", sources, {"DATA_W": 32, "BEATS": BEATS}, packets(), good(), tmp_path,
                         (Play(), Play(0, 80)))
    assert log is not None
    assert "AssertionError" in log


def unpack_case(unit: Input, lanes: int) -> tuple[list[Packet], list[Packet]]:
    """Three packets in (padding bits and slots full of ones) and out."""
    values = np.random.default_rng(lanes).integers(0, 1 << unit.bits, (3, unit.values))
    filled = np.full((3, unit.beats * unit.values_per_beat), (1 << unit.slot_bits) - 1)
    filled[:, : unit.values] = values | ((1 << unit.slot_bits) - (1 << unit.bits))
    inputs = [[pack(beat, unit.slot_bits) for beat in row.reshape(unit.beats, -1)] for row in filled]
    outputs = [[pack(beat, unit.bits) for beat in row.reshape(-1, lanes)] for row in values]
    return inputs, outputs


@pytest.mark.parametrize(("unit", "lanes"), [
    (Input("input", 4, 2, 3, 8, 0), 1),
    (Input("input", 3, 3, 5, 5, 0), 3),
    (Input("input", 6, 2, 2, 12, 0), 6),
], ids=["8 bit, 1 lane", "5 bit, 3 lanes", "12 bit, 6 lanes"])
def test_unpack_equals_packing_backwards(unit: Input, lanes: int, tmp_path: Path) -> None:
    inputs, outputs = unpack_case(unit, lanes)
    log, measured = run_streams("unpack", [UNPACK], parameters(unit) | {"LANES": lanes}, inputs, outputs, tmp_path)
    assert log is None, log
    # At full rate: either a beat in or a beat out in every cycle.
    beats = 3 * max(unit.beats, unit.values // lanes)
    assert measured[0].outputs[-1] - measured[0].inputs[0] <= beats + 3


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("VALUES - (VALUES - 1) / SLOTS * SLOTS", "SLOTS", id="padding becomes values"),
    pytest.param("values[i*VALUE_W+:VALUE_W] =", "values[(SLOTS-1-i)*VALUE_W+:VALUE_W] =", id="lanes"),
    pytest.param("SENT_W'(VALUES - LANES)", "SENT_W'(VALUES - 2 * LANES)", id="last"),
    pytest.param("count_q >= COUNT_W'(LANES)", "count_q != 0", id="valid with too few values"),
])
def test_notices_a_broken_unpack(line: str, broken: str, tmp_path: Path) -> None:
    unit = Input("input", 3, 3, 5, 5, 0)
    inputs, outputs = unpack_case(unit, 3)
    sources = [patch(UNPACK, line, broken, tmp_path)]
    log, _ = run_streams("unpack", sources, parameters(unit) | {"LANES": 3}, inputs, outputs, tmp_path,
                         (Play(), Play(50, 0)))
    assert log is not None
    assert "AssertionError" in log
