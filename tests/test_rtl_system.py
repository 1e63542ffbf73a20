"""The chip as a block design takes it in: plain Verilog, whose every pin is named to the tool that connects it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic import make_spec
from test_synth import CACHE, needs_yosys

from base.errors import UserError
from firstspike_board import places
from rtl import levels, system, verilator
from rtl.emit import UNITS, emit
from rtl.synth import netlists
from spec.registers import ADDRESS_BITS

SPECS = {"8 bit": make_spec(), "33 classes": make_spec(bits=4, channels=3, height=2, width=2, blocks=(4,), hidden=(),
                                                      classes=33)}


@pytest.mark.parametrize("way", system.WAYS)
@pytest.mark.parametrize("name", SPECS)
def test_lint_is_clean_as_verilog_2001(name: str, way: str, tmp_path: Path) -> None:
    emit(SPECS[name], tmp_path)
    sources = system.wrap(SPECS[name], tmp_path, way)
    assert sources[-1].suffix == ".v"
    # Where a file ends in .v, Verilator holds it to that standard; a word of SystemVerilog is none there.
    options = ["+1364-2001ext+v"]
    verilator.lint([*map(Path, options), *sources], system.TOP, {}, tmp_path)
    text = sources[-1].read_text()
    sources[-1].write_text(text.replace("input  wire        ap_clk", "input  logic       ap_clk"))
    with pytest.raises(Exception, match="lint"):
        verilator.lint([*map(Path, options), *sources], system.TOP, {}, tmp_path)


@pytest.mark.parametrize("way", system.WAYS)
def test_every_pin_belongs_to_an_interface(way: str, tmp_path: Path) -> None:
    emit(SPECS["8 bit"], tmp_path)
    text = system.wrap(SPECS["8 bit"], tmp_path, way)[-1].read_text()
    header = text[text.index("module"):text.index(");")]
    pins = re.findall(r"(?:input|output) +wire +(?:\[\d+:0\])? *(\w+)", header)
    named = re.findall(r'X_INTERFACE_INFO = "xilinx.com:(?:signal|interface):\w+:1.0 (\w+) (\w+)"', header)
    clocked = set(re.findall(r"ASSOCIATED_BUSIF ([\w:]+)", header)[0].split(":"))
    assert [f"{bus}_{signal.lower()}" if bus in clocked else bus for bus, signal in named] == pins
    assert clocked == ({"s_axi", "s_axis", "m_axis"} if way == "dma" else {"s_axi"})
    assert f"input  wire [{ADDRESS_BITS - 1}:0]  s_axi_awaddr" in header
    assert f"module {places.TOP} (" in header  # which the driver looks for


def test_another_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="way: got usb, expected dma, registers"):
        system.wrap(SPECS["8 bit"], tmp_path, "usb")


@needs_yosys
def test_window_and_bridge_keep_their_levels(tmp_path: Path) -> None:
    spec = make_spec(bits=4, channels=2, height=2, width=2, blocks=(2,), hidden=(), classes=2)
    emit(spec, tmp_path)
    found = netlists(system.wrap(spec, tmp_path, "registers"), system.TOP, tmp_path, CACHE)
    bridge = tmp_path / "bridge.sv"
    bridge.write_text((UNITS / "axi3_bridge.sv").read_text().replace("ID_W = 0", "ID_W = 12")
                      .replace("ADDRESS_W = 0", "ADDRESS_W = 10"))
    units = {unit.unit: unit for unit in levels.of_units([*found, *netlists([bridge], "axi3_bridge", tmp_path, CACHE)])}
    print(levels.report([units["window"], units["axi3_bridge"]], []))
    for name in ("window", "axi3_bridge"):
        assert units[name].most <= levels.LIMIT
        assert not units[name].wide_logic
