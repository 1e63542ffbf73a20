"""What the driver must do on the simulated board: `python tests/board_cases.py FOLDER`, in .venv-board.

FOLDER has a folder for each bitstream that tests/test_board_sim.py built. A case is a function that raises where
something is wrong; a fault is one that must raise an error of the driver, in time, and leave a board on which the next
batch is right. FOLDER/cases.json gets a line for each: empty, or what was wrong.
"""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import make_words

from firstspike_board import Chip, errors
from firstspike_board.dma import START_S
from spec import golden
from spec.netspec import NetSpec

LIMIT_S = 0.3
SLACK_S = 2.0  # of a machine that is busy
SAMPLES = 25
CASES: dict[str, Callable[[Path], None]] = {}


class Bench:
    """A simulated board with a bitstream loaded, and samples of which the golden model knows all."""

    def __init__(self, folder: Path, way: str = "dma", **board: Any) -> None:
        from simboard.device import Board

        self.folder, self.way = folder, way
        self.bitstream = folder / way / "firstspike.bit"
        self.spec = NetSpec.load(folder / way)
        self.words = make_words(self.spec, SAMPLES)
        self.trace = golden.run(self.spec, self.words)
        self.board = Board(**board)
        self.chip: Chip | None = None

    def load(self, bitstream: Path | None = None, **given: Any) -> Chip:
        self.chip = Chip(bitstream or self.bitstream, self.spec, device=self.board, limit_s=LIMIT_S, **given)
        return self.chip

    def good(self, alone: bool = False) -> Any:
        """A batch that must be right: logits, classes, spikes."""
        assert self.chip is not None
        result = self.chip.classify(self.words, alone)
        np.testing.assert_array_equal(result.logits, self.trace.logits)
        np.testing.assert_array_equal(result.classes, self.trace.predicted)
        counts = self.trace.spike_counts(self.spec)
        ends = np.cumsum(result.samples)
        wanted = [counts[end - size:end].sum(axis=0) for end, size in zip(ends, result.samples, strict=True)]
        np.testing.assert_array_equal(result.spikes, wanted)
        assert len(result.latency) == len(result.samples)
        assert (result.latency > 0).all()
        return result


def case(way: str = "dma", **board: Any) -> Callable[[Callable[[Bench], None]], None]:
    """A function of a Bench, kept as <its name>-<way>."""
    def register(function: Callable[[Bench], None]) -> None:
        def run(folder: Path) -> None:
            with bench_of(folder, way, **board) as bench:
                function(bench)
        CASES[f"{function.__name__}-{way}"] = run
    return register


def fault(error: type[errors.BoardError], words: str, way: str = "dma", loads: bool = False,
          **board: Any) -> Callable[[Callable[[Bench], None]], None]:
    """A function of a Bench that must raise `error` with these words, in time. loads: when there is no chip yet.

    It tidies up behind itself; then the next batch must be right, of the same Chip, or where it could not be loaded of
    a new one on the same board.
    """
    def register(function: Callable[[Bench], None]) -> None:
        def run(folder: Path) -> None:
            with bench_of(folder, way, **board) as bench:
                if not loads:
                    bench.load()
                    bench.good()
                begin = time.monotonic()
                found = raised_by(function, bench)
                took = time.monotonic() - begin
                assert type(found) is error, f"got {type(found).__name__}: {found}"
                assert re.search(words, str(found)), str(found)
                assert "\n" not in str(found)
                assert took < LIMIT_S + START_S + SLACK_S, f"after {took:.1f} s"
                if loads:
                    bench.load()
                bench.good()
                bench.good(alone=True)
        CASES[f"{function.__name__}-{way}"] = run
    return register


def raised_by(function: Callable[[Bench], None], bench: Bench) -> errors.BoardError | None:
    try:
        function(bench)
    except errors.BoardError as found:
        return found
    return None


@contextmanager
def bench_of(folder: Path, way: str, **board: Any) -> Iterator[Bench]:
    bench = Bench(folder, way, **board)
    try:
        yield bench
        if bench.chip is not None:
            bench.chip.close()
            assert bench.board.memory.blocks == {}, "buffers are left over"
    finally:
        bench.board.close()


@contextmanager
def changed(target: Any, name: str, value: Any) -> Iterator[None]:
    """The attribute of an instance, for a while."""
    setattr(target, name, value)
    try:
        yield
    finally:
        delattr(target, name)


def reads(bench: Bench, place: int, change: Callable[[int], int]) -> Any:
    """What is read at an address of the board's bus is changed on its way to the driver, for a while."""
    from simboard.device import Board

    whole = Board._read
    return changed(bench.board, "_read", lambda address: (
        change(whole(bench.board, address)) if address == place else whole(bench.board, address)))


def copied(bench: Bench, name: str, handoff: str | None = None, **changes: str) -> Path:
    """The bitstream in a folder of this name, something changed in it, with its .hwh, or that text, or for "" none."""
    path = bench.folder / name / "firstspike.bit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**json.loads(bench.bitstream.read_text()), **changes}))
    text = bench.bitstream.with_suffix(".hwh").read_text() if handoff is None else handoff
    if text:
        path.with_suffix(".hwh").write_text(text)
    return path


def main(folder: Path) -> None:
    import board_bitstreams
    import board_faults
    import board_transfers

    assert board_bitstreams
    assert board_faults
    assert board_transfers
    found = {}
    for name, run in CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            begin = time.monotonic()
            try:
                run(folder)
                found[name] = ""
            except Exception:
                found[name] = traceback.format_exc()
            print(f"{name}: {'ok' if not found[name] else 'WRONG'}, {time.monotonic() - begin:.1f} s", flush=True)
    (folder / "cases.json").write_text(json.dumps(found))


if __name__ == "__main__":
    sys.modules["board_cases"] = sys.modules["__main__"]  # the cases register themselves there
    main(Path(sys.argv[1]))
