"""What a scheduler may be called: told without Dask, and so before anything is read."""

from __future__ import annotations

import json
from pathlib import Path

from base.errors import expected


def check_scheduler(scheduler: str) -> None:
    """UserError where this cannot be a scheduler's address or its file."""
    if "://" in scheduler:
        return
    try:
        address = json.loads(Path(scheduler).read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, TypeError, KeyError):
        address = None
    if not isinstance(address, str):
        raise expected("SCHEDULER", scheduler, "tcp://host:port of a Dask scheduler, or its scheduler file")
