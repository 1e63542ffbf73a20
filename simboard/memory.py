"""The board's memory with a cache before it: what a DMA sees, and what a program sees, are not the same.

A buffer's array is what the program sees, as through a cache. flush writes it to memory, invalidate reads it from
there. What the program has changed since is dirty: a cache may write such lines back at any time, and here it does so
when a DMA transfer has ended, the worst moment.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import numpy as np

SIZE = 1 << 29  # bytes, from address 0: 512 MB, as on PYNQ-Z1 and Z2
FIRST = 0x1680_0000  # where buffers begin
PAGE, LINE = 4096, 32  # bytes; of a cache line: 32 of the Cortex-A9


@dataclass(eq=False)
class Block:
    """A buffer: where it lies, what the program sees of it, and that when both were last the same."""

    address: int
    cached: np.ndarray  # uint8
    clean: np.ndarray


class Memory:
    """Anonymous pages, so that only what is touched takes room."""

    def __init__(self) -> None:
        self.bytes = np.frombuffer(mmap.mmap(-1, SIZE), np.uint8)
        self.blocks: dict[int, Block] = {}
        self._next = FIRST

    def allocate(self, size: int) -> Block:
        address = self._next
        self._next += -(-size // PAGE) * PAGE + PAGE
        if self._next > SIZE:
            raise MemoryError(f"the simulated board has no {size} bytes left in one piece")
        self.bytes[address:address + size] = 0x5A  # whatever was there
        block = Block(address, self.bytes[address:address + size].copy(), self.bytes[address:address + size].copy())
        self.blocks[address] = block
        return block

    def free(self, address: int) -> None:
        """Somebody else has it from now on, and writes there."""
        block = self.blocks.pop(address)
        self.bytes[address:address + len(block.cached)] = 0xA5

    def flush(self, address: int) -> None:
        block = self.blocks[address]
        self.bytes[address:address + len(block.cached)] = block.cached
        block.clean[:] = block.cached

    def invalidate(self, address: int) -> None:
        block = self.blocks[address]
        block.cached[:] = self.bytes[address:address + len(block.cached)]
        block.clean[:] = block.cached

    def evict(self) -> None:
        """The cache writes back every dirty line."""
        for address, block in self.blocks.items():
            for start in np.unique(np.flatnonzero(block.cached != block.clean) // LINE) * LINE:
                line = slice(start, start + LINE)
                self.bytes[address + start:address + len(block.cached)][:LINE] = block.cached[line]
                block.clean[line] = block.cached[line]

    def holds(self, address: int, size: int) -> bool:
        """Whether there is memory at all of these addresses, whoever's."""
        return address >= 0 and address + size <= SIZE
