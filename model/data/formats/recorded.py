"""One file's electrodes, opened and held to its header but not yet read; and a stretch of them, ready to be used.

Every format's reader gives a Recorded; what follows is the same for all.
"""

from __future__ import annotations

import configparser
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.signal.conditioning import check_signal
from model.data.signal.still import trim

LOWEST_HZ = 100  # slower sampling could not carry the pass band's 45 Hz with room for a filter
# What numpy, gzip and configparser raise on files that are not what their names say.
DAMAGE = (configparser.Error, tokenize.TokenError, zipfile.BadZipFile, zlib.error, struct.error, ValueError,
          RuntimeError, OSError, IndexError, KeyError, TypeError, EOFError, OverflowError, NotImplementedError,
          MemoryError, AttributeError)


@dataclass(frozen=True)
class Piece:
    """Samples without a gap: the first one's time in seconds from the file's start, its index, their number."""

    start_s: float
    first: int
    samples: int


@dataclass(frozen=True)
class Recorded:
    """The electrodes of a file: its own labels for them, their rate, where there are samples and where gaps.

    read(first, stop) gives samples first … stop - 1: float64 (electrodes, samples) in microvolt.
    """

    path: Path
    labels: tuple[str, ...]
    rate_hz: float
    pieces: tuple[Piece, ...]
    read: Callable[[int, int], np.ndarray]

    def end_s(self, piece: Piece) -> float:
        return piece.start_s + piece.samples / self.rate_hz

    def cut(self, start_s: float = 0.0, stop_s: float | None = None) -> np.ndarray:
        """float64 (electrodes, samples) in microvolt; times are the file's own, in seconds from its start.

        Raises UserError on a stretch that the file has not, or not without a gap.
        """
        end_s = self.end_s(self.pieces[-1]) if self.pieces else 0.0
        stop = end_s if stop_s is None else stop_s
        half = 0.5 / self.rate_hz
        if not start_s + half <= stop <= end_s + half:
            raise expected(f"{self.path}: length", f"{end_s:g} s", f"dataset.toml's {start_s:g} to {stop:g} s")
        ends = (0.0, *(self.end_s(piece) for piece in self.pieces))
        for end, after in zip(ends, self.pieces, strict=False):  # before the first there may be one as well
            if end + half < stop and start_s + half < after.start_s:
                raise expected(f"{self.path}: {start_s:g} to {stop:g} s", f"a gap from {end:g} to {after.start_s:g} s",
                               "a stretch without a gap")
        piece = [piece for piece in self.pieces if piece.start_s <= start_s + half][-1]
        first, last = (round((time - piece.start_s) * self.rate_hz) for time in (start_s, stop))
        return self.read(piece.first + max(first, 0), piece.first + min(last, piece.samples))


def usable(
    recorded: Recorded, start_s: float, stop_s: float | None, least_s: float, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A stretch in microvolt as recorded, less what stands still at its ends, and the notes on that.

    Raises UserError, naming `where`, on what no EEG can be: see trim and check_signal; and on a stretch
    of less than least_s.
    """
    rate_hz = recorded.rate_hz
    if rate_hz < LOWEST_HZ:
        raise expected(f"{recorded.path}: sampling rate", f"{rate_hz:g} Hz", f"at least {LOWEST_HZ} Hz")
    signal, notes = trim(recorded.cut(start_s, stop_s), rate_hz, where)
    if signal.shape[1] < least_s * rate_hz:
        raise expected(f"{where}: length", f"{signal.shape[1] / rate_hz:.1f} s", f"at least {least_s:g} s")
    check_signal(signal, recorded.labels, f"{where}: channel")
    return signal, notes
