"""`make overlay ROUTE=open`: a bitstream for a Zynq-7000 without Vivado, as far as its tools are on PATH.

Yosys, which is always there, makes the netlist of ps7_system.sv: the chip by registers behind a bare PS7. Then
nextpnr-himbaechel places and routes it into FASM, Project X-Ray's fasm2frames and xc7frames2bit make frames and
bitstream of that; their database lies where its own environment says, XRAY_DATABASE_DIR.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.errors import ToolError, expected
from base.files import read_json, write_text
from base.processes import run_tool
from base.records import file_hash
from board.preset import Board
from overlay.vivado import NAME, family
from rtl.synth import environment, yosys
from rtl.timing import NEXTPNR

HERE = Path(__file__).parent
TOP = "ps7_system"
FRAMES, BITS = "fasm2frames", "xc7frames2bit"
DATABASE = "XRAY_DATABASE_DIR"
SEED = "1"
SYNTH = """\
read_verilog -sv -defer {sources}
synth_xilinx -family xc7 -flatten -noiopad -top {top}
check -assert
write_json {name}.json
"""


def check(board: Board) -> None:
    """UserError for a board of another family than this route is for."""
    if family(board.part) != "zynq":
        raise expected("ROUTE", f"open, with a {board.part}", "a board with a Zynq-7000 (xc7z…)")


def build(sources: Sequence[Path], rtl: Path, folder: Path, board: Board) -> dict[str, Any]:
    """Netlist, and where the tools are FASM and bitstream, of the chip's sources with its way in by registers.

    rtl: the folder of the emitted design, where ROM files are named from. Returns `said`, one line, and where it went
    that far `files`, the bitstream's SHA-256. Raises UserError for a board of another family, ToolError with the tool's
    words where one fails.
    """
    check(board)
    folder.mkdir(parents=True, exist_ok=True)
    bitstream = folder / f"{NAME}.bit"
    for stale in (bitstream, folder / f"{NAME}.json", folder / f"{NAME}.fasm", folder / f"{NAME}.frames"):
        stale.unlink(missing_ok=True)
    listed = [*sources, HERE / f"{TOP}.sv"]
    netlist = folder / f"{NAME}.json"
    here = os.path.relpath(folder, rtl)  # Yosys runs where the ROM files are named from
    write_text(folder / "synth.ys", SYNTH.format(
        sources=" ".join(os.path.relpath(path, rtl) for path in listed), top=TOP, name=f"{here}/{NAME}"))
    run_tool("yosys", [*yosys(), "-q", "-l", f"{here}/synth.log", f"{here}/synth.ys"], folder / "yosys.log", cwd=rtl,
             env=environment(folder))
    cells = read_json(netlist)["modules"][TOP]["cells"].values()
    systems = sum(cell["type"] == "PS7" for cell in cells)
    if systems != 1:
        raise ToolError(f"{netlist}: got {systems} PS7, expected 1")
    said = f"yosys: {netlist}, a PS7 and {sum(cell['type'].startswith('LUT') for cell in cells):,} LUT cells"
    missing = [name for name in (NEXTPNR, FRAMES, BITS) if not shutil.which(name)]
    missing += [] if os.environ.get(DATABASE) else [f"the variable {DATABASE}"]
    if missing:
        return {"said": f"{said}; no bitstream without {', '.join(missing)}"}
    write_text(folder / f"{NAME}.xdc", "# No pins: a PS7's are not the fabric's.\n")
    database = Path(os.environ[DATABASE]) / "zynq7"
    for name, call in (
        (NEXTPNR, ["--device", board.part, "--json", f"{NAME}.json", "-o", f"xdc={NAME}.xdc", "-o", f"fasm={NAME}.fasm",
                   "--freq", f"{board.clock_mhz}", "--seed", SEED]),
        (FRAMES, ["--db-root", str(database), "--part", board.part, f"{NAME}.fasm", f"{NAME}.frames"]),
        (BITS, ["--part_file", str(database / board.part / "part.yaml"), "--part_name", board.part,
                "--frm_file", f"{NAME}.frames", "--output_file", bitstream.name]),
    ):
        run_tool(name, [name, *call], folder / f"{name}.log", cwd=folder)
    if not bitstream.is_file() or not bitstream.stat().st_size:
        raise ToolError(f"{BITS}: left no {bitstream.name}")
    return {"said": f"{said}; {bitstream} at {board.clock_mhz} MHz or better",
            "files": {bitstream.name: file_hash(bitstream)}}
