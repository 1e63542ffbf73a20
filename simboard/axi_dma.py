"""AXI DMA in direct register mode, as PG021 (v7.1) describes it: what registers show, when a transfer ends, errors.

Both channels: CONTROL (0x00; RS, Reset), STATUS (0x04; Halted, Idle, the three errors, the interrupt bits), ADDRESS
(0x18, 0x1C), LENGTH (0x28). Writing LENGTH begins a transfer, if the channel runs. It ends with its last beat, on which
memory to stream sets TLAST; stream to memory ends with TLAST alone, shows in LENGTH the bytes that came, and reports an
internal error where more come than LENGTH allows. An error halts the channel until a reset, which resets both.
What the product guide leaves undefined is `Misuse` here: a driver must not do it.
"""

from __future__ import annotations

import numpy as np

from simboard.memory import Memory
from simboard.process import Process
from spec.packets import LAST

CONTROL, STATUS, ADDRESS, ADDRESS_HIGH, LENGTH = 0x00, 0x04, 0x18, 0x1C, 0x28
SEND, RECEIVE = 0x00, 0x30
RUN, RESET = 1 << 0, 1 << 2
HALTED, IDLE = 1 << 0, 1 << 1
INTERNAL, SLAVE, DECODE = 1 << 4, 1 << 5, 1 << 6
INTERRUPTS = 0b111 << 12
COMPLETE, ERROR = 1 << 12, 1 << 14
STEP = 20_000  # cycles of the chip that pass, at most, while a program looks at STATUS


class Misuse(AssertionError):
    """The driver does what has no defined effect on the real DMA."""


class Channel:
    """Registers of one direction, and how far its transfer is."""

    def __init__(self) -> None:
        self.control, self.status = 0, HALTED
        self.address = self.length = 0
        self.active = False
        self.words = np.zeros(0, np.uint32)  # that came, of the transfer

    def end(self, length: int | None = None) -> None:
        self.active = False
        self.status |= IDLE | COMPLETE
        self.length = self.length if length is None else length

    def fail(self, error: int) -> None:
        self.active = False
        self.control &= ~RUN
        self.status = HALTED | error | ERROR


class AxiDma:
    """length_bits: of the length registers. What goes wrong by order is simboard.faults'."""

    def __init__(self, memory: Memory, process: Process, length_bits: int) -> None:
        self.memory, self.process, self.length_bits = memory, process, length_bits
        self.send, self.receive = Channel(), Channel()

    def read(self, offset: int) -> int:
        channel, register = self._register(offset)
        if register == STATUS:
            self.advance()
            return channel.status
        return {CONTROL: channel.control, ADDRESS: channel.address & 0xFFFF_FFFF,
                ADDRESS_HIGH: channel.address >> 32, LENGTH: channel.length}.get(register, 0)

    def write(self, offset: int, word: int) -> None:
        channel, register = self._register(offset)
        if register == CONTROL:
            if word & RESET:
                self.reset()
            else:
                self._control(channel, word)
        elif register == STATUS:
            channel.status &= ~(word & INTERRUPTS)
        elif register in (ADDRESS, ADDRESS_HIGH):
            if channel.active:
                raise Misuse("address written in a transfer")
            low, high = channel.address & 0xFFFF_FFFF, channel.address >> 32
            channel.address = high << 32 | word if register == ADDRESS else word << 32 | low
        elif register == LENGTH:
            self._begin(channel, word & (1 << self.length_bits) - 1)

    def reset(self) -> None:
        self.process.drop()
        self.send, self.receive = Channel(), Channel()

    def advance(self, beats: np.ndarray | None = None) -> None:
        """Some cycles pass; transfers go on and end."""
        receive = self.receive
        room = receive.length // 4 - len(receive.words) + 1 if receive.active else 0  # one more, to see too long ones
        if not (self.send.active or room or beats is not None):
            return
        pending, came = self.process.stream(STEP, room, beats)
        if self.send.active and not pending:
            self.send.end()
        if len(came):
            self.received(came)

    def received(self, came: np.ndarray) -> None:
        """Beats out of the chip, into memory."""
        channel, most = self.receive, self.receive.length // 4
        channel.words = np.concatenate([channel.words, (came & ~LAST).astype(np.uint32)])
        stored = channel.words[:most].view(np.uint8)
        if not self.memory.holds(channel.address, len(stored)):
            channel.fail(DECODE)
            return
        self.memory.bytes[channel.address:channel.address + len(stored)] = stored
        if len(channel.words) > most:
            channel.fail(INTERNAL)
        elif came[-1] & LAST:
            channel.end(4 * len(channel.words))
            self.memory.evict()

    def _register(self, offset: int) -> tuple[Channel, int]:
        if offset % 4:
            raise Misuse(f"offset {offset:#x}")
        return (self.send, offset) if offset < RECEIVE else (self.receive, offset - RECEIVE)

    def _control(self, channel: Channel, word: int) -> None:
        channel.control = word & ~RESET
        errors = channel.status & (INTERNAL | SLAVE | DECODE)
        if word & RUN and not errors:
            channel.status &= ~HALTED
        elif not word & RUN and not channel.active:
            channel.status = HALTED | errors

    def _begin(self, channel: Channel, length: int) -> None:
        if channel.active:
            raise Misuse("LENGTH written before the transfer has ended")
        if channel.status & HALTED or not length:
            return  # has no effect
        if length % 4 or channel.address % 4:
            raise Misuse(f"{length} bytes at {channel.address:#x}: not whole words, and the DMA does not realign")
        channel.length, channel.active = length, True
        channel.status &= ~IDLE
        channel.words = np.zeros(0, np.uint32)
        if channel is self.receive:
            return
        if not self.memory.holds(channel.address, length):
            channel.fail(DECODE)
            return
        self.advance(self.fetched(channel))

    def fetched(self, channel: Channel) -> np.ndarray:
        """Beats of a transfer out of memory, TLAST on its last."""
        data = self.memory.bytes[channel.address:channel.address + channel.length]
        beats = data.view("<u4").astype(np.uint64)
        beats[-1] |= LAST
        return beats
