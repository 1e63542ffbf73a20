"""make overlay ROUTE=open: Yosys makes the netlist with a PS7; the tools behind it are called as they want to be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic import make_spec

from base.errors import ToolError, UserError
from base.files import read_json, write_text
from board.preset import load_board
from overlay import open_route
from rtl.emit import emit
from rtl.synth import yosys
from rtl.system import wrap

PART = "xc7z020clg400-1"
NETLIST = '{"modules": {"ps7_system": {"cells": {"ps": {"type": "PS7"}, "a": {"type": "LUT6"}}}}}'
# What each tool is to be called with, and what it leaves.
NEXTPNR = f"""[ "$*" = "--device {PART} --json firstspike.json -o xdc=firstspike.xdc -o fasm=firstspike.fasm \\
--freq 100 --seed 1" ] \\
  && [ -s firstspike.json ] && [ -s firstspike.xdc ] && echo fasm > firstspike.fasm"""
FRAMES = f"""[ "$*" = "--db-root $XRAY_DATABASE_DIR/zynq7 --part {PART} firstspike.fasm firstspike.frames" ] \\
  && [ -s firstspike.fasm ] && echo frames > firstspike.frames"""
BITS = f"""[ "$*" = "--part_file $XRAY_DATABASE_DIR/zynq7/{PART}/part.yaml --part_name {PART} \\
--frm_file firstspike.frames --output_file firstspike.bit" ] \\
  && [ -s firstspike.frames ] && echo bits > firstspike.bit"""


@pytest.fixture
def chip(tmp_path: Path) -> list[Path]:
    """Sources of the smallest chip, its wrapper the last."""
    spec = make_spec(bits=4, channels=1, height=2, width=2, blocks=(2,), hidden=(), classes=2)
    emit(spec, tmp_path / "rtl")
    return wrap(spec, tmp_path / "rtl", "registers")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts stand-ins on PATH; Yosys' leaves a netlist at once."""
    def put(nextpnr: str = NEXTPNR, frames: str = FRAMES, bits: str = BITS, netlist: str = NETLIST) -> None:
        folder = tmp_path / "bin"
        script = f"for last; do :; done; out=$(sed -n 's/^write_json //p' $last); printf '%s' '{netlist}' > $out"
        for name, text in (("yosys", script), ("nextpnr-himbaechel", nextpnr), ("fasm2frames", frames),
                           ("xc7frames2bit", bits)):
            if text:
                write_text(folder / name, f"#!/bin/sh\n{text}\n")
                (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        monkeypatch.setenv("XRAY_DATABASE_DIR", str(tmp_path / "db"))
    return put


def built(tmp_path: Path, chip: list[Path], board: str = "pynq-z2") -> dict:
    return open_route.build(chip, tmp_path / "rtl", tmp_path / "out", load_board(board))


def test_netlist_by_the_real_yosys(tmp_path: Path, chip: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    command = yosys()
    monkeypatch.setattr(open_route, "yosys", lambda: command)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("XRAY_DATABASE_DIR", raising=False)
    said = built(tmp_path, chip)["said"]
    assert said.endswith("no bitstream without nextpnr-himbaechel, fasm2frames, xc7frames2bit, the variable "
                         "XRAY_DATABASE_DIR")
    cells = read_json(tmp_path / "out" / "firstspike.json")["modules"]["ps7_system"]["cells"]
    kinds = {cell["type"] for cell in cells.values()}
    assert {"PS7", "BUFG", "FDRE"} <= kinds
    assert not {kind for kind in kinds if kind.startswith("$") and kind != "$scopeinfo"}
    (system,) = [cell for cell in cells.values() if cell["type"] == "PS7"]
    for port, bits in (("MAXIGP0RDATA", 32), ("MAXIGP0BID", 12), ("MAXIGP0ACLK", 1)):
        assert len(system["connections"][port]) == bits
        assert set(system["connections"][port]) & {"x", "0", "1"} == set()


def test_with_all_tools_there_is_a_bitstream(tmp_path: Path, chip: list[Path], tools: Callable[..., None]) -> None:
    tools()
    found = built(tmp_path, chip)
    assert set(found["files"]) == {"firstspike.bit"}
    assert found["said"].endswith("firstspike.bit at 100 MHz or better")


@pytest.mark.parametrize(("given", "said"), [
    ({"nextpnr": "exit 1"}, "nextpnr-himbaechel: exit code 1"),
    ({"nextpnr": "exit 0"}, "fasm2frames: exit code 1"),
    ({"bits": "exit 0"}, "xc7frames2bit: left no firstspike.bit"),
    ({"netlist": NETLIST.replace("PS7\"}, ", "PS8\"}, ")}, "got 0 PS7, expected 1"),
])
def test_what_a_tool_does_not_leave(
    tmp_path: Path, chip: list[Path], tools: Callable[..., None], given: dict[str, str], said: str
) -> None:
    tools()
    assert built(tmp_path, chip)["files"]
    tools(**given)
    with pytest.raises(ToolError, match=said):
        built(tmp_path, chip)
    assert not (tmp_path / "out" / "firstspike.bit").exists()  # nor the one from before


def test_missing_tools_are_named(tmp_path: Path, chip: list[Path], tools: Callable[..., None]) -> None:
    tools(frames="")
    assert built(tmp_path, chip)["said"].endswith("no bitstream without fasm2frames")
    assert not os.path.exists(tmp_path / "out" / "firstspike.bit")


def test_a_board_of_another_family_is_refused(tmp_path: Path, chip: list[Path]) -> None:
    with pytest.raises(UserError, match=r"ROUTE: got open, with a xczu3eg-.*, expected a board with a Zynq-7000"):
        built(tmp_path, chip, "aup-zu3")
