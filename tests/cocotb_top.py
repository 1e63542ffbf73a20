"""The whole chip on its pins, in cocotb: streams with stalls, transfers of any length, AXI4-Lite, resets.

Runs inside the simulator, started by test_rtl_top.py in the design's folder; case.npz holds the beats of
each sample (N, beats), the results (N, classes + 1) and the spike counts (N, spiking units); short are the results of
the same samples without their last beat.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

from rtl.cycles import TRANSFER
from spec.netspec import NetSpec
from spec.registers import MAGIC, REGISTERS, identity

STATUS = REGISTERS["STATUS"]


def pauses(seed: int, percent: int) -> Iterator[bool]:
    rng = random.Random(seed)
    while True:
        yield rng.randrange(100) < percent


class Chip:
    """The device under test with its bus models and the case it is held to."""

    def __init__(self, dut: Any, stall: int) -> None:
        self.dut = dut
        with np.load("case.npz", allow_pickle=False) as case:
            self.beats, self.results, self.spikes = case["beats"], case["results"], case["spikes"]
            self.short = case["short"]
        cocotb.start_soon(Clock(dut.ap_clk, 10, unit="ns").start())
        reset = {"reset": dut.ap_rst_n, "reset_active_level": False}
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.ap_clk, **reset)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.ap_clk, **reset)
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.ap_clk, **reset)
        if stall:
            self.source.set_pause_generator(pauses(1, stall))
            self.sink.set_pause_generator(pauses(2, stall))
            for place, channel in enumerate((self.lite.write_if.aw_channel, self.lite.write_if.w_channel,
                                             self.lite.write_if.b_channel, self.lite.read_if.ar_channel,
                                             self.lite.read_if.r_channel)):
                channel.set_pause_generator(pauses(3 + place, stall))

    async def reset(self) -> None:
        self.dut.ap_rst_n.value = 0
        await ClockCycles(self.dut.ap_clk, 5)
        self.dut.ap_rst_n.value = 1
        await ClockCycles(self.dut.ap_clk, 5)

    async def send(self, beats: Any) -> None:
        await self.source.send(AxiStreamFrame(np.asarray(beats, "<u4").tobytes()))

    async def receive(self) -> list[int]:
        frame = await with_timeout(self.sink.recv(), 200, "us")
        return list(struct.unpack(f"<{len(frame.tdata) // 4}i", bytes(frame.tdata)))

    async def expect(self, *wanted: Any) -> None:
        """One transfer, of these results."""
        got = await self.receive()
        assert got == np.concatenate(wanted).tolist(), f"got {got}, expected {wanted}"

    async def read(self, name: str, index: int = 0) -> int:
        return int(await with_timeout(self.lite.read_dword(REGISTERS[name].address(index)), 10, "us"))

    async def status(self) -> dict[str, int]:
        word = await self.read("STATUS")
        return {name: STATUS.field(name, word) for name, _, _ in STATUS.fields}

    async def write(self, name: str, word: int) -> None:
        await with_timeout(self.lite.write_dword(REGISTERS[name].address(), word), 10, "us")


@cocotb.test()
@cocotb.parametrize(stall=[0, 50])
async def results_under_stalls(dut: Any, stall: int) -> None:
    chip = Chip(dut, stall)
    await chip.reset()
    ends = [0, 1, 3, 4, len(chip.beats)]
    for begin, end in pairwise(ends):
        await chip.send(chip.beats[begin:end])
    for begin, end in pairwise(ends):
        await chip.expect(*chip.results[begin:end])
    await ClockCycles(dut.ap_clk, 100)
    assert chip.sink.empty()
    assert await chip.status() == {"busy": 0, "incomplete": 0}
    assert await chip.read("INFERENCES") == len(chip.beats)
    for unit in range(chip.spikes.shape[1]):
        assert await chip.read("SPIKES_LAST", unit) == chip.spikes[-1, unit]
        assert await chip.read("SPIKES_TOTAL", unit) == chip.spikes[:, unit].sum()


@cocotb.test()
async def identity_is_that_of_the_spec(dut: Any) -> None:
    chip = Chip(dut, 30)
    await chip.reset()
    for name, words in identity(NetSpec.load(Path("spec"))).items():
        for index, word in enumerate(words):
            assert await chip.read(name, index) == word, name
    assert int(await chip.lite.read_dword(0x3FC)) == 0
    await chip.lite.write_dword(0x3FC, 0xFFFF_FFFF)
    await chip.write("DIGEST", 0)
    assert await chip.read("MAGIC") == MAGIC


@cocotb.test()
async def a_transfer_that_ends_inside_a_sample_is_answered_and_marked(dut: Any) -> None:
    chip = Chip(dut, 20)
    await chip.reset()
    await chip.send(chip.beats[0][:-1])
    await chip.send(chip.beats[1])
    await chip.expect(chip.short[0])
    await chip.expect(chip.results[1])
    assert await chip.status() == {"busy": 0, "incomplete": 1}
    await chip.write("STATUS", 0b101)
    assert await chip.status() == {"busy": 0, "incomplete": 1}
    await chip.write("STATUS", 0b010)
    assert await chip.status() == {"busy": 0, "incomplete": 0}
    await chip.send([*chip.beats[2], *chip.beats[3][:-1]])
    await chip.send(chip.beats[4:6])
    await chip.expect(chip.results[2], chip.short[3])
    await chip.expect(*chip.results[4:6])
    assert await chip.read("ERRORS") == 2
    assert await chip.read("INFERENCES") == 6
    assert await chip.status() == {"busy": 0, "incomplete": 1}


@cocotb.test()
async def soft_reset_drops_what_is_in_flight(dut: Any) -> None:
    chip = Chip(dut, 0)
    await chip.reset()
    for wait in (0, 60, 120, 250):  # somewhere in the convolutions, in the spiking layers
        await chip.send(chip.beats[:3])
        await chip.source.wait()
        await ClockCycles(dut.ap_clk, wait)
        assert (await chip.status())["busy"]
        await chip.write("CONTROL", 1)
        await ClockCycles(dut.ap_clk, 10)
        chip.sink.clear()
        assert await chip.status() == {"busy": 0, "incomplete": 0}
        assert await chip.read("INFERENCES") == 0
        await chip.send(chip.beats[4])
        # What came of the three before the reset lies in the sink's frame, which has no end.
        assert (await chip.receive())[-len(chip.results[4]):] == chip.results[4].tolist()
        await ClockCycles(dut.ap_clk, 2000)
        assert chip.sink.empty()
        assert await chip.read("INFERENCES") == 1


@cocotb.test()
async def cycle_counters(dut: Any) -> None:
    chip = Chip(dut, 0)
    await chip.reset()
    await chip.send(chip.beats[0])
    await chip.expect(chip.results[0])
    alone = await chip.read("LATENCY")
    layout = REGISTERS["LAYOUT"]
    stages = layout.field("stages", await chip.read("LAYOUT"))
    times = [await chip.read("STAGE_CYCLES", stage) for stage in range(stages)]
    assert times == sorted(times)
    assert times[-1] + TRANSFER == alone
    assert await chip.read("INTERVAL") == 0
    await chip.send(chip.beats[0][:-1])  # an incomplete one is filled up at once and takes as long
    await chip.expect(chip.short[0])
    assert abs(await chip.read("LATENCY") - alone) <= alone // 2
    await chip.send([*chip.beats[:1]] * 6)
    await chip.expect(*[chip.results[0]] * 6)
    # The first of them was alone when it came, or a later one was probed and had to queue.
    assert await chip.read("LATENCY") >= alone
    assert 0 < await chip.read("INTERVAL") <= alone
