"""One cocotb bench for every unit with an AXI4-Stream in and out: s_axis_* -> m_axis_*, clk, rst.

`run_streams` (called by a test) writes the packets to a file and starts the simulator, in which `streams`
plays them, with pauses on both sides, and compares beat by beat. It also checks what AXI4-Stream demands of
the unit: a valid beat stays until it is taken, and nothing follows the last packet.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from rtl.rom import pack
from rtl.verilator import Parameters, run_cocotb

BUILD_DIR = Path(__file__).parents[1] / "build" / "cocotb"
IDLE_CYCLES = 1000  # without a beat on either side: all is over, or stuck
JUNK = int.from_bytes(bytes(range(1, 256)), "little")  # on s_axis_tdata while tvalid is low
Packet = list[int]  # beats; TLAST goes with the last


@dataclass(frozen=True)
class Play:
    """One pass over all packets. Percent of cycles in which the source, the sink pauses; cycles between packets."""

    source_pause: int = 0
    sink_pause: int = 0
    packet_gap: int = 0


STALLS = (Play(), Play(50, 0), Play(0, 90), Play(30, 60, packet_gap=7), Play(packet_gap=400))


@dataclass
class Cycles:
    """In which clock cycle of a `Play` each beat, of all its packets, was taken."""

    inputs: list[int]
    outputs: list[int]


def packets(values: np.ndarray, lanes: int, bits: int) -> list[Packet]:
    """Values (N, ...), channels last, as N packets of beats of `lanes` fields of `bits` bits."""
    return [[pack(beat, bits) for beat in sample.reshape(-1, lanes)] for sample in values]


def flip(rom: Path, word: int, bit: int) -> None:
    """Turn one bit of a word of a ROM file over: what a test has to notice."""
    lines = rom.read_text().splitlines()
    comments = [line for line in lines if line.startswith("//")]
    words = lines[len(comments):]
    words[word] = f"{int(words[word], 16) ^ 1 << bit:0{len(words[word])}x}"
    rom.write_text("\n".join([*comments, *words, ""]))


def patch(source: Path, line: str, broken: str, folder: Path) -> Path:
    """A copy of `source` in `folder` with `line`, which must occur once, broken: what a test has to notice."""
    text = source.read_text()
    assert text.count(line) == 1, f"{source.name}: {line!r} occurs {text.count(line)} times"
    patched = folder / source.name
    # What the break leaves unused is not what the test is about.
    patched.write_text("// verilator lint_off UNUSEDSIGNAL\n" + text.replace(line, broken))
    return patched


def run_streams(
    top: str, sources: Sequence[Path], parameters: Parameters, inputs: list[Packet], outputs: list[Packet],
    folder: Path, plays: Sequence[Play] = STALLS,
) -> tuple[str | None, list[Cycles]]:
    """Play `inputs` into `top`, in `folder` (where its ROM files lie), and expect `outputs`.

    Returns (None, cycles of each play), or (log, what was measured before the first difference).
    """
    case = {"inputs": inputs, "outputs": outputs, "plays": [asdict(play) for play in plays]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.json").write_text(json.dumps(case))
    (folder / "cycles.json").write_text("[]")
    here = Path(__file__).parent
    log = run_cocotb(top, sources, parameters, __name__, BUILD_DIR, folder,
                     {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])})
    return log, [Cycles(**entry) for entry in json.loads((folder / "cycles.json").read_text())]


@cocotb.test()
async def streams(dut: Any) -> None:
    """Reset in the middle of a packet, then every play in turn, each from what the one before left."""
    case = json.loads(Path("case.json").read_text())
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.s_axis_tdata.value = dut.s_axis_tlast.value = dut.m_axis_tready.value = 0
    for rst, valid, length in ((1, 0, 4), (0, 1, len(case["inputs"][0]) // 2 + 1), (1, 0, 1)):
        dut.rst.value, dut.s_axis_tvalid.value = rst, valid
        await ClockCycles(dut.clk, length)
    dut.rst.value = 0
    cycles = []
    for index, play in enumerate(case["plays"]):
        bench = Bench(dut, Play(**play), case["inputs"], case["outputs"], random.Random(index))
        cycles.append(asdict(Cycles(*await bench.run())))
        Path("cycles.json").write_text(json.dumps(cycles))


class Bench:
    """Source, sink and checks of one play, in one loop over clock cycles (which is what makes it fast)."""

    def __init__(self, dut: Any, play: Play, inputs: list[Packet], outputs: list[Packet], rng: random.Random) -> None:
        self.dut, self.play, self.rng = dut, play, rng
        self.to_send = _beats(inputs)
        self.expected = _beats(outputs)
        self.sent: list[int] = []  # cycle in which each input beat was taken
        self.received: list[int] = []  # and each output beat
        self.offered = False  # a beat lies on s_axis
        self.shown: tuple[int, int] | None = None  # the beat on m_axis that was not taken yet
        self.gap = 0  # cycles until the next packet may start

    async def run(self) -> tuple[list[int], list[int]]:
        """Play everything; returns the cycles of the input beats and of the output beats."""
        idle = cycle = 0
        while idle < IDLE_CYCLES:
            self.drive()
            await RisingEdge(self.dut.clk)
            idle = 0 if self.sample_source(cycle) | self.sample_sink(cycle) or self.gap else idle + 1
            cycle += 1
        assert len(self.sent) == len(self.to_send), f"{self.play}: stuck at input beat {len(self.sent)}"
        assert len(self.received) == len(self.expected), f"{self.play}: only {len(self.received)} output beats"
        return self.sent, self.received

    def drive(self) -> None:
        dut, pause = self.dut, self.play.source_pause
        self.gap = max(0, self.gap - 1)
        if not self.offered and not self.gap and len(self.sent) < len(self.to_send):
            self.offered = self.rng.randrange(100) >= pause
        data, last = self.to_send[len(self.sent)] if self.offered else (JUNK & ((1 << len(dut.s_axis_tdata)) - 1), 1)
        dut.s_axis_tvalid.value, dut.s_axis_tdata.value, dut.s_axis_tlast.value = int(self.offered), data, last
        dut.m_axis_tready.value = int(self.rng.randrange(100) >= self.play.sink_pause)

    def sample_source(self, cycle: int) -> bool:
        """Note an input beat taken at this clock edge."""
        if not (self.offered and int(self.dut.s_axis_tready.value)):
            return False
        if self.to_send[len(self.sent)][1]:
            self.gap = self.play.packet_gap
        self.sent.append(cycle)
        self.offered = False
        return True

    def sample_sink(self, cycle: int) -> bool:
        """Check what m_axis shows at this clock edge, and note an output beat taken."""
        dut, place = self.dut, f"{self.play}: output beat {len(self.received)}"
        if not int(dut.m_axis_tvalid.value):
            assert self.shown is None, f"{place} was withdrawn"
            return False
        beat = int(dut.m_axis_tdata.value), int(dut.m_axis_tlast.value)
        assert self.shown in (None, beat), f"{place} changed from {self.shown} to {beat} while it waited"
        assert len(self.received) < len(self.expected), f"{place}: {beat} after the last packet"
        assert beat == self.expected[len(self.received)], \
            f"{place}: got (data, last) = {beat}, expected {self.expected[len(self.received)]}"
        taken = bool(int(dut.m_axis_tready.value))
        self.shown = None if taken else beat
        if taken:
            self.received.append(cycle)
        return taken


def _beats(packets: list[Packet]) -> list[tuple[int, int]]:
    """All packets as (data, last)."""
    return [(beat, int(place == len(packet) - 1)) for packet in packets for place, beat in enumerate(packet)]
