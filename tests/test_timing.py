"""The clock by place and route: how the tools are called, what is read of them, and what is said without one.

Neither tool is here: programs of their names check how they are called and leave what the tools would leave.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic import make_spec

from base.errors import ToolError, UserError
from base.files import write_text
from rtl import timing, verilator
from rtl.emit import TOP, emit
from rtl.synth import Netlist

PART = "xc7z020clg400-1"
PORTS = {"ap_clk": ("input", 1), "ap_rst_n": ("input", 1), "s_data": ("input", 32), "m_data": ("output", 32)}
NETLIST = Netlist(
    TOP, {name: {"direction": way, "bits": list(range(bits))} for name, (way, bits) in PORTS.items()}, {}, {})


def step(start: str, end: str, delay: float) -> dict:
    return {"delay": delay, "type": "logic", "from": {"cell": start}, "to": {"cell": end}}


def report(mhz: float) -> dict:
    """As nextpnr writes it: two paths within the clock, one from a pin."""
    a, b, c = "dut.unit_b1_0.neurons.slope_q", "lut", "dut.unit_pw1.sum_q"
    return {
        "fmax": {"clk": {"achieved": mhz, "constraint": 100.0}},
        "critical_paths": [
            {"from": "<async>", "to": "posedge clk", "path": [step("shift_in", "feed_q", 50.0)]},
            {"from": "posedge clk", "to": "posedge clk", "path": [step("feed_q", "dut.rst", 1.0)]},
            {"from": "posedge clk", "to": "posedge clk", "path": [step(a, b, 2.5), step(b, c, 5.5)]},
        ]}


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts a program on PATH, in a folder that is free of the others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(timing, "yosys", lambda: ["true"])
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))

    def put(name: str, script: str) -> Path:
        write_text(folder / name, f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder

    return put


def measured(folder: Path, clock_mhz: float = 100.0, part: str = PART) -> dict:
    return timing.measure([folder / "top.sv"], NETLIST, folder, part, clock_mhz)


def test_without_a_tool_the_clock_is_assumed(tmp_path: Path, tool: Callable) -> None:
    tool("other", "exit 1")
    found = measured(tmp_path)
    assert found["said"] == ("the clock of 100 MHz is assumed: neither vivado nor nextpnr-himbaechel is on PATH, and "
                             "nothing else proves one")
    assert found["met"] is None
    assert timing.of_clock(left(tmp_path, {**found, "digest": "d", "clock_mhz": 100}), "d", 100) == "assumed"
    assert timing.of_clock(tmp_path / "nothing.json", "d", 100) == "assumed"


def left(folder: Path, placed: dict) -> Path:
    """The file in which `make timing` leaves what it found."""
    path = folder / "placed.json"
    path.write_text(json.dumps(placed))
    return path


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"met": true, "digest": "d", "clock_mhz": 100}',
                                  "\xff"])
def test_what_is_not_whole_proves_no_clock(text: str, tmp_path: Path) -> None:
    (tmp_path / "placed.json").write_bytes(text.encode("latin-1"))
    assert timing.of_clock(tmp_path / "placed.json", "d", 100) == "assumed"


def test_nextpnr_runs_three_seeds_and_the_median_counts(tmp_path: Path, tool: Callable) -> None:
    for seed, mhz in (("1", 120.0), ("2", 90.0), ("3", 104.5)):
        (tmp_path / f"r{seed}").write_text(json.dumps(report(mhz)))
    tool("nextpnr-himbaechel", f'''
[ "$*" = --version ] && {{ echo '"nextpnr-himbaechel" -- Place and Route (Version nextpnr-0.8-12-gabc)' >&2; exit; }}
seed=$(echo "$*" | sed 's/.*--seed \\([0-9]*\\).*/\\1/')
wanted="--device {PART} --json timing.json --vopt xdc=timing.xdc --freq 100 --seed $seed --timing-allow-fail"
[ "$*" = "$wanted --report timing-$seed.json" ] && [ -f timing.xdc ] && [ -f timing.ys ] || exit 9
cp r$seed timing-$seed.json''')
    found = measured(tmp_path)
    assert found["said"] == ("nextpnr-himbaechel nextpnr-0.8-12-gabc: median 104.5 MHz (1 120.0, 2 90.0, 3 104.5) for "
                             "100 MHz; the worst path is in b1_0 → pw1")
    assert (found["met"], found["median"], found["seeds"]) == (True, 104.5, ["1", "2", "3"])
    assert [(way["ns"], way["units"]) for way in found["worst"]] == [
        (8.0, "b1_0 → pw1"), (1.0, "the bus → the top's own gates")]
    placed = left(tmp_path, {**found, "digest": "d", "clock_mhz": 100})
    assert timing.of_clock(placed, "d", 100) == f"met by place and route, {found['said']}"
    assert timing.of_clock(placed, "e", 100) == timing.of_clock(placed, "d", 150) == "assumed"
    assert not timing.measure([tmp_path / "top.sv"], NETLIST, tmp_path, PART, 100)["median"] >= 105
    with pytest.raises(UserError, match="xc7a35tcsg324-1, expected one in a package of clg400"):
        measured(tmp_path, part="xc7a35tcsg324-1")


def test_a_clock_that_is_missed_stays_assumed(tmp_path: Path, tool: Callable) -> None:
    (tmp_path / "r").write_text(json.dumps(report(99.9)))
    tool("nextpnr-himbaechel", 'for last; do :; done; [ "$last" = --version ] || cp r "$last"')
    found = measured(tmp_path)
    assert found["met"] is False
    assert found["said"].startswith("nextpnr-himbaechel, version not told: median 99.9 MHz")
    assert timing.of_clock(left(tmp_path, {**found, "digest": "d", "clock_mhz": 100}), "d", 100) == "assumed"


@pytest.mark.parametrize(("script", "message"), [
    ("echo 'ERROR: no chipdb'; exit 1", "no chipdb"), ("true", "timing-1.json: got no timing that can be read"),
    ('for last; do :; done; echo {} > "$last"', "KeyError"),
])
def test_a_tool_that_fails_is_quoted(script: str, message: str, tmp_path: Path, tool: Callable) -> None:
    tool("nextpnr-himbaechel", script)
    with pytest.raises(ToolError, match=message):
        measured(tmp_path)


def test_vivado_goes_first_and_tells_slack(tmp_path: Path, tool: Callable) -> None:
    tool("nextpnr-himbaechel", "exit 1")
    tool("vivado", '''
[ "$*" = -version ] && { echo "Vivado v2024.1 (64-bit)"; exit; }
grep -q 'create_clock -period 6.667 ' timing.tcl && grep -q "part xc7z020clg400-1" timing.tcl || exit 9
run=$(sed -n 's/place_design -directive //p' timing.tcl)
echo "0.267 dut/unit_dw0/a_reg/C dut/unit_dw0/b_reg/D" > timing-$run.txt
echo "0.667 feed_q_reg/C dut/unit_input/b_reg/D" >> timing-$run.txt''')
    found = measured(tmp_path, 150.0)
    assert found["said"] == ("vivado 2024.1: median 156.2 MHz (Default 156.2, Explore 156.2, ExtraNetDelay_high 156.2) "
                             "for 150 MHz; the worst path is in dw0")
    assert [way["units"] for way in found["worst"]] == ["dw0", "the bus → input"]


def test_the_shell_has_every_port_of_the_top(tmp_path: Path) -> None:
    sources = emit(make_spec(bits=4, blocks=(4,), hidden=(4,)), tmp_path)
    text = (tmp_path / f"{TOP}.sv").read_text().split(");")[0]
    ports = {}
    for line in text.splitlines():
        if "logic" in line and ("input" in line or "output" in line):
            word = line.split("//")[0].strip().rstrip(",").split()
            bits = int(word[-2][1:].split(":")[0]) + 1 if word[-2].startswith("[") else 1
            ports[word[-1]] = {"direction": word[0], "bits": list(range(bits))}
    assert len(ports) > 25
    shell = tmp_path / f"{timing.SHELL}.sv"
    shell.write_text("/* verilator lint_off DECLFILENAME */\n" + timing.shell(Netlist(TOP, ports, {}, {})))
    verilator.lint([*sources, shell], timing.SHELL, {}, tmp_path)
