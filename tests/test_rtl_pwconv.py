"""pwconv.sv against golden: shapes, widths, lanes, stalls, predicted cycles, and that a broken one is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import Cycles, flip, packets, patch, run_streams
from many import some

from rtl.emit import parameters, write_roms
from rtl.verilator import lint
from spec import golden
from spec.units import Pointwise, value_range

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCES = [RTL / name for name in ("pwconv.sv", "replay.sv", "multiplier.sv", "packed_dot.sv", "adder_tree.sv",
                                      "shift_clamp.sv", "result_fifo.sv", "weight_rom.sv")]
SAMPLES = 5


def make_unit(
    in_channels: int, out_channels: int, pixels: int, lanes: int, out_lanes: int, in_bits: int = 8,
    weight_bits: int = 8, out_bits: int = 8, shift: int = 7, pe: int = 0, multipliers: str = "dsp",
    narrow: bool = False,
) -> Pointwise:
    rng = np.random.default_rng(in_channels + 10 * out_channels)
    lo, hi = value_range(weight_bits, signed=True)
    weight = rng.integers(lo, hi + 1, (out_channels, in_channels))
    weight[0], weight[-1] = lo, hi
    weight[1, 0] = lo  # beside another lowest one, in a slice
    weight = np.maximum(weight, lo + narrow)
    bias = rng.integers(-hi << in_bits - 2, hi << in_bits - 1, out_channels)
    return Pointwise("pw", in_channels, out_channels, pixels, in_bits, weight_bits, out_bits, shift, lanes, out_lanes,
                     weight, bias, pe, multipliers)


UNITS = {
    "output bound": make_unit(4, 6, 7, 1, 1),
    "input bound, int4 weights": make_unit(12, 4, 3, 2, 2, weight_bits=4, shift=4),
    "pixel per beat": make_unit(4, 4, 5, 4, 4),
    "narrow, no shift": make_unit(6, 4, 1, 2, 1, in_bits=4, weight_bits=3, out_bits=4, shift=0),
    "two passes": make_unit(6, 4, 3, 1, 1, in_bits=6, weight_bits=6, pe=2),
    "output bound passes": make_unit(4, 12, 4, 2, 1, in_bits=5, weight_bits=7, pe=4),
    "passes of one beat": make_unit(4, 8, 5, 4, 2, pe=2),
    "an output at once, in LUTs": make_unit(5, 3, 4, 1, 1, in_bits=4, weight_bits=4, shift=4, pe=1, multipliers="lut"),
    "in LUTs": make_unit(4, 4, 3, 2, 2, multipliers="lut"),
    "packed": make_unit(6, 5, 3, 1, 1, multipliers="packed"),
    "packed, four lanes": make_unit(8, 4, 3, 4, 2, multipliers="packed"),
    "packed, narrow, four lanes": make_unit(8, 4, 3, 4, 2, multipliers="packed", narrow=True),
    "packed, int4, passes": make_unit(3, 10, 3, 1, 1, 4, 4, shift=4, pe=5, multipliers="packed"),
    "packed, narrow int4": make_unit(3, 9, 3, 1, 3, 4, 4, shift=4, multipliers="packed", narrow=True),
    "packed, int6, three lanes": make_unit(6, 4, 2, 3, 2, in_bits=6, weight_bits=6, shift=5, multipliers="packed"),
}


def samples(unit: Pointwise) -> np.ndarray:
    """(SAMPLES, pixels, in_channels): random, then all lowest, all highest."""
    lo, hi = value_range(unit.in_bits, signed=True)
    x = np.random.default_rng(1).integers(lo, hi + 1, (SAMPLES, unit.pixels, unit.in_channels))
    x[-2], x[-1] = lo, hi
    return x


def play(
    unit: Pointwise, folder: Path, sources: list[Path] = SOURCES, **changed: int,
) -> tuple[str | None, list[Cycles]]:
    if not (folder / "rom").exists():
        write_roms(unit, folder)
    x = samples(unit)
    return run_streams("pwconv", sources, parameters(unit) | changed, packets(x, unit.lanes, unit.in_bits),
                       packets(golden.pwconv(unit, x), unit.out_lanes, unit.out_bits), folder)


def predicted(unit: Pointwise) -> Cycles:
    """No stalls. A pass's last beat waits until the bank has sent the pass before; the next pixel comes meanwhile."""
    beats_in, beats_out = unit.beats_per_pixel, unit.pe // unit.out_lanes
    latency = 9 + unit.lanes if unit.multipliers == "packed" else 8 + (unit.lanes - 1).bit_length()
    if unit.multipliers == "lut":
        latency += 1 if unit.weight_bits <= 4 else 2
    inputs: list[int] = []
    outputs: list[int] = []
    cycle, bank_free = 0 if unit.passes == 1 else 2, 0
    for _ in range(SAMPLES * unit.pixels * unit.passes):
        last = max(cycle + beats_in - 1, bank_free)
        inputs += [*range(cycle, cycle + beats_in - 1), last]
        cycle, bank_free = last + 1, last + beats_out
        outputs += range(last + latency, last + latency + beats_out)
    return Cycles(inputs, outputs)


ALWAYS = ("output bound", "two passes", "an output at once, in LUTs", "packed", "packed, narrow, four lanes",
          "packed, int4, passes")


@pytest.mark.parametrize("name", some(UNITS, ALWAYS))
def test_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    unit = UNITS[name]
    log, cycles = play(unit, tmp_path)
    assert log is None, log
    start = cycles[0].inputs[0]
    assert [cycle - start for cycle in cycles[0].outputs] == predicted(unit).outputs
    if unit.passes == 1:  # else they are kept, two pixels at least
        assert [cycle - start for cycle in cycles[0].inputs] == predicted(unit).inputs


@pytest.mark.parametrize(("rom", "bit"), [("pw_weight.hex", 5 * 8 + 4), ("pw_start.hex", 10)])
def test_every_constant_reaches_the_output(rom: str, bit: int, tmp_path: Path) -> None:
    unit = UNITS["output bound"]
    write_roms(unit, tmp_path)
    flip(tmp_path / "rom" / rom, -1, bit)
    log, _ = play(unit, tmp_path)
    assert log is not None
    assert "expected" in log


def test_shift_reaches_the_output(tmp_path: Path) -> None:
    unit = UNITS["output bound"]
    log, _ = play(unit, tmp_path, SHIFT=unit.shift - 1)
    assert log is not None
    assert "expected" in log


@pytest.mark.long  # tests/test_mutants.py has one of its faults, make faults all
@pytest.mark.parametrize(("line", "broken", "message"), [
    pytest.param("x1_q[lane*IN_W+:IN_W]", "x1_q[(LANES-1-lane)*IN_W+:IN_W]", "expected", id="swapped lanes in"),
    pytest.param("result[out_lane*OUT_W+:OUT_W]", "result[(OUT_LANES-1-out_lane)*OUT_W+:OUT_W]", "expected",
                 id="swapped lanes out"),
    pytest.param(".valid(out_valid_q[SELECTED])", ".valid(1'b0)", "stuck at input", id="dead valid"),
    pytest.param("if (valid_q[PRODUCT]) acc_q", "acc_q", "expected", id="sums move in a pause"),
])
def test_notices_a_broken_unit(line: str, broken: str, message: str, tmp_path: Path) -> None:
    patched = patch(SOURCES[0], line, broken, tmp_path)
    log, _ = play(UNITS["input bound, int4 weights"], tmp_path, [patched, *SOURCES[1:]])
    assert log is not None
    assert message in log


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("(room && !busy_q)", "room", id="bank overrun"),
    pytest.param("(room && !busy_q)", "!busy_q", id="more results than places"),
])
def test_notices_results_that_do_not_wait(line: str, broken: str, tmp_path: Path) -> None:
    patched = patch(SOURCES[0], line, broken, tmp_path)
    log, _ = play(UNITS["output bound"], tmp_path, [patched, *SOURCES[1:]])
    assert log is not None
    assert "expected" in log


@pytest.mark.parametrize(("changed", "message"), [
    ({"LANES": 3}, "IN_CHANNELS=4 is not a multiple of LANES=3"),
    ({"OUT_LANES": 4}, "PE=6 is not a multiple of OUT_LANES=4"),
    ({"PE": 4}, "OUT_CHANNELS=6 is not a multiple of PE=4"),
    ({"SHIFT": -1}, "SHIFT=-1"), ({"USE_DSP": 2}, "USE_DSP=2"),
])
def test_wrong_parameters_stop_elaboration(changed: dict[str, int], message: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=message):
        lint(SOURCES, "pwconv", parameters(UNITS["output bound"]) | changed, tmp_path)
