"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[int, int, str], None]  # done, total, note


def silent(done: int, total: int, note: str) -> None:
    """Show no progress."""
