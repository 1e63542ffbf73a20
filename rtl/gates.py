"""Size of a design as an ASIC's logic, by Yosys' statistics of CMOS gates: an estimate, no library, no layout.

    gates        transistors / 4, the four of a two-input NAND: gate equivalents (GE)
    memory_bits  of ROMs and RAMs, which are no gates and are not among them

Registers are plain flip-flops; what enables and resets them are gates. A unit is an instance of the top module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from base.files import read_json, scratch, write_text
from base.processes import run_tool
from rtl.elaborate import UNIT, Unit, elaborate
from rtl.synth import environment, yosys

BASIS = "Yosys' estimate of CMOS transistors / 4, memories apart; no library, no layout"
SCRIPT = f"""\
read_rtlil unit.il
hierarchy -top {UNIT}
proc
flatten
opt_clean
opt -full
wreduce
alumacc
opt
memory -nomap
memory_map c:*g_lut.memory
opt
write_json memories.json
techmap
opt -fast
dfflegalize -cell $_DFF_P_ x
simplemap
abc -g cmos
opt_clean
tee -q -o gates.json stat -json -tech cmos
"""


def gates(sources: Sequence[Path], top: str, folder: Path) -> dict[str, dict[str, int]]:
    """{unit: {gates, memory_bits}} of the design in `folder`, with the top's own in "total" alone.

    Raises UserError without Yosys, ToolError with Yosys' words if it fails.
    """
    units = elaborate(yosys(), environment(folder), sources, top, folder)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = dict(zip((unit.name for unit in units), pool.map(partial(_gates, folder), units), strict=True))
    total = {what: sum(unit[what] for unit in found.values()) for what in ("gates", "memory_bits")}
    del found[top]
    return {"total": total, **found}


def _gates(folder: Path, unit: Unit) -> dict[str, int]:
    with scratch(folder) as part:
        write_text(part / "unit.il", unit.text)
        write_text(part / "gates.ys", SCRIPT)
        run_tool(f"yosys {unit.name}", [*yosys(), "-q", "gates.ys"], folder / "gates.log", cwd=part,
                 env=environment(folder))
        return _count(read_json(part / "gates.json")["modules"], read_json(part / "memories.json")["modules"])


def _count(logic: Mapping[str, Any], memories: Mapping[str, Any]) -> dict[str, int]:
    """Statistics of one unit's logic, and its netlist while memories are one cell each, to gates and bits.

    What weight_rom.sv has in LUTs (g_lut) is no memory, but gates.
    """
    # A "+" says that there are cells which it does not know: the memories.
    transistors = int(str(logic[f"\\{UNIT}"]["estimated_num_transistors"]).rstrip("+"))
    sizes = [cell["parameters"] for cell in memories[UNIT]["cells"].values() if cell["type"].startswith("$mem")]
    return {"gates": transistors // 4, "memory_bits": sum(int(one["SIZE"], 2) * int(one["WIDTH"], 2) for one in sizes)}
