"""Logic levels between registers, per unit and across the top: a stand-in for a clock where no place and route is.

    python -m rtl.levels FOLDER        an emitted design

Levels are counted in the netlists of the synthesis that counts the resources (rtl/synth.py); rtl/cells.py says what a
level is. In a unit by itself its ports are registers; across the top a path goes on through them.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.errors import ToolError, UserError, one_line
from rtl.cells import LOGIC, WIRES, Bit, Cell
from rtl.elaborate import PREFIX
from rtl.emit import TOP, sources
from rtl.synth import FLIP_FLOPS, Netlist, netlists

LIMIT = 9  # levels per unit: about 6 ns on a -1 part, 150 MHz with 10 % to spare
WIDE = 300  # loads; a net with more of them should come from a register


@dataclass(frozen=True)
class Way:
    """A longest path: its levels, the registers or ports at its ends, and the cells that it passes."""

    levels: int
    start: str
    end: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.levels:3d}  {self.start} → {' '.join(self.cells) or 'nothing'} → {self.end}"


@dataclass(frozen=True)
class Net:
    """A net with its loads; driver: register, port, memory or logic."""

    loads: int
    name: str
    driver: str

    def __str__(self) -> str:
        return f"{self.loads} loads of {self.name} ({self.driver})"


@dataclass(frozen=True)
class Levels:
    """What one unit has: its longest way, the longest ones to other ends, its widest nets, what lacks a register."""

    unit: str
    ways: tuple[Way, ...]
    nets: tuple[Net, ...]
    unregistered: tuple[str, ...]

    @property
    def most(self) -> int:
        return self.ways[0].levels if self.ways else 0

    @property
    def wide_logic(self) -> list[Net]:
        """Nets that reach more than WIDE loads and do not come from a register."""
        return [net for net in self.nets if net.loads > WIDE and net.driver == "logic"]


class _Graph:
    """Bits of one netlist, or of several that are joined, and the ways between them."""

    def __init__(self) -> None:
        self.arcs: dict[Bit, list[tuple[Bit, int, str]]] = defaultdict(list)
        self.starts: dict[Bit, str] = {}
        self.ends: dict[Bit, str] = {}

    def join(self, a: Bit, b: Bit, levels: int, what: str) -> None:
        self.arcs[a].append((b, levels, what))

    def ways(self, count: int) -> list[Way]:
        """The longest way to each end, the longest first, one for all bits of a register. Raises on a loop."""
        missing = Counter(b for found in self.arcs.values() for b, _, _ in found)
        ready = [bit for bit in dict.fromkeys([*self.arcs, *self.starts]) if not missing[bit]]
        longest: dict[Bit, int] = dict.fromkeys(self.starts, 0)
        before: dict[Bit, tuple[Bit, str]] = {}
        while ready:
            bit = ready.pop()
            for to, levels, what in self.arcs.get(bit, ()):
                missing[to] -= 1
                if not missing[to]:
                    ready.append(to)
                if bit in longest and longest[bit] + levels > longest.get(to, -1):
                    longest[to] = longest[bit] + levels
                    before[to] = bit, what
        if loop := [bit for bit, number in missing.items() if number > 0]:
            raise RuntimeError(f"levels: a combinational loop through {len(loop)} nets, {loop[0]}")
        found: dict[str, Way] = {}
        for bit in sorted((bit for bit in self.ends if bit in longest), key=lambda bit: -longest[bit]):
            end = self.ends[bit]
            if end.split("[")[0] not in found and len(found) < count:
                found[end.split("[")[0]] = self._way(bit, end, longest[bit], before)
        return list(found.values())

    def _way(self, bit: Bit, end: str, levels: int, before: Mapping[Bit, tuple[Bit, str]]) -> Way:
        passed = []
        while bit in before:
            bit, what = before[bit]
            passed.append(what)
        return Way(levels, self.starts.get(bit, str(bit)), end, tuple(what for what in reversed(passed) if what))


class _Unit:
    """One netlist: its cells, and names for its bits."""

    def __init__(self, netlist: Netlist) -> None:
        self.name, self.ports = netlist.name, netlist.ports
        boxes = netlist.boxes
        self.boxes = {name: entry for name, entry in netlist.cells.items() if entry["type"] in boxes}
        self.cells = [Cell(name, entry) for name, entry in netlist.cells.items() if name not in self.boxes]
        self.names: dict[Bit, str] = {}
        for name, bits in netlist.names.items():
            for index, bit in enumerate(bits):
                if isinstance(bit, int):
                    self.names.setdefault(bit, f"{name}[{index}]" if len(bits) > 1 else name)

    def add_to(self, graph: _Graph, prefix: str) -> None:
        """All cells; a bit is called PREFIX:bit. Ends are named by the register that they are in."""
        for cell in self.cells:
            for a, b, levels in cell.arcs:
                graph.join(f"{prefix}:{a}", f"{prefix}:{b}", levels, cell.kind if levels else "")
            held = self._held(cell)
            for bit in cell.starts:
                graph.starts[f"{prefix}:{bit}"] = f"{prefix}.{self.names.get(bit, held)} ({cell.kind})"
            for bit in cell.ends:
                pin = next((f"{pin} of" for pin in cell.inputs if bit in cell.pins[pin]), "inside")
                end = f"{prefix}.{held}" + (f" ({pin} {cell.kind})" if pin != "D of" else "")
                graph.ends.setdefault(f"{prefix}:{bit}", end)

    def nets(self, count: int) -> list[Net]:
        """Those with the most loads; one without a name is called by what hangs on it. Clocks are left out."""
        drivers: dict[Bit, str] = {bit: "port" for port in self.ports.values() if port["direction"] == "input"
                                   for bit in port["bits"]}
        loads: dict[Bit, list[Cell]] = defaultdict(list)
        number: Counter[Bit] = Counter()
        for cell in self.cells:
            kind = "register" if cell.kind in FLIP_FLOPS else "logic" if cell.kind in LOGIC | {"CARRY4"} else cell.kind
            drivers.update((bit, kind) for pin in cell.outputs for bit in cell.pins[pin] if cell.kind not in WIRES)
            for bit in (bit for pin in cell.inputs for bit in cell.pins[pin] if isinstance(bit, int)):
                loads[bit].append(cell)
                number[bit] += 1
        for entry in self.boxes.values():
            number.update(bit for bits in entry["connections"].values() for bit in bits)
        widest = [bit for bit, _ in number.most_common() if bit in drivers][:count]
        return [Net(number[bit], self.names.get(bit) or self._before(bit, loads), drivers[bit]) for bit in widest]

    def _before(self, bit: Bit, loads: Mapping[Bit, list[Cell]]) -> str:
        """A name for a net that has none: of the first named one behind it, if there is any."""
        seen, todo = {bit}, [bit]
        while todo:
            for cell in loads[todo.pop(0)]:
                for out in (out for pin in cell.outputs for out in cell.pins[pin] if out not in seen):
                    if out in self.names:
                        return f"what drives {self.names[out]}"
                    seen.add(out)
                    todo.append(out)
        return f"net {bit}"

    def _held(self, cell: Cell) -> str:
        return next((self.names[bit] for pin in cell.outputs for bit in cell.pins[pin] if bit in self.names), cell.name)

    @property
    def unregistered(self) -> list[str]:
        found = Counter(f"{cell.kind} without {' '.join(cell.notes)}" for cell in self.cells if cell.notes)
        return [f"{number} {what}" for what, number in found.items()]


def of_units(netlists: Iterable[Netlist], count: int = 3) -> list[Levels]:
    """Each unit by itself, `count` ways and nets of each."""
    found = []
    for unit in map(_Unit, netlists):
        graph = _Graph()
        unit.add_to(graph, unit.name)
        ports: Mapping[str, Any] = {**unit.ports, **{
            f"{box}.{pin}": {"direction": "output" if entry["port_directions"][pin] == "input" else "input",
                             "bits": bits}
            for box, entry in unit.boxes.items() for pin, bits in entry["connections"].items()}}
        for name, port in ports.items():
            named = graph.starts if port["direction"] == "input" else graph.ends
            for index, bit in enumerate(port["bits"]):
                if isinstance(bit, int):
                    named.setdefault(f"{unit.name}:{bit}", f"port {name}[{index}]")
        found.append(Levels(unit.name, tuple(graph.ways(count)), tuple(unit.nets(count)), tuple(unit.unregistered)))
    return found


def across(netlists: Sequence[Netlist], count: int = 3) -> list[Way]:
    """The longest ways of the whole design, through the ports of its units. The last netlist is the top's."""
    *inner, outer = map(_Unit, netlists)
    graph = _Graph()
    outer.add_to(graph, outer.name)
    known = {unit.name: unit for unit in inner}
    for box, entry in outer.boxes.items():
        unit = known[box.removeprefix(PREFIX)]
        unit.add_to(graph, unit.name)
        for pin, bits in entry["connections"].items():
            for within, without in zip(unit.ports[pin]["bits"], bits, strict=True):
                pair = f"{unit.name}:{within}", f"{outer.name}:{without}"
                if isinstance(within, int) and isinstance(without, int):
                    a, b = pair if unit.ports[pin]["direction"] == "output" else pair[::-1]
                    graph.join(a, b, 0, "")
    for name, port in outer.ports.items():
        named = graph.starts if port["direction"] == "input" else graph.ends
        named.update((f"{outer.name}:{bit}", f"port {name}[{index}]") for index, bit in enumerate(port["bits"])
                     if isinstance(bit, int))
    return graph.ways(count)


def report(units: Sequence[Levels], ways: Sequence[Way]) -> str:
    lines = []
    for unit in units:
        lines.append(f"{unit.unit}: {unit.most} levels")
        lines += [f"  {way}" for way in unit.ways]
        lines += [f"       {net}" for net in unit.nets]
        lines += [f"       {what}" for what in unit.unregistered]
    return "\n".join([*lines, "across the top:", *(f"  {way}" for way in ways)])


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print(f"error: rtl.levels: got {len(arguments)} arguments, expected one, an emitted design", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        found = netlists(sources(folder), TOP, folder)
    except (UserError, ToolError) as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return 2
    print(report(of_units(found), across(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
