"""Samples in and results out by AXI DMA: whole batches in one transfer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from firstspike_board.dma import IDLE, RECEIVE, SEND, Channel
from firstspike_board.engines import Came, ChipEngine
from firstspike_board.errors import (
    BoardError,
    Closed,
    InputNotTaken,
    NoMemory,
    NoResult,
    NotStarted,
    TlastMissing,
    WrongLength,
)
from firstspike_board.registers import Registers
from spec.netspec import NetSpec

POISON = 0xDEAD_BEEF  # of an output buffer: no class, so that what was not written is seen
TRANSFER_BYTES = 1 << 22  # in one transfer at most, whatever the length register holds: memory in one piece is rare


class DmaEngine(ChipEngine):
    """Samples and results by AXI DMA. allocate(shape, dtype): a buffer of pynq's that the DMA reaches."""

    source = "chip, by DMA"

    def __init__(self, spec: NetSpec, registers: Registers, dma: Any, length_bits: int,
                 allocate: Callable[..., Any], limit_s: float) -> None:
        super().__init__(spec, registers, limit_s)
        self._send, self._receive = Channel(dma, SEND), Channel(dma, RECEIVE)
        self._allocate = allocate
        self._buffers: tuple[Any, Any] | None = None
        longest = min(TRANSFER_BYTES, (1 << length_bits) - 1)
        self.most = longest // (4 * max(spec.input.beats, spec.readout.beats))
        if self.most < 1:
            raise WrongLength(f"length register of {length_bits} bits: no sample of {4 * spec.input.beats} bytes fits")

    def _drop(self) -> None:
        """First the DMA, so that nothing more of a transfer comes, then the chip; then the DMA goes on."""
        self._send.reset()
        super()._drop()
        for channel in (self._receive, self._send):
            channel.run()

    def close(self) -> None:
        """Buffers are given back only when no DMA can reach them any more."""
        super().close()
        self._free()

    def _exchange(self, beats: np.ndarray, came: Came) -> np.ndarray:
        samples = len(beats)
        given, taken = self._room(samples)
        given[:samples] = beats
        taken[:samples] = POISON
        for buffer in (given, taken):  # nothing of it may lie in a cache and be written later, over results
            buffer.flush()
        size = 4 * taken.shape[1] * samples
        self._receive.transfer(taken.physical_address, size)
        self._send.transfer(given.physical_address, 4 * given.shape[1] * samples)
        self._wait(samples, lambda: bool(self._send.status() & self._receive.status() & IDLE), came,
                   lambda count: self._why(samples, count))
        if self._receive.length != size:
            raise WrongLength(f"got {self._receive.length} bytes of results, expected {size} ({samples} samples)")
        taken.invalidate()
        return np.array(taken[:samples])

    def _room(self, samples: int) -> tuple[Any, Any]:
        """Buffers for so many samples, or more."""
        if self._buffers is None or len(self._buffers[0]) < samples:
            self._free()
            shapes = [(samples, unit) for unit in (self._spec.input.beats, self._spec.readout.beats)]
            try:
                given, taken = (self._allocate(shape, np.uint32) for shape in shapes)
            except (MemoryError, RuntimeError, OSError) as error:  # whichever way pynq says so
                raise NoMemory(f"buffers for {samples} samples: {' '.join(str(error).split())}") from error
            self._buffers = given, taken
        if any(getattr(buffer, "freed", False) for buffer in self._buffers):  # older pynq has no such mark
            self._buffers = None
            raise Closed("buffers: they were freed by somebody else")
        return self._buffers

    def _free(self) -> None:
        for buffer in self._buffers or ():
            buffer.freebuffer()
        self._buffers = None

    def _why(self, samples: int, count: int) -> BoardError:
        """What it is that does not happen."""
        quiet = f"nothing for {self._limit_s} s, {count} of {samples} results"
        for channel in (self._send, self._receive):
            if not channel.running:
                return NotStarted(f"{quiet}: {channel.name}: halted")
        sent, received = self._send.idle, self._receive.idle
        if received:
            return WrongLength(f"{quiet}: TLAST came after {self._receive.length} bytes, before the input's end")
        if not sent:
            return InputNotTaken(f"{quiet}: the chip does not take all of the input")
        if count < samples:
            return NoResult(f"{quiet}: the chip has taken all of the input")
        return TlastMissing(f"{quiet}: all are sent, the last without TLAST")
