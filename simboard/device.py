"""The simulated board as pynq knows boards: a Device, whose memory, DMA and chip are those of this room.

Its "bitstream" is a text, see simboard.build: what the chip is, a program and the folder in which it runs. `Overlay`,
`Bitstream`, `MMIO` and `allocate` are pynq's own and unchanged. FIRSTSPIKE_SIMBOARD in the environment makes it the
active device where there is no other one.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from pynq import Device
from pynq.buffer import PynqBuffer
from pynq.metadata.runtime_metadata_parser import RuntimeMetadataParser
from pynqmetadata.frontends import Metadata

from firstspike_board import places
from simboard.axi_dma import AxiDma
from simboard.environment import VARIABLE
from simboard.memory import Memory
from simboard.process import Process
from spec.registers import ADDRESS_BITS

# Registers of the processing system that pynq computes clocks from: multipliers of the three PLLs, of 50 MHz.
SYSTEM = {0xF800_0100: 26 << 12, 0xF800_0104: 21 << 12, 0xF800_0108: 20 << 12}

IDLE = 50  # cycles between two reads or writes of a program, where no DMA lets time pass


class Buffer(PynqBuffer):
    """Of the simulated memory. pynq frees what is its own by munmap, of which there is nothing here."""

    freed: bool

    def freebuffer(self) -> None:
        if hasattr(self, "memory") and not self.freed:  # views have no `memory`
            self.freed = True
            self.memory.free(self.device_address)


class Board(Device):
    """length_bits: of the DMA's length registers. stall: seed of random pauses on the chip's streams, 0 for none."""

    _probe_priority_ = 900

    @classmethod
    def _probe_(cls) -> list[Board]:
        return [cls()] if os.environ.get(VARIABLE) else []

    def __init__(self, length_bits: int = places.DMA_LENGTH_BITS, stall: int = 0) -> None:
        super().__init__("firstspike_simboard")
        self.capabilities = {"REGISTER_RW": True}
        self.name, self.arch = "simulated board", "armv7l"
        self.bitfile_name = self.timestamp = ""
        self.memory = Memory()
        self.process: Process | None = None
        self.dma: AxiDma | None = None
        self.way = ""
        self._length_bits, self._stall = length_bits, stall
        self.system = dict(SYSTEM)
        self.chip_address = places.CHIP_ADDRESS

    # ---- what pynq asks of a device
    def download(self, bitstream: Any, parser: Any = None) -> None:
        self.close()
        found = json.loads(Path(bitstream.bitfile_name).read_text(encoding="utf-8"))
        self.way = found["way"]
        idle = 0 if self.way == "dma" else IDLE
        self.process = Process(Path(found["program"]), Path(found["folder"]), self._stall, idle)
        self.dma = AxiDma(self.memory, self.process, self._length_bits) if self.way == "dma" else None
        if parser is not None:
            self.post_download(bitstream, parser, self.name)
        else:
            self.bitfile_name = bitstream.bitfile_name

    def get_bitfile_metadata(self, bitfile_name: str, **_: Any) -> Any:
        """By pynq's own parser, of the .hwh beside it."""
        return RuntimeMetadataParser(Metadata(input=Path(bitfile_name).with_suffix(".hwh")))

    def read_registers(self, address: int, length: int) -> bytes:
        return b"".join(struct.pack("<I", self._read(address + place)) for place in range(0, length, 4))

    def write_registers(self, address: int, data: bytes) -> None:
        for place, (word,) in enumerate(struct.iter_unpack("<I", bytes(data))):
            self._write(address + 4 * place, word)

    def allocate(self, shape: Any, dtype: Any, **_: Any) -> PynqBuffer:
        count, dtype = int(np.prod(shape)), np.dtype(dtype)
        block = self.memory.allocate(count * dtype.itemsize)
        buffer = Buffer(shape, dtype, device=self, device_address=block.address, bo=block.address, coherent=False,
                        buffer=block.cached)
        buffer.memory = self.memory
        return buffer

    def flush(self, address: int, _offset: int, _pointer: int, _size: int) -> None:
        self.memory.flush(address)

    def invalidate(self, address: int, _offset: int, _pointer: int, _size: int) -> None:
        self.memory.invalidate(address)

    def close(self) -> None:
        """Power off."""
        if self.process is not None:
            self.process.close()
            self.process = None

    # ---- the bus
    def _read(self, address: int) -> int:
        target, offset = self._target(address)
        if target is not None:
            return target.read(offset)
        return self.system.get(address, 0)

    def _write(self, address: int, word: int) -> None:
        target, offset = self._target(address)
        if target is not None:
            target.write(offset, word)
        else:
            self.system[address] = word

    def _target(self, address: int) -> tuple[Any, int]:
        for place, span, target, bits in ((self.chip_address, places.CHIP_SPAN, self.process, ADDRESS_BITS),
                                          (places.DMA_ADDRESS, places.DMA_SPAN, self.dma, places.DMA_ADDRESS_BITS)):
            if place <= address < place + span and target is not None:
                return target, (address - place) % (1 << bits)  # which the slave has no pins for
        if address >= 0xE000_0000:
            return None, 0
        raise RuntimeError(f"bus error: nothing answers at {address:#x}")
