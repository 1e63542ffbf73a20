"""Where raw EEG comes from. A source is a context that says its rate and gives Chunks, in the layout's electrodes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from live.pipeline import Chunk

POLL_S = 0.02  # between two looks at a device
WAIT_S = 0.25  # that a read takes at most, so that who waits can say so


class Source(AbstractContextManager["Source"], Protocol):
    """name: for messages. rate_hz: as it declares itself."""

    name: str
    rate_hz: float

    def read(self) -> list[Chunk] | None:
        """What has come, after WAIT_S at most, perhaps nothing; None where nothing more will come."""
        ...
