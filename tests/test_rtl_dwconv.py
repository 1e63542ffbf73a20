"""dwconv.sv against golden: shapes, widths, lanes, stalls, predicted cycles, and that a broken one is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import Cycles, flip, packets, patch, run_streams
from many import some

from rtl.emit import parameters, write_roms
from rtl.verilator import lint
from spec import golden
from spec.units import Depthwise, value_range

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCES = [RTL / name for name in ("dwconv.sv", "multiplier.sv", "adder_tree.sv", "shift_clamp.sv", "result_fifo.sv",
                                      "weight_rom.sv")]
SAMPLES = 5


def make_unit(
    channels: int, height: int, width: int, lanes: int, in_bits: int = 8, in_signed: bool = True, weight_bits: int = 8,
    out_bits: int = 8, shift: int = 8, taps: int = 9, multipliers: str = "dsp", stride: int = 1,
) -> Depthwise:
    rng = np.random.default_rng(channels + 10 * height + 100 * lanes)
    lo, hi = value_range(weight_bits, signed=True)
    weight = rng.integers(lo, hi + 1, (channels, 3, 3))
    weight[0], weight[-1] = lo, hi
    return Depthwise("dw", channels, height, width, in_bits, in_signed, weight_bits, out_bits, shift, lanes, weight,
                     taps, multipliers, stride)


UNITS = {
    "int8": make_unit(6, 3, 4, 1),
    "two lanes, unsigned in, int4 weights": make_unit(8, 2, 2, 2, in_signed=False, weight_bits=4, shift=4),
    "whole pixel per beat": make_unit(4, 4, 3, 4, in_signed=False),
    "narrow, no shift": make_unit(1, 5, 2, 1, in_bits=4, weight_bits=3, out_bits=4, shift=0),
    "a row at once": make_unit(4, 3, 3, 2, taps=3),
    "a tap at once": make_unit(2, 4, 2, 1, in_bits=6, in_signed=False, weight_bits=6, shift=6, taps=1),
    "a tap at once, pixel per beat, in LUTs": make_unit(2, 3, 3, 2, weight_bits=5, shift=5, taps=1, multipliers="lut"),
    "a row at once, smallest, in LUTs": make_unit(1, 2, 2, 1, in_bits=4, weight_bits=4, shift=3, taps=3,
                                                  multipliers="lut"),
    "every second": make_unit(4, 5, 4, 2, in_signed=False, stride=2),
    "every second, a row at once": make_unit(6, 4, 5, 2, taps=3, stride=2),
    "every second of the smallest, a tap at once": make_unit(1, 2, 2, 1, in_bits=5, weight_bits=4, shift=3, taps=1,
                                                             stride=2),
    "every second, a tap at once, in LUTs": make_unit(2, 3, 3, 2, weight_bits=5, shift=5, taps=1, multipliers="lut",
                                                      stride=2),
    "all in LUTs": make_unit(3, 2, 3, 1, in_bits=7, in_signed=False, weight_bits=7, multipliers="lut"),
}


def samples(unit: Depthwise) -> np.ndarray:
    """(SAMPLES, height, width, channels): random, then all lowest, all highest."""
    lo, hi = value_range(unit.in_bits, unit.in_signed)
    x = np.random.default_rng(1).integers(lo, hi + 1, (SAMPLES, unit.height, unit.width, unit.channels))
    x[-2], x[-1] = lo, hi
    return x


def play(
    unit: Depthwise, folder: Path, sources: list[Path] = SOURCES, **changed: int,
) -> tuple[str | None, list[Cycles]]:
    if not (folder / "rom").exists():
        write_roms(unit, folder)
    x = samples(unit)
    return run_streams("dwconv", sources, parameters(unit) | changed, packets(x, unit.lanes, unit.in_bits),
                       packets(golden.dwconv(unit, x), unit.lanes, unit.out_bits), folder)


def predicted(unit: Depthwise) -> tuple[list[int], list[int]]:
    """No stalls. The delay line waits for the steps of an output; the sample's last output is flushed out."""
    per_pixel = unit.channels // unit.lanes
    lead = (unit.width + 1) * per_pixel
    kept = np.tile(np.repeat(unit.kept.ravel(), per_pixel), SAMPLES)
    beats = len(kept)
    latency = {9: 10, 3: 11, 1: 15}[unit.taps]
    if unit.multipliers == "lut":
        latency += 1 if unit.weight_bits <= 4 else 2
    busy = np.append(np.ones(lead, int), np.where(kept, 9 // unit.taps, 1))
    shifts = np.cumsum(busy) - busy
    return shifts[:beats].tolist(), (shifts[lead:][kept] + latency).tolist()


ALWAYS = ("int8", "a row at once", "a row at once, smallest, in LUTs", "every second, a row at once",
          "every second of the smallest, a tap at once")


@pytest.mark.parametrize("name", some(UNITS, ALWAYS))
def test_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    unit = UNITS[name]
    log, cycles = play(unit, tmp_path)
    assert log is None, log

    inputs, outputs = predicted(unit)
    start = cycles[0].inputs[0]
    assert [cycle - start for cycle in cycles[0].inputs] == inputs
    assert [cycle - start for cycle in cycles[0].outputs] == outputs

    apart = cycles[-1]  # 400 cycles between samples: each must come out before the next goes in
    for sample in range(SAMPLES - 1):
        assert apart.outputs[(sample + 1) * unit.sends.beats - 1] < apart.inputs[(sample + 1) * unit.takes.beats]


def test_weight_reaches_the_output(tmp_path: Path) -> None:
    unit = UNITS["int8"]
    write_roms(unit, tmp_path)
    flip(tmp_path / "rom" / "dw_weight.hex", 3, 4 * unit.weight_bits + 5)  # of the centre weight of channel 3
    log, _ = play(unit, tmp_path)
    assert log is not None
    assert "expected" in log


def test_shift_reaches_the_output(tmp_path: Path) -> None:
    log, _ = play(UNITS["int8"], tmp_path, SHIFT=UNITS["int8"].shift + 1)
    assert log is not None
    assert "expected" in log


@pytest.mark.long  # tests/test_mutants.py has one of its faults, make faults all
@pytest.mark.parametrize(("line", "broken", "message"), [
    pytest.param("line_q[DELAY*BEAT_W+lane*IN_W+:IN_W]", "line_q[DELAY*BEAT_W+(LANES-1-lane)*IN_W+:IN_W]", "expected",
                 id="swapped lanes"),
    pytest.param("(COLUMN == 2 && right_q)", "1'b0", "expected", id="no padding on the right"),
    pytest.param("assign s_axis_tready = ready;", "assign s_axis_tready = 1'b1;", "expected", id="lost back-pressure"),
    pytest.param(".valid(valid_q[DONE] && last_step_q[DONE])", ".valid(1'b0 && last_step_q[DONE])", "stuck at input",
                 id="dead valid"),
    pytest.param("(s_axis_tvalid || flush_q)", "s_axis_tvalid", "output beats", id="no flush"),
    pytest.param(".last(tlast_q[DONE])", ".last(tlast_q[DONE-1])", "expected", id="early last"),
])
def test_notices_a_broken_unit(line: str, broken: str, message: str, tmp_path: Path) -> None:
    patched = patch(SOURCES[0], line, broken, tmp_path)
    log, _ = play(UNITS["two lanes, unsigned in, int4 weights"], tmp_path, [patched, *SOURCES[1:]])
    assert log is not None
    assert message in log


@pytest.mark.parametrize(("changed", "message"), [
    ({"LANES": 4}, "CHANNELS=6 is not a multiple of LANES=4"),
    ({"HEIGHT": 1}, "HEIGHT=1"), ({"IN_SIGNED": -1}, "IN_SIGNED=-1"), ({"TAPS": 2}, "TAPS=2, expected 1, 3 or 9"),
    ({"USE_DSP": -1}, "USE_DSP=-1"), ({"STRIDE": 3}, "STRIDE=3, expected 1 or 2"),
])
def test_wrong_parameters_stop_elaboration(changed: dict[str, int], message: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=message):
        lint(SOURCES, "dwconv", parameters(UNITS["int8"]) | changed, tmp_path)
