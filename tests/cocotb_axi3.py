"""axi3_bridge between a master that sends every kind of AXI3 burst and an AXI4-Lite memory, both with pauses.

Runs inside the simulator, started by test_rtl_bridge.py. The master's addresses of beats are computed as AMBA's
specification defines them (A3.4.1 of IHI 0022), not as the unit does.
"""

from __future__ import annotations

import os
import random
from collections import deque
from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, Timer

FIXED, INCR, WRAP, RESERVED = range(4)
OKAY, SLVERR, DECERR = 0, 2, 3
SPACE = 1 << 10  # bytes of the memory
BAD = {0x3F0: SLVERR, 0x3F4: DECERR}  # words that answer so
BURSTS = 400


@dataclass(frozen=True)
class Burst:
    number: int  # its ID
    address: int
    length: int
    size: int
    kind: int

    @property
    def refused(self) -> bool:
        return self.size > 2 or self.kind == RESERVED

    def beats(self) -> list[tuple[int, int]]:
        """Address of each beat, and the mask of its byte lanes."""
        wide = 1 << self.size
        aligned = self.address // wide * wide
        low = self.address // (wide * self.length) * (wide * self.length)
        found = []
        for beat in range(self.length):
            place = self.address if beat == 0 or self.kind == FIXED else aligned + beat * wide
            if self.kind == WRAP and place >= low + wide * self.length:
                place -= wide * self.length
            first = place % 4
            last = place // wide * wide % 4 + wide - 1
            found.append((place, sum(1 << lane for lane in range(first, min(last, 3) + 1))))
        return found


def any_burst(rng: random.Random) -> Burst:
    size = rng.choice([0, 1, 2, 2, 2, 3]) if rng.random() < 0.9 else rng.randrange(4, 8)
    kind = rng.choice([FIXED, INCR, INCR, WRAP, RESERVED]) if rng.random() < 0.5 else INCR
    length = rng.choice([2, 4, 8, 16]) if kind == WRAP else rng.randrange(1, 17)
    address = rng.randrange(SPACE - 16 * 4)
    if rng.random() < 0.1:
        address, length, kind = rng.choice([0x3E4, 0x3EC, 0x3F0]), min(length, 4), INCR
    if kind == WRAP:
        address = address >> size << size
    return Burst(rng.randrange(1 << 12), address, length, size, kind)


class Memory:
    """The AXI4-Lite slave: bytes, and a list of its reads and writes in order."""

    def __init__(self, dut: Any, rng: random.Random, pause: int) -> None:
        self.dut, self.rng, self.pause = dut, rng, pause
        self.bytes = bytearray(rng.randbytes(SPACE))
        self.reads: list[int] = []
        self.writes: list[tuple[int, int, int]] = []
        for name in ("awready", "wready", "bvalid", "arready", "rvalid", "bresp", "rresp", "rdata"):
            getattr(dut, f"m_axi_{name}").value = 0

    def busy(self) -> bool:
        return self.rng.randrange(100) < self.pause

    async def write(self) -> None:
        dut, address, data, answer = self.dut, None, None, None
        while True:
            dut.m_axi_awready.value = address is None and not self.busy()
            dut.m_axi_wready.value = data is None and not self.busy()
            dut.m_axi_bvalid.value = answer is not None
            await RisingEdge(dut.clk)
            if dut.rst.value:
                address = data = answer = None
                continue
            if dut.m_axi_bvalid.value and dut.m_axi_bready.value:
                address = data = answer = None
            if dut.m_axi_awvalid.value and dut.m_axi_awready.value:
                address = int(dut.m_axi_awaddr.value)
            if dut.m_axi_wvalid.value and dut.m_axi_wready.value:
                data = int(dut.m_axi_wdata.value), int(dut.m_axi_wstrb.value)
            if None not in (address, data) and answer is None and not self.busy():
                answer = BAD.get(address & ~3, OKAY)
                self.writes.append((address, *data))
                dut.m_axi_bresp.value = answer
                for lane in range(4):
                    if answer == OKAY and data[1] >> lane & 1:
                        self.bytes[(address & ~3) + lane] = data[0] >> 8 * lane & 0xFF

    async def read(self) -> None:
        dut, address, told = self.dut, None, False
        while True:
            dut.m_axi_arready.value = address is None and not self.busy()
            dut.m_axi_rvalid.value = told
            await RisingEdge(dut.clk)
            if dut.rst.value:
                address, told = None, False
                continue
            if dut.m_axi_rvalid.value and dut.m_axi_rready.value:
                address, told = None, False
            if dut.m_axi_arvalid.value and dut.m_axi_arready.value:
                address = int(dut.m_axi_araddr.value)
                self.reads.append(address)
            if address is not None and not told and not self.busy():
                told = True
                word = address & ~3
                dut.m_axi_rdata.value = int.from_bytes(self.bytes[word:word + 4], "little")
                dut.m_axi_rresp.value = BAD.get(word, OKAY)


class Master:
    """The processing system's side: a queue a channel."""

    def __init__(self, dut: Any, rng: random.Random, pause: int) -> None:
        self.dut, self.rng, self.pause = dut, rng, pause
        self.queues: dict[str, deque[dict[str, int]]] = {"aw": deque(), "w": deque(), "ar": deque()}
        self.answers: dict[str, deque[dict[str, int]]] = {"b": deque(), "r": deque()}
        for channel in self.queues:
            getattr(dut, f"s_axi_{channel}valid").value = 0
        for channel in self.answers:
            getattr(dut, f"s_axi_{channel}ready").value = 0

    async def send(self, channel: str) -> None:
        dut, queue = self.dut, self.queues[channel]
        valid, ready = (getattr(dut, f"s_axi_{channel}{name}") for name in ("valid", "ready"))
        while True:
            if not valid.value and queue and self.rng.randrange(100) >= self.pause:
                valid.value = 1
                for name, value in queue[0].items():
                    getattr(dut, f"s_axi_{channel}{name}").value = value
            await RisingEdge(dut.clk)
            if valid.value and ready.value:
                if queue:  # a reset has emptied it
                    queue.popleft()
                valid.value = 0
                await Timer(1, unit="ns")

    async def take(self, channel: str, names: tuple[str, ...]) -> None:
        dut = self.dut
        valid, ready = (getattr(dut, f"s_axi_{channel}{name}") for name in ("valid", "ready"))
        shown: dict[str, int] | None = None
        while True:
            ready.value = self.rng.randrange(100) >= self.pause
            await RisingEdge(dut.clk)
            if valid.value:
                now = {name: int(getattr(dut, f"s_axi_{channel}{name}").value) for name in names}
                assert shown in (None, now), f"{channel}: {now} was {shown} while it waited"
                shown = None if ready.value else now
                if ready.value:
                    self.answers[channel].append(now)
            else:
                assert shown is None, f"{channel}: gone before it was taken"

    def ask(self, channel: str, burst: Burst) -> None:
        self.queues[channel].append({"id": burst.number, "addr": burst.address, "len": burst.length - 1,
                                     "size": burst.size, "burst": burst.kind})

    async def answer(self, channel: str, count: int) -> list[dict[str, int]]:
        for _ in range(20_000):
            if len(self.answers[channel]) >= count:
                return [self.answers[channel].popleft() for _ in range(count)]
            await RisingEdge(self.dut.clk)
        raise AssertionError(f"{channel}: got {len(self.answers[channel])} answers, expected {count}")


@cocotb.test()
@cocotb.parametrize(pause=[0, 60])
async def bursts(dut: Any, pause: int) -> None:
    rng = random.Random(int(os.environ.get("SEED", "1")) + pause)
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.rst.value = 1
    memory, master = Memory(dut, rng, pause), Master(dut, rng, pause)
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    for task in (memory.write(), memory.read(), *map(master.send, master.queues),
                 master.take("b", ("id", "resp")), master.take("r", ("id", "data", "resp", "last"))):
        cocotb.start_soon(task)
    kept = bytearray(memory.bytes)
    seen = set()
    for _ in range(BURSTS):
        burst = any_burst(rng)
        seen.add((burst.kind, burst.size, burst.refused))
        if rng.random() < 0.5:
            await write(master, memory, kept, burst, rng)
        else:
            await read(master, memory, kept, burst)
    assert memory.bytes == kept
    assert len(seen) > 12
    await ClockCycles(dut.clk, 50)
    assert not master.answers["b"]
    assert not master.answers["r"]


async def write(master: Master, memory: Memory, kept: bytearray, burst: Burst, rng: random.Random) -> None:
    master.ask("aw", burst)
    wanted, answers = [], [OKAY]
    for beat, (address, lanes) in enumerate(burst.beats()):
        strobes = lanes & rng.choice([15, 15, rng.randrange(16)])
        data = rng.randrange(1 << 32)
        master.queues["w"].append({"data": data, "strb": strobes, "last": beat + 1 == burst.length})
        if burst.refused:
            continue
        wanted.append((address, data, strobes))
        answers.append(BAD.get(address & ~3, OKAY))
        for lane in range(4):
            if answers[-1] == OKAY and strobes >> lane & 1:
                kept[(address & ~3) + lane] = data >> 8 * lane & 0xFF
    (answer,) = await master.answer("b", 1)
    first_bad = next((answer for answer in answers if answer != OKAY), OKAY)
    assert answer == {"id": burst.number, "resp": SLVERR if burst.refused else first_bad}, f"{burst}: {answer}"
    assert memory.writes == wanted, f"{burst}: {memory.writes}, expected {wanted}"
    memory.writes.clear()


async def read(master: Master, memory: Memory, kept: bytearray, burst: Burst) -> None:
    master.ask("ar", burst)
    found = await master.answer("r", burst.length)
    for beat, (address, _) in enumerate(burst.beats()):
        word = address & ~3
        data = 0 if burst.refused else int.from_bytes(kept[word:word + 4], "little")
        resp = SLVERR if burst.refused else BAD.get(word, OKAY)
        wanted = {"id": burst.number, "data": data, "resp": resp, "last": int(beat + 1 == burst.length)}
        assert found[beat] == wanted, f"{burst}, beat {beat}: {found[beat]}, expected {wanted}"
    assert memory.reads == ([] if burst.refused else [address for address, _ in burst.beats()]), f"{burst}"
    memory.reads.clear()


@cocotb.test()
async def both_ways_at_once_and_reset(dut: Any) -> None:
    """Reads and writes do not wait for each other; in reset nothing is taken or answered, and all is forgotten."""
    rng = random.Random(7)
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    dut.rst.value = 1
    memory, master = Memory(dut, rng, 0), Master(dut, rng, 0)
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    for task in (memory.write(), memory.read(), *map(master.send, master.queues),
                 master.take("b", ("id", "resp")), master.take("r", ("id", "data", "resp", "last"))):
        cocotb.start_soon(task)
    for number in range(20):
        master.ask("aw", Burst(number, 64, 16, 2, INCR))
        master.queues["w"] += [{"data": number << 8 | beat, "strb": 15, "last": beat == 15} for beat in range(16)]
        master.ask("ar", Burst(100 + number, 256, 16, 2, INCR))
    assert [answer["id"] for answer in await master.answer("b", 20)] == list(range(20))
    assert [answer["id"] for answer in await master.answer("r", 320)] == [100 + beat // 16 for beat in range(320)]
    assert len(memory.writes) == len(memory.reads) == 320
    for cycles in range(1, 12):
        master.ask("ar", Burst(5, 0, 4, 2, INCR))
        master.ask("aw", Burst(6, 0, 4, 2, INCR))
        master.queues["w"] += [{"data": 0, "strb": 0, "last": beat == 3} for beat in range(4)]
        await ClockCycles(dut.clk, cycles)
        dut.rst.value = 1
        for queue in master.queues.values():
            queue.clear()
        for channel in master.queues:
            getattr(dut, f"s_axi_{channel}valid").value = 0
        await ClockCycles(dut.clk, 2)
        for name in ("s_axi_awready", "s_axi_arready", "s_axi_bvalid", "s_axi_rvalid"):
            assert not getattr(dut, name).value, name
        dut.rst.value = 0
        await ClockCycles(dut.clk, 20)
        for answers in master.answers.values():
            answers.clear()
        master.ask("ar", Burst(9, 4, 1, 2, INCR))
        assert (await master.answer("r", 1))[0]["id"] == 9
