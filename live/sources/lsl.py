"""SOURCE=lsl: a stream of LabStreamingLayer, found by its name or its type on this network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np

from base.errors import UserError, expected
from live.network import Network
from live.pipeline import Chunk, check_rate
from live.sources import WAIT_S
from live.sources.cutting import Cutter
from live.sources.electrodes import rows
from model.data.formats.voltage import microvolt

FIND_S = 5.0
_BUFFER_S = 10  # that liblsl keeps of what is not fetched yet
_MOST = 4096  # samples at once


class LslStream:
    """The stream of this name or, if none has it, of this type. Its description names each channel and its unit.

    Lost samples are seen in the time stamps. A sender that goes and comes back is taken up again, after a gap.
    UserError where no such stream is found, or several, and where it has not the layout's electrodes, no unit, another
    rate.
    """

    def __init__(self, network: Network, which: str, named: Sequence[str] = (), find_s: float = FIND_S) -> None:
        import pylsl  # here: its library looks at the network when it is loaded
        from pylsl.util import LostError
        from pylsl.util import TimeoutError as NotInTime

        info = _find(pylsl, which, find_s)
        self.name = f"LSL stream {info.name()}"
        self.rate_hz = float(info.nominal_srate())
        if not self.rate_hz > 0:
            raise expected(f"{self.name}: sampling rate", "an irregular one", "a regular one")
        check_rate(network, self.rate_hz, self.name)
        self._inlet = pylsl.StreamInlet(info, max_buflen=_BUFFER_S)
        try:
            described = self._inlet.info(timeout=find_s)  # what resolving brings has no description
        except (LostError, NotInTime) as error:
            raise UserError(f"{self.name}: got no description within {find_s:g} s, expected one") from error
        count = described.channel_count()
        labels = [label or "" for label in described.get_channel_labels() or [""] * count]
        self._rows = rows(labels, named, network.layout.electrodes, self.name)
        units = described.get_channel_units() or [""] * count
        self._scale = np.array([[microvolt(units[row] or "", f"{self.name}: {name}")]
                                for row, name in zip(self._rows, network.layout.electrodes, strict=True)])
        self._cutter = Cutter(self.rate_hz)

    def read(self) -> list[Chunk] | None:
        samples, stamps = self._inlet.pull_chunk(WAIT_S, _MOST, min_samples=1, as_numpy=True)
        if not len(stamps):
            return []
        signal = np.ascontiguousarray(np.asarray(samples, np.float64).T[self._rows]) * self._scale
        return self._cutter.push(signal, np.asarray(stamps), time.monotonic())

    def __enter__(self) -> LslStream:
        self._inlet.open_stream()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._inlet.close_stream()


def _find(pylsl: Any, which: str, find_s: float) -> Any:
    """The one stream of this name, else of this type. UserError where there is none, or several."""
    until = time.monotonic() + find_s
    while True:
        found = pylsl.resolve_streams(min(0.5, find_s))
        named = [info for info in found if info.name() == which] or [info for info in found if info.type() == which]
        if len(named) == 1:
            return named[0]
        if len(named) > 1:
            raise expected(f"DEVICE: LSL streams {which}", ", ".join(info.name() for info in named), "one")
        if time.monotonic() >= until:
            others = ", ".join(f"{info.name()} ({info.type()})" for info in found) or "none at all"
            raise expected("DEVICE", f"no LSL stream of name or type {which} within {find_s:g} s (found {others})",
                           "one that is sent on this network")
