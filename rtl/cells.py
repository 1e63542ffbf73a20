"""What a cell of the 7-series does to time: where a path starts and ends in it, and how many levels it passes.

A level is a LUT, a CARRY4 (so carry is 1 per 4 bits), a MUXF7 or MUXF8, the asynchronous read of a LUT memory, or the
multiplier or the adder of a DSP48E1 that has no register there. Paths start and end at flip-flops, block RAM,
registers of a DSP48E1, outputs of shift registers and writes of LUT memories. Clock pins do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rtl.synth import FLIP_FLOPS, MEMORY_LUTS

Bit = str | int  # of a netlist: the number of its net, or one of the constants "0", "1", "x", "z"
Arc = tuple[Bit, Bit, int]  # from, to, levels

LOGIC = {*(f"LUT{size}" for size in range(1, 7)), "MUXF7", "MUXF8", "INV"}
WIRES = {"BUFG", "BUF", "IBUF", "OBUF"}
NOTHING = {"VCC", "GND", "$scopeinfo"}
MEMORIES = {"RAMB18E1", "RAMB36E1"}
_CLOCK = re.compile(r"C|W?CLK|CLK(ARD|BWR)CLK")
_DSP_REGISTERS = {"A": "AREG", "B": "BREG", "C": "CREG", "D": "DREG", "CARRYIN": "CARRYINREG", "OPMODE": "OPMODEREG",
                  "ALUMODE": "ALUMODEREG", "INMODE": "INMODEREG", "CARRYINSEL": "CARRYINSELREG"}
_DSP_SUM = ("C", "CARRYIN", "OPMODE", "ALUMODE", "CARRYINSEL", "PCIN")  # reach the adder without the multiplier


def is_clock(pin: str) -> bool:
    return _CLOCK.fullmatch(pin) is not None


class Cell:
    """One cell of Yosys' JSON: starts and ends are bits of nets, arcs lead from bit to bit."""

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        self.name, self.kind = name, entry["type"]
        self.parameters = entry["parameters"]
        self.pins: dict[str, list[Bit]] = entry["connections"]
        directions = entry.get("port_directions", {})
        self.outputs = [pin for pin in self.pins if directions.get(pin) == "output"]
        self.inputs = [pin for pin in self.pins if pin not in self.outputs and not is_clock(pin)]
        self.starts: list[Bit] = []
        self.ends: list[Bit] = []
        self.arcs: list[Arc] = []
        self.notes: list[str] = []  # registers of a DSP48E1 that are not used
        if self.kind in LOGIC | WIRES:
            self._through(self.inputs, self.outputs, 0 if self.kind in WIRES else 1)
        elif self.kind == "CARRY4":
            self._carry()
        elif self.kind in {*FLIP_FLOPS, *MEMORIES}:
            self.starts, self.ends = self._bits(self.outputs), self._bits(self.inputs)
        elif self.kind in MEMORY_LUTS:
            self._lut_memory()
        elif self.kind == "DSP48E1":
            self._dsp()
        elif self.kind not in NOTHING:
            raise RuntimeError(f"levels: cell {name}: got {self.kind}, expected a cell of the 7-series that is known")

    def _bits(self, pins: list[str]) -> list[Bit]:
        return [bit for pin in pins for bit in self.pins.get(pin, []) if isinstance(bit, int)]

    def _through(self, inputs: list[str], outputs: list[str], levels: int) -> None:
        self.arcs += [(a, b, levels) for a in self._bits(inputs) for b in self._bits(outputs)]

    def _carry(self) -> None:
        """A bit's outputs depend on it and on those below."""
        def bit(pin: str, index: int) -> Iterator[Bit]:
            pins = self.pins.get(pin, [])
            if index < len(pins) and isinstance(pins[index], int):
                yield pins[index]

        for high in range(4):
            sources = [*self._bits(["CI", "CYINIT"])]
            for low in range(high + 1):
                sources += [*bit("S", low), *bit("DI", low)]
            targets = [*bit("O", high), *bit("CO", high)]
            self.arcs += [(a, b, 1) for a in sources for b in targets]

    def _lut_memory(self) -> None:
        """Shift registers and distributed RAM: written with the clock, read by address at any time."""
        read = [pin for pin in self.inputs if re.fullmatch(r"A|A\d|DPRA\d*|ADDR[A-D]", pin)]
        self.starts = self._bits(self.outputs)
        self.ends = self._bits([pin for pin in self.inputs if not pin.startswith("DPRA")
                                and not re.fullmatch("ADDR[A-C]", pin)])
        if self.kind.startswith("SRL"):
            self.ends = self._bits([pin for pin in self.inputs if pin not in read])
        for pin in self.outputs:
            if pin.startswith("DO"):  # RAM32M, RAM64M: a port of its own
                self._through([f"ADDR{pin[2]}"], [pin], 1)
            elif pin == "DPO":
                self._through([name for name in read if name.startswith("DPRA")], [pin], 1)
            elif pin not in ("Q31", "Q15"):
                self._through([name for name in read if not name.startswith("DPRA")], [pin], 1)

    def _dsp(self) -> None:
        """A, B, D → multiplier → adder → P. Inputs, multiplier (MREG) and adder (PREG) have a register or none."""
        product, total = f"{self.name}.multiplier", f"{self.name}.adder"
        multiplies = self.parameters.get("USE_MULT", "MULTIPLY") != "NONE"
        for pin in self.inputs:
            bits = self._bits([pin])
            if bits and (pin in _DSP_REGISTERS or pin == "PCIN"):
                target = product if multiplies and pin in ("A", "B", "D", "INMODE") else total
                self._stage(bits, _DSP_REGISTERS.get(pin, ""), f"{self.name}.{pin}", [target])
            else:
                self.ends += bits
        if multiplies:
            self._stage([product], "MREG", f"{product}.register", [total])
        outputs = self._bits(self.outputs)
        if self._number("PREG"):
            self.ends.append(total)
            self.starts += outputs
        else:
            self.notes.append("PREG")
            self.arcs += [(total, bit, 0) for bit in outputs]

    def _stage(self, bits: Sequence[Bit], register: str, held: str, onward: list[Bit]) -> None:
        """Bits that go on a level further: through a register, called `held` where it is read, or at once."""
        if register and self._number(register):
            self.ends += bits
            self.starts.append(held)
            bits = [held]
        elif register in ("AREG", "BREG", "MREG"):
            self.notes.append(register)
        self.arcs += [(bit, to, 1) for bit in bits for to in onward]

    def _number(self, parameter: str) -> int:
        value = self.parameters.get(parameter, 1)
        return value if isinstance(value, int) else int(str(value) or "0", 2)
