"""make overlay without Vivado: the scripts run in tclsh on a stand-in that knows what Vivado's commands take."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from synthetic import make_spec

from base.errors import ToolError, UserError
from base.files import write_text
from board.preset import Board, load_board
from firstspike_board import places
from overlay import vivado as build
from overlay.reports import read_timing, read_utilisation
from rtl.emit import emit
from rtl.system import wrap
from simboard import handoff

STUB = Path(__file__).parent / "vivado" / "stub.tcl"
UTILISATION = """\
| Tool Version : Vivado v.2024.1 (lin64) Build 5076996 Wed May 22 18:36:09 MDT 2024
| Device       : xc7z020clg400-1
+----------------------------+------+-------+------------+-----------+-------+
|          Site Type         | Used | Fixed | Prohibited | Available | Util% |
+----------------------------+------+-------+------------+-----------+-------+
| Slice LUTs                 | 9120 |     0 |          0 |     53200 | 17.14 |
|   LUT as Logic             | 8402 |     0 |          0 |     53200 | 15.79 |
|   LUT as Memory            |  718 |     0 |          0 |     17400 |  4.13 |
| Slice Registers            | 9911 |     0 |          0 |    106400 |  9.31 |
| Block RAM Tile             | 17.5 |     0 |          0 |       140 | 12.50 |
| DSPs                       |   82 |     0 |          0 |       220 | 37.27 |
"""
TIMING = """\
| Design Timing Summary
| ---------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------
      {wns}        0.000                      0                24630        0.021        0.000                      0
"""
USER_ID = 0xBEE5
BOARDS = ("pynq-z2", "pynq-z1", "aup-zu3")


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Sources of a small chip, its Verilog wrapper the last."""
    folder = tmp_path_factory.mktemp("chip")
    spec = make_spec()
    emit(spec, folder)
    return wrap(spec, folder, "dma")


@pytest.fixture
def scripts(tmp_path: Path, chip: list[Path]) -> Callable[..., Path]:
    """Writes the scripts of a board into a folder, for these sources or with another wrapper."""
    def write(board: str = "pynq-z2", wrapper: Path | None = None) -> Path:
        build.write_scripts([*chip[:-1], wrapper or chip[-1]], tmp_path, load_board(board), USER_ID)
        return tmp_path
    return write


def run(folder: Path, script: str = "build.tcl") -> subprocess.CompletedProcess[str]:
    return subprocess.run(["tclsh", str(STUB), script, "built.txt"], cwd=folder, capture_output=True, text=True,
                          check=False)


def built(folder: Path) -> dict[str, str]:
    """What the stand-in has built: `cell dma`, `param dma,c_include_sg`, … and what it is."""
    lines = (folder / "built.txt").read_text().splitlines()
    return {" ".join(line.split(" ")[:2]): " ".join(line.split(" ")[2:]) for line in lines}


@pytest.mark.parametrize("board", BOARDS)
def test_block_design(tmp_path: Path, scripts: Callable[..., Path], board: str) -> None:
    done = run(scripts(board))
    assert done.returncode == 0, done.stderr
    found = built(tmp_path)
    chip, dma = places.ADDRESSES[build.family(load_board(board).part)]
    assert found["place ps/Data,chip/s_axi/reg0"] == f"{chip} {places.CHIP_SPAN}"
    assert found["place ps/Data,dma/S_AXI_LITE/Reg"] == f"{dma} {places.DMA_SPAN}"
    assert found["cell chip"] == f"module:{places.TOP}"
    assert found["cell dma"] == places.DMA_VLNV
    assert found[f"param dma,{places.DMA_LENGTH_PARAMETER}"] == str(places.DMA_LENGTH_BITS)
    assert found["param dma,c_include_sg"] == "0"
    assert f"user_id 0x{USER_ID:08x}" in found
    assert found["joined dma/M_AXIS_MM2S"] == "chip/s_axis"
    assert found["joined chip/m_axis"] == "dma/S_AXIS_S2MM"
    clocks = {driver for pin, driver in found.items() if pin.startswith("driver ") and pin.endswith(("clk", "ACLK"))}
    assert len(clocks) == 1
    assert {f"{build.NAME}.bit", f"{build.NAME}.hwh"} <= {path.name for path in tmp_path.iterdir()}


def test_packaged_chip(scripts: Callable[..., Path]) -> None:
    done = run(scripts(), "package.tcl")
    assert done.returncode == 0, done.stderr


# Text of a script, what it is made, and what the stand-in says of it.
WRONG = [
    ("design.tcl", "CONFIG.c_include_sg 0", "CONFIG.c_includ_sg 0", "no parameter c_includ_sg"),
    ("design.tcl", "CONFIG.c_mm2s_burst_size 16", "CONFIG.c_mm2s_burst_size 17", "c_mm2s_burst_size is not 17"),
    ("design.tcl", "axi_dma:7.1", "axi_dma:7.2", "no IP xilinx.com:ip:axi_dma:7.2"),
    ("design.tcl", "dma/axi_resetn", "dma/aresetn", "no dma/aresetn"),
    ("design.tcl", "dma/m_axi_s2mm_aclk}", "}", "dma/m_axi_s2mm_aclk is open"),
    ("design.tcl", "chip/ap_clk", "", "ap_clk is open"),
    ("design.tcl", " chip/ap_rst_n}", "}", "chip/ap_rst_n is open"),
    ("design.tcl", "join_interfaces chip/m_axis dma/S_AXIS_S2MM", "", "is not connected"),
    ("design.tcl", "join_interfaces chip/m_axis dma/S_AXIS_S2MM", "join_interfaces dma/S_AXIS_S2MM chip/s_axis",
     "are both Slave|twice"),
    ("design.tcl", "control_bus/M00_AXI chip/s_axi\n", "control_bus/M00_AXI chip/s_axis\n",
     "is xilinx.com:interface:aximm_rtl:1.0"),
    ("design.tcl", "CONFIG.NUM_MI 2", "CONFIG.NUM_MI 3", "control_bus/M02_AXI is not connected"),
    ("design.tcl", "CONFIG.NUM_SI 2", "CONFIG.NUM_SI 1", "no memory_bus/S01_AXI"),
    ("design.tcl", "wire ps/$system(reset)", "wire ps/$system(clock)", "is a clock, reset/ext_reset_in a reset"),
    ("design.tcl", "place ps/Data dma/S_AXI_LITE/Reg $given(dma_address)", "place ps/Data dma/S_AXI_LITE/Reg "
     "$given(chip_address)", "overlaps"),
    ("design.tcl", "foreach space {dma/Data_MM2S dma/Data_S2MM}", "foreach space {dma/Data_MM2S ps/Data}",
     "does not reach"),
    ("design.tcl", "place ps/Data chip/s_axi/reg0 $given(chip_address) $given(chip_span)", "",
     "chip/s_axi/reg0 has no address"),
    ("design.tcl", "CONFIG.PCW_USE_S_AXI_HP0 1", "CONFIG.PCW_USE_S_AXI_HP0 0", "no ps/S_AXI_HP0"),
    ("design.tcl", "validate_bd_design", "", "saved: not before validated"),
    ("settings.tcl", "chip_address {0x43c00000}", "chip_address {0x33c00000}", "lies outside"),
    ("settings.tcl", "chip_address {0x43c00000}", "chip_address {0x43c00800}", "not aligned"),
    ("settings.tcl", "part {xc7z020clg400-1}", "part {xc7z020clg400-9}", "no part xc7z020clg400-9"),
    ("settings.tcl", f"dma/{places.TOP}.v", "nothing.v", "nothing.v.: no such file"),
    ("settings.tcl", f"top {{{places.TOP}}}", "top {firstspike}", "no source of module firstspike"),
    ("build.tcl", "-to_step write_bitstream", "-to write_bitstream", "no option -to"),
    ("build.tcl", "set_property top $given(name)_wrapper", "set_property top $given(name)", "not the wrapper"),
    ("build.tcl", "generate_target all $design", "", "not before generated"),
    ("build.tcl", "wait_on_run impl_1", "", "not before waited"),
    ("build.tcl", "add_files -fileset constrs_1 -norecurse $given(name).xdc", "", "no constraints"),
    (f"{build.NAME}.xdc", "USERID 0x", "USERID ", "USERID is not"),
    ("build.tcl", "hw_handoff", "handoff", "no such file"),
    ("package.tcl", "-busif $bus", "-busif ${bus}x", "no packaged/s_axix"),
]


@pytest.mark.parametrize(("script", "old", "new", "said"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_name_width_address_or_file_fails(
    tmp_path: Path, scripts: Callable[..., Path], script: str, old: str, new: str, said: str
) -> None:
    path = scripts() / script
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    done = run(tmp_path, "package.tcl" if script == "package.tcl" else "build.tcl")
    assert done.returncode == 1
    assert re.search(said, done.stderr), done.stderr


@pytest.mark.parametrize(("old", "new", "said"), [
    ("s_axi:s_axis:m_axis", "s_axi:s_axis", "m_axis: no clock names it"),
    ("m_axis TLAST", "m_axis TLST", "has no TLST"),
    ("output wire [31:0] m_axis_tdata", "input wire [31:0] m_axis_tdata", "both directions"),
    ("POLARITY ACTIVE_LOW", "POLARITY", "no POLARITY ACTIVE_LOW"),
    (", ASSOCIATED_RESET ap_rst_n", "", "no ASSOCIATED_RESET"),
    (f"module {places.TOP}", "module other", "holds no module"),
])
def test_a_wrapper_that_vivado_would_not_understand_fails(
    tmp_path: Path, chip: list[Path], scripts: Callable[..., Path], old: str, new: str, said: str
) -> None:
    text = re.sub(" +", " ", chip[-1].read_text())
    assert old in text
    wrapper = tmp_path / f"{places.TOP}.v"
    wrapper.write_text(text.replace(old, new))
    done = run(scripts(wrapper=wrapper))
    assert done.returncode == 1
    assert said in done.stderr


def test_a_systemverilog_top_is_refused(tmp_path: Path, chip: list[Path], scripts: Callable[..., Path]) -> None:
    wrapper = tmp_path / f"{places.TOP}.sv"
    shutil.copy(chip[-1], wrapper)
    assert "is not Verilog" in run(scripts(wrapper=wrapper)).stderr


def test_rom_files_are_named_in_full_wherever_the_build_lies(
    tmp_path: Path, chip: list[Path]
) -> None:
    shutil.copytree(chip[0].parent, tmp_path / "rtl")
    folder = tmp_path / "overlay" / "board"
    build.write_scripts([tmp_path / "rtl" / path.relative_to(chip[0].parent) for path in chip], folder,
                        load_board("pynq-z2"), USER_ID)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("rtl", "overlay"):
        (tmp_path / name).rename(moved / name)
    done = run(moved / "overlay" / "board")
    assert done.returncode == 0, done.stderr
    names = re.findall(r'"([^"]+\.hex)"', (moved / "overlay" / "board" / "chip" / "top.sv").read_text())
    assert names
    assert all(Path(name).is_absolute() and Path(name).is_file() for name in names)


def test_the_simulated_boards_handoff_is_of_this_design(tmp_path: Path, scripts: Callable[..., Path]) -> None:
    assert run(scripts()).returncode == 0
    found = built(tmp_path)
    root = ElementTree.fromstring(handoff.text("dma", places.DMA_LENGTH_BITS))
    modules = {module.get("INSTANCE"): module for module in root.iter("MODULE")}
    cells = {cell: modules[name] for cell, name in (("chip", "firstspike_0"), ("dma", "axi_dma_0"), ("ps", handoff.PS))}
    assert found["cell chip"] == f"module:{str(cells['chip'].get('VLNV')).split(':')[2]}"
    assert [found[f"cell {cell}"] for cell in ("dma", "ps")] == [cells[cell].get("VLNV") for cell in ("dma", "ps")]
    for part in root.iter("MEMRANGE"):
        cell = next(cell for cell, module in cells.items() if module.get("INSTANCE") == part.get("INSTANCE"))
        low, high = (int(str(part.get(name)), 16) for name in ("BASEVALUE", "HIGHVALUE"))
        (place,) = [said for name, said in found.items() if name.startswith(f"place ps/Data,{cell}/")]
        assert place == f"{low} {high - low + 1}"
        assert part.get("MASTERBUSINTERFACE") == found["joined control_bus/S00_AXI"].split("/")[1]
    given = {entry.get("NAME"): entry.get("VALUE") for entry in cells["dma"].iter("PARAMETER")}
    for name, value in found.items():
        if name.startswith("param dma,") and (plain := name.removeprefix("param dma,")) in given:
            assert given[plain] == value, plain


def test_reports() -> None:
    found = read_utilisation(UTILISATION)
    assert found == {"tool": "Vivado 2024.1",
                     "resources": {"lut": 9120, "lutram": 718, "ff": 9911, "bram36": 17.5, "dsp": 82}}
    later = UTILISATION.replace("Slice LUTs     ", "CLB LUTs*      ").replace("Slice Registers", "CLB Registers  ")
    assert read_utilisation(later)["resources"] == found["resources"]
    assert read_timing(TIMING.format(wns="1.207")) == {"wns_ns": 1.207, "whs_ns": 0.021, "met": True}
    assert not read_timing(TIMING.format(wns="-0.010"))["met"]
    with pytest.raises(ValueError, match="no row DSPs"):
        read_utilisation(UTILISATION.replace("DSPs", "DSP"))
    with pytest.raises(ValueError, match="Design Timing Summary"):
        read_timing("nothing")


VIVADO = """#!/bin/sh
[ "$1 $2 $3 $4" = "-mode batch -nojournal -log" ] && [ "$6" = -source ] || {{ echo "called $*"; exit 3; }}
tclsh {stub} "$7" built.txt || exit 1
[ "$7" = build.tcl ] || exit 0
printf bits > firstspike.bit; printf '<hwh/>' > firstspike.hwh
cp {reports}/*.txt .
{then}
"""


@pytest.fixture
def vivado(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a Vivado on PATH that runs the stand-in and leaves reports; `then`: shell commands at its end."""
    def put(then: str = "", wns: str = "1.207") -> None:
        folder, reports = tmp_path / "bin", tmp_path / "reports"
        write_text(reports / "utilisation.txt", UTILISATION)
        write_text(reports / "timing.txt", TIMING.format(wns=wns))
        write_text(folder / "vivado", VIVADO.format(stub=STUB, reports=reports, then=then))
        (folder / "vivado").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return put


@pytest.fixture
def overlay(tmp_path: Path, chip: list[Path]) -> Callable[[], dict]:
    return lambda: build.build(chip, tmp_path / "overlay", load_board("pynq-z2"), USER_ID)


def test_without_vivado(tmp_path: Path, overlay: Callable[[], dict], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = overlay()
    assert found["said"].startswith("vivado: not on PATH; no bitstream (scripts: ")
    assert set(found) == {"said"}


def test_with_vivado(overlay: Callable[[], dict], vivado: Callable[..., None]) -> None:
    vivado()
    found = overlay()
    assert (found["tool"], found["wns_ns"], found["met"]) == ("Vivado 2024.1", 1.207, True)
    assert found["resources"]["lut"] == 9120
    assert set(found["files"]) == {"firstspike.bit", "firstspike.hwh"}
    assert "TIMING IS NOT MET" not in found["said"]


def test_timing_that_is_not_met_is_said(overlay: Callable[[], dict], vivado: Callable[..., None]) -> None:
    vivado(wns="-0.310")
    found = overlay()
    assert not found["met"]
    assert found["said"].endswith("worst slack -0.31 ns at 100 MHz: TIMING IS NOT MET")


@pytest.mark.parametrize(("then", "said"), [
    ("exit 1", "vivado build.tcl: exit code 1"),
    ("rm firstspike.hwh", "left no firstspike.hwh"),
    (": > firstspike.bit", "left no firstspike.bit"),
    ("rm timing.txt", "timing.txt: got no report that can be read"),
    ("echo > utilisation.txt", "no row Slice LUTs or CLB LUTs"),
])
def test_what_vivado_does_not_leave(
    overlay: Callable[[], dict], vivado: Callable[..., None], then: str, said: str
) -> None:
    vivado(then)
    with pytest.raises(ToolError, match=said):
        overlay()


def test_a_part_without_a_processing_system_is_refused(tmp_path: Path, chip: list[Path]) -> None:
    board = load_board("pynq-z2")
    other = Board(**{**board.model_dump(), "part": "xc7a35tcpg236-1"})
    with pytest.raises(UserError, match="BOARD: part: got xc7a35tcpg236-1, expected one that begins with xc7z or xczu"):
        build.write_scripts(chip, tmp_path, other, USER_ID)
