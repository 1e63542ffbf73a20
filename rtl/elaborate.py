"""An RTL folder to its units as Yosys sees them: elaborated, each by itself, and alike if they are the same logic.

A unit is an instance in the top module, with all that lies below it; the top itself is one, too, with its units as
black boxes. Its text is RTLIL (Yosys' own language) without source positions, and with Yosys' running numbers counted
anew: two units of the same text are the same logic, whatever their sources look like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from base.files import write_text
from base.processes import run_tool

UNIT = "unit"  # what the module of a unit is called in its text
PREFIX = "unit_"  # of the instances that are units of the spec
SCRIPT = """\
read_verilog -sv -defer {sources}
hierarchy -check -top {top}
select -assert-any {top}
write_rtlil elaborated.il
"""
_SOURCE = re.compile(r"^\s*attribute \\src .*\n", re.MULTILINE)
_NUMBERED = re.compile(r"(?<!\S)\$(?!paramod)\S*\$\d+(?=[_\s.])")
_CELL = re.compile(r"^  cell (\S+) (\S+)$", re.MULTILINE)
_PRIORITY = re.compile(r"^(    parameter \\PRIORITY) (\d+)$", re.MULTILINE)
_PARAMETER = re.compile(r"^  parameter .*\n|^attribute \\hdlname .*\n", re.MULTILINE)
_INIT = re.compile(r"(?<=    parameter \\WIDTH )(\d+)\n((?:.*\n)*?    connect \\DATA )\d+'(\w+)$", re.MULTILINE)
_PORT = re.compile(r"^  wire .*?(?:input|output|inout) .*$", re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """name: of the instance, without unit_; module: of its source; text: RTLIL of module \\unit and what is below."""

    name: str
    module: str
    text: str

    @property
    def has_block_ram(self) -> bool:
        """Whether a memory of it asks for block RAM."""
        return bool(self._block)

    @property
    def _block(self) -> set[str]:
        """Names of its memories that are block RAM."""
        return set(re.findall(r'^  attribute \\(?:rom|ram)_style "block"\n(?:  attribute .*\n)*  memory .*?(\S+)$',
                              self.text, re.MULTILINE))

    @property
    def logic(self) -> str:
        """The text without what no count depends on: what lies in ROMs that are block RAM.

        Of these it says, for each bit of the word, whether it is the same in all words: Yosys would leave it out.
        """
        block = self._block
        parts = re.split(r"(?=^  cell \$meminit)", self.text, flags=re.MULTILINE)
        return "".join(_INIT.sub(_columns, part, count=1) if _memory(part) in block else part for part in parts)


def elaborate(
    command: Sequence[str], env: Mapping[str, str], sources: Sequence[Path], top: str, folder: Path
) -> list[Unit]:
    """The units of `top` in the order of their instances, then the top itself, called as its module.

    `command` and `env`: of Yosys, which runs in `folder`, to which the paths of ROM files are relative. Raises
    ToolError with Yosys' words where a source or a parameter is wrong.
    """
    text = SCRIPT.format(sources=" ".join(str(path.relative_to(folder)) for path in sources), top=top)
    write_text(folder / "elaborate.ys", text)
    call = [*command, "-q", "-l", "elaborate.log", "elaborate.ys"]
    run_tool("yosys", call, folder / "yosys.log", cwd=folder, env=env)
    out = folder / "elaborated.il"
    modules = _modules(out.read_text(encoding="utf-8"))
    out.unlink()
    instances = [(kind, name) for kind, name in _CELL.findall(modules[f"\\{top}"]) if kind in modules]
    units = [Unit(name.removeprefix("\\").removeprefix(PREFIX), _source_name(modules[kind]),
                  _closure(modules, kind)) for kind, name in instances]
    return [*units, Unit(top, top, _alone(modules, f"\\{top}"))]


def _modules(text: str) -> dict[str, str]:
    """RTLIL by module, from its attributes to its end."""
    text = _SOURCE.sub("", text)
    found = re.findall(r"^(?:attribute .*\n)*module \S+\n(?:.*\n)*?end\n", text, re.MULTILINE)
    return {re.search(r"^module (\S+)$", part, re.MULTILINE).group(1): part for part in found}  # type: ignore[union-attr]


def _source_name(module: str) -> str:
    """What the source calls it: derived modules have it as an attribute."""
    hdl = re.search(r'^attribute \\hdlname "(\S+)"$', module, re.MULTILINE)
    named = re.search(r"^module \\(\S+)$", module, re.MULTILINE)
    found = hdl or named
    return found.group(1) if found else "?"


def _closure(modules: Mapping[str, str], root: str) -> str:
    """A module and all below it, renamed: \\unit, \\unit1, …"""
    names = {root: f"\\{UNIT}"}
    parts = []
    todo = [root]
    while todo:
        text = modules[todo.pop(0)]
        for kind, _ in _CELL.findall(text):
            if kind in modules and kind not in names:
                names[kind] = f"\\{UNIT}{len(names)}"
                todo.append(kind)
        parts.append(text)
    return _canonical("".join(parts), names)


def _alone(modules: Mapping[str, str], root: str) -> str:
    """A module whose instances are black boxes, each of a module of its own that is called like the instance."""
    boxes = []

    def box(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind not in modules:
            return found.group()
        ports = "\n".join(_PORT.findall(modules[kind]))
        boxes.append(f"attribute \\blackbox 1\nmodule {name}\n{ports}\nend\n")
        return f"  cell {name} {name}"

    text = _CELL.sub(box, modules[root])
    return _canonical(text + "".join(boxes), {root: f"\\{UNIT}"})


def _canonical(text: str, names: Mapping[str, str]) -> str:
    """With other names of modules, and Yosys' own names, which hold lines of the source, numbered by appearance."""
    numbers: dict[str, str] = {}
    text = re.sub(r"^(module|  cell) (\S+)", lambda found: f"{found[1]} {names.get(found[2], found[2])}", text,
                  flags=re.MULTILINE)
    text = _PARAMETER.sub("", text)  # of the module: it is elaborated
    order = sorted({int(found[1]) for found in _PRIORITY.findall(text)})
    text = _PRIORITY.sub(lambda found: f"{found[1]} {order.index(int(found[2]))}", text)
    return _NUMBERED.sub(lambda found: numbers.setdefault(found[0], f"$n${len(numbers)}"), text)



def _memory(cell: str) -> str:
    """Which memory a $meminit cell fills; the name as in RTLIL."""
    found = re.match(r'  cell \$meminit.*\n(?:.*\n)*?    parameter \\MEMID "\\(.*)"$', cell, re.MULTILINE)
    return found[1] if found else ""


def _columns(found: re.Match[str]) -> str:
    width, bits = int(found[1]), found[3]
    if set(bits) - {"0", "1"}:
        return found[0]
    words = [int(bits[at:at + width], 2) for at in range(0, len(bits), width)]
    ones = zeros = (1 << width) - 1
    for word in words:
        ones, zeros = ones & word, zeros & ~word
    return f"{width}\n{found[2]}{len(words)} words, ones {ones:x}, zeros {zeros:x}"
