"""What stands around the pipeline: transfer_in.sv, axis_fifo.sv and transfer_out.sv, and unpack.sv."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import STALLS, Packet, Play, patch, run_streams
from many import some

from rtl import cycles
from rtl.emit import parameters
from rtl.rom import pack
from spec.units import Input

RTL = Path(__file__).parents[1] / "rtl" / "units"
UNPACK, FIFO = RTL / "unpack.sv", RTL / "axis_fifo.sv"
LOOP = Path(__file__).with_name("transfers.sv")  # transfer_in, tags in an axis_fifo, transfer_out, and no pipeline
TRANSFERS = [RTL / "transfer_in.sv", RTL / "transfer_out.sv", FIFO, RTL / "axis_register.sv", LOOP]
LENGTHS = (6, 6, 5, 6, 1, 7, 6, 13, 12, 6, 2, 2, 18, 6, 3)  # beats
INVALID = 0xFFFF_FFFF


def transfers() -> list[Packet]:
    return [[1000 * number + beat for beat in range(length)] for number, length in enumerate(LENGTHS)]


def answers(beats: int) -> list[Packet]:
    """What comes back where a sample is its own result: zeros to its end, and the mark in place of the last beat."""
    missing = [-len(transfer) % beats for transfer in transfers()]
    return [[*transfer, *[0] * (count - 1), *[INVALID] * (count > 0)]
            for transfer, count in zip(transfers(), missing, strict=True)]


@pytest.mark.parametrize(("beats", "depth"), some(product((1, 2, 6), (2, 8)), [(1, 2), (2, 2), (6, 8)]))
def test_every_transfer_is_answered_once(beats: int, depth: int, tmp_path: Path) -> None:
    log, measured = run_streams("transfers", TRANSFERS, {"BEATS": beats, "DEPTH": depth}, transfers(), answers(beats),
                                tmp_path)
    assert log is None, log
    if beats == 6 and depth == 8:
        free = measured[0]
        assert free.outputs[0] - free.inputs[0] == 2 * cycles.TRANSFER
        # A beat per cycle, zeros included, into both units.
        assert free.outputs == list(range(free.outputs[0], free.outputs[0] + len(free.outputs)))


@pytest.mark.parametrize(("unit", "line", "broken"), [
    pytest.param("transfer_in", "|| fill_q) && go", ") && go", id="no zeros"),
    pytest.param("transfer_in", "(!last_q || tag_ready)", "1'b1", id="a tag lost"),
    pytest.param("transfer_in", "tag_last      = fill_q || s_axis_tlast", "tag_last = s_axis_tlast",
                 id="no last", marks=pytest.mark.long),
    pytest.param("transfer_in", "beat_q == COUNT_W'(BEATS - 2)", "beat_q == COUNT_W'(BEATS - 1)",
                 id="too many", marks=pytest.mark.long),
    pytest.param("transfer_out", "last && tag_last", "last", id="TLAST with every result"),
    pytest.param("transfer_out", "last && tag_invalid", "tag_invalid",
                 id="all beats marked", marks=pytest.mark.long),
    pytest.param("transfer_out", "m_axis_tready && last", "last", id="tag taken in a stall", marks=pytest.mark.long),
    pytest.param("axis_fifo", "put_q != (take_q ^ (PLACE_W + 1)'(DEPTH))", "1'b1", id="back-pressure"),
])
def test_notices_broken_transfers(unit: str, line: str, broken: str, tmp_path: Path) -> None:
    sources = [patch(path, line, broken, tmp_path) if path.stem == unit else path for path in TRANSFERS]
    beats = 1 if unit == "axis_fifo" or line.startswith("(!last_q") else 6
    log, _ = run_streams("transfers", sources, {"BEATS": beats, "DEPTH": 2}, transfers(), answers(beats), tmp_path,
                         (Play(), Play(0, 80)))
    assert log is not None
    assert "AssertionError" in log


@pytest.mark.parametrize("depth", [2, 8])
def test_fifo_passes_everything_at_full_rate(depth: int, tmp_path: Path) -> None:
    log, measured = run_streams("axis_fifo", [FIFO], {"DATA_W": 32, "DEPTH": depth}, transfers(), transfers(), tmp_path)
    assert log is None, log
    assert len(measured) == len(STALLS)
    free = measured[0]
    assert free.inputs == list(range(free.inputs[0], free.inputs[0] + len(free.inputs)))
    assert free.outputs == [cycle + 1 for cycle in free.inputs]


def unpack_case(unit: Input, lanes: int) -> tuple[list[Packet], list[Packet]]:
    """Three samples in (padding bits and slots full of ones) and out."""
    values = np.random.default_rng(lanes).integers(0, 1 << unit.bits, (3, unit.values))
    filled = np.full((3, unit.beats * unit.values_per_beat), (1 << unit.slot_bits) - 1)
    filled[:, : unit.values] = values | ((1 << unit.slot_bits) - (1 << unit.bits))
    inputs = [[pack(beat, unit.slot_bits) for beat in row.reshape(unit.beats, -1)] for row in filled]
    outputs = [[pack(beat, unit.bits) for beat in row.reshape(-1, lanes)] for row in values]
    return inputs, outputs


@pytest.mark.parametrize(("unit", "lanes"), [
    (Input("input", 4, 2, 3, 8, 0), 1),
    pytest.param(Input("input", 4, 3, 5, 8, 0), 2, marks=pytest.mark.long),
    pytest.param(Input("input", 8, 2, 3, 8, 0), 8, marks=pytest.mark.long),
    (Input("input", 3, 3, 5, 5, 0), 3),
    (Input("input", 6, 3, 3, 8, 0), 6),
    pytest.param(Input("input", 6, 2, 2, 12, 0), 6, marks=pytest.mark.long),
    (Input("input", 5, 1, 1, 12, 0), 5),
], ids=["8 bit, 1 lane", "2 lanes", "8 lanes", "5 bit, 3 lanes", "6 lanes", "12 bit, 6 lanes", "one beat"])
def test_unpack_equals_packing_backwards(unit: Input, lanes: int, tmp_path: Path) -> None:
    inputs, outputs = unpack_case(unit, lanes)
    log, measured = run_streams("unpack", [UNPACK], parameters(unit) | {"LANES": lanes}, inputs, outputs, tmp_path)
    assert log is None, log
    # At full rate: either a beat in or a beat out in every cycle.
    beats = 3 * max(unit.beats, unit.values // lanes)
    assert measured[0].outputs[-1] - measured[0].inputs[0] <= beats + 3


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("(VALUES - (VALUES - 1) / SLOTS * SLOTS) / STEP", "GROUPS_IN", id="padding becomes values"),
    pytest.param("if (!take && p - i <= REFILL && count_q == COUNT_W'(p - i)) group = values[i*GROUP_W+:GROUP_W]",
                 "if (!take && count_q == COUNT_W'(p - i)) group = values[(GROUPS_IN-1-i)*GROUP_W+:GROUP_W]",
                 id="lanes"),
    pytest.param("SENT_W'(BEATS_OUT - 2)", "SENT_W'(BEATS_OUT - 3)", id="last"),
    pytest.param("count_q >= COUNT_W'(GROUPS_OUT)", "count_q != 0", id="valid with too few values"),
    pytest.param("take ? above : kept", "kept", id="values stay"),
])
def test_notices_a_broken_unpack(line: str, broken: str, tmp_path: Path) -> None:
    unit = Input("input", 3, 3, 5, 5, 0)
    inputs, outputs = unpack_case(unit, 3)
    sources = [patch(UNPACK, line, broken, tmp_path)]
    log, _ = run_streams("unpack", sources, parameters(unit) | {"LANES": 3}, inputs, outputs, tmp_path,
                         (Play(), Play(50, 0)))
    assert log is not None
    assert "AssertionError" in log
