"""`make overlay`: the chip on a board, as a bitstream with its .hwh and an IP, by Vivado where it is on PATH.

The scripts are Tcl as a person runs it (`vivado -mode batch -source build.tcl` in the folder); what differs between
boards and networks is in settings.tcl and the constraints alone, which are written here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from base.errors import ToolError, expected
from base.files import write_text
from base.processes import run_tool
from base.records import file_hash
from board.preset import Board
from firstspike_board import places
from overlay.reports import read_timing, read_utilisation
from rtl.timing import VIVADO

HERE = Path(__file__).parent
NAME = "firstspike"
SCRIPTS = ("sources.tcl", "design.tcl", "build.tcl", "package.tcl")
FAMILIES = {"xc7z": "zynq", "xczu": "zynqmp"}  # by the beginning of a part's name


def family(part: str) -> str:
    """Of processing systems, by the part. Raises UserError on a part without one that is known here."""
    found = next((name for begin, name in FAMILIES.items() if part.startswith(begin)), None)
    if found is None:
        raise expected("BOARD: part", part, f"one that begins with {' or '.join(FAMILIES)}")
    return found


def write_scripts(sources: Sequence[Path], folder: Path, board: Board, user_id: int) -> None:
    """Scripts, settings.tcl and constraints into `folder`; sources: of the chip, the Verilog wrapper among them.

    user_id: 32 bits that the bitstream says of itself, of the spec's digest.
    """
    kind = family(board.part)
    chip, dma = places.ADDRESSES[kind]
    given = {
        "name": NAME, "family": kind, "part": board.part, "clock_mhz": str(board.clock_mhz), "top": places.TOP,
        "chip_address": f"{chip:#x}", "chip_span": f"{places.CHIP_SPAN:#x}", "dma_address": f"{dma:#x}",
        "dma_span": f"{places.DMA_SPAN:#x}", "dma_length_bits": str(places.DMA_LENGTH_BITS),
        "jobs": str(len(os.sched_getaffinity(0))),
        "sources": " ".join("{" + os.path.relpath(path, folder) + "}" for path in sources),
    }
    lines = [f"    {name} {{{text}}}" for name, text in given.items()]
    write_text(folder / "settings.tcl", "\n".join(
        ["# Written by make overlay.", "array set given {", *lines, "}", ""]))
    write_text(folder / f"{NAME}.xdc", f"set_property BITSTREAM.CONFIG.USERID 0x{user_id:08x} [current_design]\n")
    for name in SCRIPTS:
        write_text(folder / name, (HERE / name).read_text(encoding="utf-8"))


def build(sources: Sequence[Path], folder: Path, board: Board, user_id: int) -> dict[str, Any]:
    """Write the scripts, run them where Vivado is on PATH; what came of it, `said` in one line.

    With Vivado also: tool, files (name -> SHA-256 of NAME.bit and NAME.hwh), resources, wns_ns and met.
    Raises ToolError with the tool's words where it fails, or leaves no bitstream.
    """
    write_scripts(sources, folder, board, user_id)
    program = shutil.which(VIVADO)
    if program is None:
        return {"said": f"{VIVADO}: not on PATH; no bitstream (scripts: {folder}/build.tcl, {folder}/package.tcl)"}
    products = [folder / f"{NAME}.bit", folder / f"{NAME}.hwh"]
    for stale in [*products, folder / "utilisation.txt", folder / "timing.txt"]:
        stale.unlink(missing_ok=True)
    for script in ("build", "package"):
        run_tool(f"{VIVADO} {script}.tcl", [program, "-mode", "batch", "-nojournal", "-log", f"{script}.log", "-source",
                                            f"{script}.tcl"], folder / f"run_{script}.log", cwd=folder)
    empty = [path.name for path in products if not path.is_file() or not path.stat().st_size]
    if empty:
        raise ToolError(f"{VIVADO}: left no {' and no '.join(empty)}, see {folder}/build.log")
    used = _read(folder / "utilisation.txt", read_utilisation)
    timing = _read(folder / "timing.txt", read_timing)
    return {**used, **timing, "clock_mhz": board.clock_mhz, "part": board.part,
            "files": {path.name: file_hash(path) for path in products},
            "said": f"{used['tool']}: {folder}/{NAME}.bit and .hwh, {used['resources']['lut']:,.0f} LUT with DMA and "
                    f"buses, worst slack {timing['wns_ns']:g} ns at {board.clock_mhz} MHz"
                    + ("" if timing["met"] else ": TIMING IS NOT MET")}


def _read(path: Path, reader: Any) -> dict[str, Any]:
    try:
        return reader(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolError(f"{path}: got no report that can be read ({error}), expected {VIVADO}'s") from error
