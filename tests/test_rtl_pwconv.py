"""pwconv.sv against golden: shapes, widths, lanes, stalls, predicted cycles, and that a broken one is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import Cycles, flip, packets, patch, run_streams

from rtl.emit import parameters, write_roms
from rtl.verilator import lint
from spec import golden
from spec.units import Pointwise, value_range

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCES = [RTL / name for name in ("pwconv.sv", "shift_clamp.sv", "axis_register.sv", "weight_rom.sv")]
SAMPLES = 5


def make_unit(
    in_channels: int, out_channels: int, pixels: int, lanes: int, out_lanes: int, in_bits: int = 8,
    weight_bits: int = 8, out_bits: int = 8, shift: int = 7,
) -> Pointwise:
    rng = np.random.default_rng(in_channels + 10 * out_channels)
    lo, hi = value_range(weight_bits, signed=True)
    weight = rng.integers(lo, hi + 1, (out_channels, in_channels))
    weight[0], weight[-1] = lo, hi
    bias = rng.integers(-hi << in_bits - 2, hi << in_bits - 1, out_channels)
    return Pointwise("pw", in_channels, out_channels, pixels, in_bits, weight_bits, out_bits, shift, lanes, out_lanes,
                     weight, bias)


UNITS = {
    "output bound": make_unit(4, 6, 7, 1, 1),
    "input bound, int4 weights": make_unit(12, 4, 3, 2, 2, weight_bits=4, shift=4),
    "pixel per beat": make_unit(4, 4, 5, 4, 4),
    "narrow, no shift": make_unit(6, 4, 1, 2, 1, in_bits=4, weight_bits=3, out_bits=4, shift=0),
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
    """No stalls. A pixel is done 4 cycles after its last beat; while the bank is not free, all waits for it."""
    beats_in, beats_out = unit.beats_per_pixel, unit.out_channels // unit.out_lanes
    inputs: list[int] = []
    outputs: list[int] = []
    waits: set[int] = set()  # cycles in which the input side stands still
    cycle, bank_free = 0, 0
    for _ in range(SAMPLES * unit.pixels):
        for _ in range(beats_in):
            while cycle in waits:
                cycle += 1
            inputs.append(cycle)
            cycle += 1
        done, steps = inputs[-1], 4
        while steps:
            done += 1
            steps -= done not in waits
        load = max(done, bank_free)
        waits |= set(range(done, load))
        bank_free = load + beats_out
        outputs += [load + 4 + beat for beat in range(beats_out)]
    return Cycles(inputs, outputs)


@pytest.mark.parametrize("name", UNITS)
def test_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    unit = UNITS[name]
    log, cycles = play(unit, tmp_path)
    assert log is None, log
    start = cycles[0].inputs[0]
    assert [cycle - start for cycle in cycles[0].outputs] == predicted(unit).outputs
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


@pytest.mark.parametrize(("line", "broken", "message"), [
    pytest.param("x1_q[lane*IN_W+:IN_W]", "x1_q[(LANES-1-lane)*IN_W+:IN_W]", "expected", id="swapped lanes in"),
    pytest.param("result[out_lane*OUT_W+:OUT_W]", "result[(OUT_LANES-1-out_lane)*OUT_W+:OUT_W]", "expected",
                 id="swapped lanes out"),
    pytest.param("assign s_axis_tready = in_en;", "assign s_axis_tready = 1'b1;", "expected", id="lost back-pressure"),
    pytest.param("assign in_en = !done_q || bank_free;", "assign in_en = 1'b1;", "expected", id="overrun bank"),
    pytest.param(".s_axis_tvalid(out_valid_q[2])", ".s_axis_tvalid(1'b0)", "only 0 output beats", id="dead valid"),
    pytest.param("if (accumulate) sum_q", "if (in_en) sum_q", "expected", id="sums move in a pause"),
])
def test_notices_a_broken_unit(line: str, broken: str, message: str, tmp_path: Path) -> None:
    patched = patch(SOURCES[0], line, broken, tmp_path)
    log, _ = play(UNITS["input bound, int4 weights"], tmp_path, [patched, *SOURCES[1:]])
    assert log is not None
    assert message in log


@pytest.mark.parametrize(("changed", "message"), [
    ({"LANES": 3}, "IN_CHANNELS=4 is not a multiple of LANES=3"),
    ({"OUT_LANES": 0}, "OUT_LANES=0"), ({"SHIFT": -1}, "SHIFT=-1"),
])
def test_wrong_parameters_stop_elaboration(changed: dict[str, int], message: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=message):
        lint(SOURCES, "pwconv", parameters(UNITS["output bound"]) | changed, tmp_path)
