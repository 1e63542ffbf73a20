"""AXI DMA in its simple mode (direct register mode, PG021), as far as it is needed, by registers.

pynq's own class waits for ever for a channel that does not start, stop or end: here nothing waits without a limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from firstspike_board.errors import DmaError, NotStarted

# Of a channel: control, status, address, its upper half, length.
CONTROL, STATUS, ADDRESS, ADDRESS_HIGH, LENGTH = 0x00, 0x04, 0x18, 0x1C, 0x28
SEND, RECEIVE = 0x00, 0x30  # offsets of the channels: memory to stream, stream to memory
RUN, RESET = 1 << 0, 1 << 2  # of CONTROL
HALTED, IDLE = 1 << 0, 1 << 1  # of STATUS
ERRORS = {1 << 4: "internal error (length 0, or a packet longer than its buffer)",
          1 << 5: "slave error (memory refused an access)", 1 << 6: "decode error (no memory at this address)"}
START_S = 0.5  # for a channel to start, or to come out of reset: some cycles


class Channel:
    """One direction. status() raises DmaError where the channel reports an error."""

    def __init__(self, mmio: Any, offset: int) -> None:
        self.name = "DMA, memory to stream" if offset == SEND else "DMA, stream to memory"
        self._mmio, self._offset = mmio, offset

    def status(self) -> int:
        word = int(self._mmio.read(self._offset + STATUS))
        found = [text for bit, text in ERRORS.items() if word & bit]
        if found:
            raise DmaError(f"{self.name}: {', '.join(found)}; status {word:#x}")
        return word

    @property
    def running(self) -> bool:
        return not self.status() & HALTED

    @property
    def idle(self) -> bool:
        return bool(self.status() & IDLE)

    def run(self) -> None:
        """Set the channel going. Raises NotStarted where it stays halted."""
        self._mmio.write(self._offset + CONTROL, RUN)
        until(lambda: self.running, NotStarted(f"{self.name}: never started: halted {START_S} s after it was to run"))

    def transfer(self, address: int, length: int) -> None:
        """Begin one of `length` bytes at a physical address; the channel must run."""
        self._mmio.write(self._offset + ADDRESS, address & 0xFFFF_FFFF)
        self._mmio.write(self._offset + ADDRESS_HIGH, address >> 32)
        self._mmio.write(self._offset + LENGTH, length)

    @property
    def length(self) -> int:
        """Bytes of the transfer; of one that was received, those that came."""
        return int(self._mmio.read(self._offset + LENGTH))

    def reset(self) -> None:
        """Resets both channels. Raises NotStarted where it does not end."""
        self._mmio.write(self._offset + CONTROL, RESET)
        until(lambda: not int(self._mmio.read(self._offset + CONTROL)) & RESET,
              NotStarted(f"{self.name}: still in reset after {START_S} s"))


def until(done: Callable[[], bool], error: NotStarted) -> None:
    end = time.monotonic() + START_S
    while not done():
        if time.monotonic() > end:
            raise error
