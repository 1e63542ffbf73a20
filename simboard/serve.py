"""The simulated board as a computer beside it has it: `python -m simboard.serve FOLDER PARENT`, in .venv-board.

FOLDER has firstspike.bit with its spec. It says its port, answers whoever connects first, and ends when that has gone,
or with process PARENT.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from base.errors import ToolError
from base.processes import become_worker
from simboard import environment

HOST = "127.0.0.1"


def serve(folder: Path) -> None:
    from firstspike_board import Chip, link
    from simboard.device import Board

    board = Board()
    try:
        with Chip(folder / "firstspike.bit", device=board) as chip, socket.create_server((HOST, 0)) as listener:
            print(listener.getsockname()[1], flush=True)
            link.serve(chip, listener, once=True)
    finally:
        board.close()


@contextmanager
def served(folder: Path, log: Path) -> Iterator[int]:
    """Its port, while the block runs. Raises ToolError where it does not start; `log` keeps what it said."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as words:
        process = environment.start(["-m", "simboard.serve", str(folder.resolve())], words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise ToolError(f"simulated board: not started, exit code {process.wait()}; what it said is in {log}")
        yield int(line)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    become_worker(int(sys.argv[2]))
    serve(Path(sys.argv[1]))
