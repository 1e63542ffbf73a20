"""Which processes belong to a test: they and what they start carry a mark in their environment."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

NAME = "FIRSTSPIKE_TEST_MARK"


def marked() -> tuple[str, dict[str, str]]:
    """A new mark, and os.environ with it."""
    mark = uuid.uuid4().hex
    return mark, {**os.environ, "OMP_NUM_THREADS": "1", NAME: mark}


def alive(mark: str) -> dict[int, str]:
    """Processes with the mark: their command lines by number. Those that have ended have no environment."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{NAME}={mark}".encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = command.decode(errors="replace")
        except OSError:
            continue
    return found


def left_after(mark: str, seconds: float) -> dict[int, str]:
    """What is still alive when so much time has passed; nothing as soon as nothing is."""
    deadline = time.monotonic() + seconds
    while (found := alive(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
