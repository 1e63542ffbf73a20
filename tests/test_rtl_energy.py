"""What `make energy` counts: toggles by Verilator's coverage, gates by Yosys' statistics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from rtl import activity, gates
from rtl.emit import UNITS, emit
from rtl.rom import write_rom


def point(net: str, instance: str, count: int) -> str:
    return (f"C '\x01f\x02x.sv\x01l\x021\x01t\x02toggle\x01page\x02v_toggle/x"
            f"\x01o\x02{net}:0->1\x01h\x02{instance}' {count}\n")


def test_toggles_are_summed_by_unit() -> None:
    lines = ["# SystemC::Coverage-3\n", point("en", "TOP.top.unit_dw0.g_lane[0].u_tree", 5),
             point("x[3]", "TOP.top.unit_dw0", 2), point("clk", "TOP.top.unit_dw0", 1000), point("rst", "TOP.top", 1),
             point("ap_clk", "TOP", 1000), point("busy", "TOP.top.counters", 4)]
    assert activity.count(lines) == {"total": 12, "dw0": 7, "counters": 4}


def test_a_sample_of_all_kinds_toggles_more_than_silence(tmp_path: Path) -> None:
    spec = make_spec(bits=4, channels=1, height=2, width=2, blocks=(2,), hidden=(2,), classes=2, act_bits=4)
    emit(spec, tmp_path)
    noise = make_words(spec, 12)[:8]
    silent = np.zeros_like(noise)
    busy, quiet = (activity.toggles(spec, words, tmp_path, Path("build") / "verilated") for words in (noise, silent))
    assert busy["total"] > quiet["total"] > 0
    assert {unit.name for unit in spec.units} <= set(busy)
    assert busy["total"] >= sum(count for unit, count in busy.items() if unit != "total")


@pytest.mark.parametrize(("depth", "bits", "least", "most"), [
    # Bits and output register apart, 8 flip-flops with an enable behind it: one is 4 or more, its enable two more.
    (200, 1600, 8 * 4, 8 * 8),
    # What weight_rom.sv puts into LUTs are gates, and no memory.
    (20, 0, 8 * 4, 800)])
def test_gates_of_a_memory_and_its_registers(tmp_path: Path, depth: int, bits: int, least: int, most: int) -> None:
    """A ROM of words of 8 bits."""
    write_rom(tmp_path / "rom.hex", [7 * word % 256 for word in range(depth)], 8)
    source = tmp_path / "weight_rom.sv"
    source.write_text((UNITS / "weight_rom.sv").read_text())
    (tmp_path / "top.sv").write_text(
        "module top(input wire logic clk, en, input wire logic [7:0] address, output logic [7:0] data);\n"
        f'    weight_rom #(.DEPTH({depth}), .WIDTH(8), .FILE("rom.hex"), .ADDRESS_W(8)) unit_rom (.*);\nendmodule\n')
    found = gates.gates([source, tmp_path / "top.sv"], "top", tmp_path)
    assert found["rom"]["memory_bits"] == found["total"]["memory_bits"] == bits
    assert least <= found["rom"]["gates"] <= most
    assert found["total"]["gates"] == found["rom"]["gates"]
