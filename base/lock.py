"""One run at a time in a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from base.errors import expected

LOCK = ".lock"


@contextmanager
def held(name: str, folder: Path) -> Iterator[None]:
    """Make `folder` and hold it for this process during the block; whatever ends the process lets go of it.

    Raises UserError that begins with `name` where another process holds it. The file stays: who holds it is written
    there, and held is only what the kernel says is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read(200).strip() or "another process"
            raise expected(name, folder, f"a folder where nothing else runs: {who} is at work there") from None
        who = f"process {os.getpid()}, since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z},"
        with suppress(OSError):  # on a full disk it stays unsaid
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), who.encode())
        yield
