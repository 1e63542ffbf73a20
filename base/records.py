"""What something was made from, as a hash; and records of steps that have ended."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_json, write_json
from base.processes import if_ended

ROOT = Path(__file__).parent.parent
Span = tuple[float, float]  # from when to when, seconds since 1970
SOURCE_SUFFIXES = {".py", ".hpp", ".h", ".cpp", ".sv", ".j2", ".toml"}


def digest(*parts: Any) -> str:
    """SHA-256 of the parts one after another, 64 hex digits.

    bytes and arrays count as their bytes, a Path as its file's contents (not its name); anything else as JSON with
    sorted keys. Parts are not told apart from each other: put values that belong together into one list.
    """
    sha = hashlib.sha256()
    for part in parts:
        match part:
            case bytes():
                sha.update(part)
            case np.ndarray():
                sha.update(np.ascontiguousarray(part).tobytes())
            case Path():
                sha.update(bytes.fromhex(file_hash(part)))
            case _:
                sha.update(json.dumps(part, sort_keys=True).encode())
    return sha.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            sha.update(piece)
    return sha.hexdigest()


def hash_sources(sources: Iterable[str]) -> str:
    """One hash over the contents of source files, and of all such files in source folders, named from ROOT."""
    found: list[Path] = []
    for source in sources:
        path = ROOT / source
        found += sorted(f for f in path.rglob("*") if f.suffix in SOURCE_SUFFIXES) if path.is_dir() else [path]
    return digest(*(part for path in found for part in (str(path.relative_to(ROOT)), path)))


def seconds(spans: Iterable[Span]) -> float:
    """Time that the spans cover together; what some have in common counts once."""
    total, until = 0.0, -math.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


class Record:
    """A file that says for which key a step ended, and when it was at work.

    One that was interrupted has left when it was, too: a step may go on from what it had written.
    """

    def __init__(self, path: Path, key: Any, outputs: Callable[[], list[Path]]) -> None:
        self.path = path
        self.key = digest(key)
        self.outputs = outputs  # called late: some outputs' names are only known when the step has run

    @property
    def fresh(self) -> bool:
        """Whether the step ended for this key, and its outputs are still what it wrote."""
        known = self._known()
        if known is None or "outputs" not in known:
            return False
        try:
            return {name: known[name] for name in ("key", "outputs")} == self._found()
        except (OSError, ValueError, TypeError, KeyError):  # of what the outputs are named by
            return False

    @property
    def spans(self) -> list[Span]:
        """When the step was at work for this key, whether it has ended or not."""
        known = self._known()
        return [] if known is None else [(start, end) for start, end in known["spans"]]

    def _known(self) -> dict[str, Any] | None:
        """What was written for this key, if it is whole."""
        try:
            known = dict(read_json(self.path))
            seal = known.pop("seal", None)
            return known if seal == digest(known) and known["key"] == self.key else None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _found(self) -> dict[str, Any]:
        """The key, and the hash of each output as it is now."""
        return {"key": self.key, "outputs": {str(path): file_hash(path) for path in self.outputs()}}

    def run(self, step: Callable[[], None]) -> float:
        """Run the step; record it if it ends well. Returns the seconds of this call."""
        earlier = [] if self.fresh else self.spans  # what is made anew begins anew
        started = time.time()
        if earlier:
            self._write(earlier, {})
        else:
            self.path.unlink(missing_ok=True)
        try:
            with if_ended(lambda: self._write([*earlier, _span(started)], {})):
                step()
        except BaseException:
            with suppress(OSError):  # the disk may be full
                self._write([*earlier, _span(started)], {})
            raise
        spans = [*earlier, _span(started)]
        self._write(spans, {**self._found(), "wall_s": round(seconds(spans), 2)})
        return seconds(spans[-1:])

    def _write(self, spans: list[Span], ended: dict[str, Any]) -> None:
        known = {"key": self.key, "spans": spans, **ended}
        write_json(self.path, {**known, "seal": digest(known)})


def _span(started: float) -> Span:
    return started, max(started, time.time())  # a clock may be put back
