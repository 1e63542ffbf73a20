"""The Verilated chip in a process of its own, see server.cpp."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np


class Process:
    """program: what simboard.build has made; folder: of the design, where its ROMs are. stall, idle: see server.cpp."""

    def __init__(self, program: Path, folder: Path, stall: int = 0, idle: int = 0) -> None:
        self._process = subprocess.Popen([str(program.resolve()), str(stall), str(idle)], cwd=folder,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.cycles = 0  # in which the streams were waited for

    def read(self, address: int) -> int:
        word, _ = self._ask(b"R" + struct.pack("<I", address), "<II")
        return word

    def write(self, address: int, word: int, strobes: int = 15) -> None:
        self._ask(b"W" + struct.pack("<III", address, word, strobes), "<I")

    def stream(self, cycles: int, room: int, beats: np.ndarray | None = None) -> tuple[int, np.ndarray]:
        """Beats that wait to be sent after it, and those that came out, uint64 (spec.packets)."""
        given = np.zeros(0, "<u8") if beats is None else np.ascontiguousarray(beats, "<u8")
        passed, pending, count = self._ask(b"S" + struct.pack("<III", cycles, room, len(given)) + given.tobytes(),
                                           "<III")
        self.cycles += passed
        return pending, np.frombuffer(self._take(8 * count), "<u8")

    def drop(self) -> None:
        self._ask(b"D", "")

    def reset(self) -> None:
        self._ask(b"X", "")

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _ask(self, request: bytes, answer: str) -> tuple[int, ...]:
        assert self._process.stdin is not None
        self._process.stdin.write(request)
        self._process.stdin.flush()
        return struct.unpack(answer, self._take(struct.calcsize(answer)))

    def _take(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size) if size else b""
        if len(data) < size:
            raise RuntimeError(f"the simulated chip ended, exit code {self._process.wait()}")
        return data
