"""Size of a design as an ASIC's logic, by Yosys' statistics of CMOS gates: an estimate, no library, no layout.

    gates        transistors / 4, the four of a two-input NAND: gate equivalents (GE)
    memory_bits  of ROMs and RAMs, which are no gates and are not among them

Registers are plain flip-flops; what enables and resets them are gates. A unit is an instance of the top module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from base.files import read_json, scratch, write_text
from base.processes import run_tool
from rtl.synth import environment, yosys

BASIS = "Yosys' estimate of CMOS transistors / 4, memories apart; no library, no layout"
SCRIPT = """\
read_verilog -sv -defer {sources}
hierarchy -check -top {top}
uniquify
select {top}.* {top}.*.* %d
setattr -mod -set keep_hierarchy 1
select -clear
proc
flatten
opt_clean
tee -q -o {folder}/memories.json stat -json
opt -full
wreduce
alumacc
opt
memory -nomap
techmap
opt -fast
dfflegalize -cell $_DFF_P_ x
simplemap
abc -g cmos
opt_clean
tee -q -o {folder}/gates.json stat -json -tech cmos
"""


def gates(sources: Sequence[Path], top: str, folder: Path) -> dict[str, dict[str, int]]:
    """{unit: {gates, memory_bits}} of the design in `folder`, "total" among them.

    Raises UserError without Yosys, ToolError with Yosys' words if it fails.
    """
    env = environment(folder)
    with scratch(folder) as part:
        names = " ".join(str(path.relative_to(folder)) for path in sources)
        write_text(part / "gates.ys", SCRIPT.format(sources=names, top=top, folder=part.name))
        run_tool("yosys", [*yosys(), "-q", f"{part.name}/gates.ys"], folder / "gates.log", cwd=folder, env=env)
        return count(read_json(part / "gates.json")["modules"], read_json(part / "memories.json")["modules"], top)


def count(logic: Mapping[str, Any], memories: Mapping[str, Any], top: str) -> dict[str, dict[str, int]]:
    """Statistics per module, of which each was made for one instance, to units; the top's own is in "total" alone."""
    found = {}
    for name, module in logic.items():
        # A "+" says that there are cells which it does not know: the memories.
        transistors = int(str(module["estimated_num_transistors"]).rstrip("+"))
        unit = name.removeprefix("\\").removeprefix(f"{top}.").removeprefix("unit_")
        found[unit] = {"gates": transistors // 4, "memory_bits": int(memories[name]["num_memory_bits"])}
    total = found.pop(top)
    total["memory_bits"] += sum(unit["memory_bits"] for unit in found.values())
    return {"total": total, **found}
