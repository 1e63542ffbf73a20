"""Chip: a network on a board, and what it says to a batch of samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError, expected
from base.progress import Tell, silent
from firstspike_board.by_dma import DmaEngine
from firstspike_board.by_registers import WindowEngine
from firstspike_board.engines import ChipEngine, GoldenEngine, Transfer
from firstspike_board.errors import BoardError, Closed, NoBitstream, NoBoard, SelfTestFailed
from firstspike_board.loading import System, find_device, load
from firstspike_board.registers import Registers, check_identity
from spec import golden
from spec.netspec import NetSpec
from spec.units import value_range

LIMIT_S = 5.0
KNOWN = 3  # samples of the self-check


@dataclass(frozen=True, eq=False)
class Result:
    """What a batch of N samples gave, in T transfers.

    classes (N,); logits (N, classes), integers of the spec's read-out exponent. samples (T,): of each transfer;
    latency (T,): cycles from first beat in to last beat out of the sample that was probed in it, the first one where it
    holds one only, None where there is no chip; spikes (T, spiking units): of all its samples.
    source: what computed this, "golden model: no board" where it was no chip.
    """

    classes: np.ndarray
    logits: np.ndarray
    latency: np.ndarray | None
    spikes: np.ndarray
    samples: np.ndarray
    source: str


class Chip:
    """The network of a spec on a board.

        with Chip("firstspike.bit") as chip:
            result = chip.classify(batch)

    bitstream: a .bit; with a .hwh beside it that says where things are, else they are at the usual addresses.
    spec: a NetSpec or its folder; None: the bitstream's folder. device: of pynq's, None: the active one.
    limit_s: seconds in which nothing may happen in a transfer before it is given up. fallback: where no board is, the
    golden model computes, with a warning and with its name in every result. tell: of progress.

    Raises BoardErrors (errors.py): when loading, of a bitstream that is not there or not the spec's, or of a chip that
    answers known samples otherwise than the golden model; UserError for a spec that cannot be read.
    """

    def __init__(self, bitstream: str | Path, spec: NetSpec | str | Path | None = None, device: Any = None,
                 limit_s: float = LIMIT_S, fallback: bool = True, tell: Tell = silent) -> None:
        bitstream = Path(bitstream)
        self.spec = spec if isinstance(spec, NetSpec) else NetSpec.load(Path(spec or bitstream.parent))
        self._tell = tell
        self._engine: ChipEngine | GoldenEngine | None = None
        try:
            found = find_device(device)
        except NoBoard as error:
            if not fallback:
                raise
            warnings.warn(f"no board ({error}): the golden model computes instead", stacklevel=2)
            self._engine = GoldenEngine(self.spec)
            return
        system = load(bitstream, found)
        registers = Registers(system.chip)
        check_identity(registers, self.spec)
        registers.set_field("CONTROL", "soft_reset")
        engine = _engine(self.spec, system, registers, limit_s)
        try:
            engine.reset()
            self_check(self.spec, engine)
        except BaseException:
            _attempt(engine.close)
            raise
        self._engine = engine

    @property
    def source(self) -> str:
        """What computes."""
        return self._open().source

    def classify(self, batch: np.ndarray, alone: bool = False) -> Result:
        """Classes, logits, latency and spikes of samples (N, C, H, W), any number of them.

        Floats are standardised features, which the spec's input turns into words; integers are such words.
        alone: each sample in a transfer of its own, so that latency and spikes are those of each; slower.
        Raises UserError for a batch of another shape, with values that are not finite or words that do not fit;
        BoardErrors where the board fails, after which the next batch begins on a chip that was reset.
        """
        engine, words = self._open(), words_of(self.spec, batch)
        most = 1 if alone else engine.most
        parts: list[Transfer] = []
        for begin in range(0, len(words), most):
            def came(count: int, done: int = begin) -> None:
                self._tell(done + count, len(words), engine.source)
            try:
                parts.append(engine.run(words[begin:begin + most], came))
            except BaseException:  # an interrupt as well: nothing may be left in flight
                _attempt(engine.reset)
                raise
        return joined(self.spec, engine.source, parts)

    def reset(self) -> None:
        """Drop whatever is in flight; counters and flags begin anew."""
        self._open().reset()

    def close(self) -> None:
        """Give back what is held. The bitstream stays loaded."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.close()

    def __enter__(self) -> Chip:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> ChipEngine | GoldenEngine:
        if self._engine is None:
            raise Closed("this Chip was closed")
        return self._engine


def known_words(spec: NetSpec) -> np.ndarray:
    """Samples of the self-check: random words, and both ends of their range."""
    lo, hi = value_range(spec.input.bits, signed=True)
    shape = (KNOWN, spec.input.channels, spec.input.height, spec.input.width)
    words = np.random.RandomState(1).randint(lo, hi + 1, shape)
    words[1] //= 8  # near zero, as most features are
    words[2, ::2], words[2, 1::2] = hi, lo
    return words.astype(np.int64)


def self_check(spec: NetSpec, engine: ChipEngine) -> None:
    """Known samples, which the golden model computes as well. Raises SelfTestFailed where they differ."""
    words = known_words(spec)
    trace = golden.run(spec, words)
    wanted, spikes = np.column_stack([trace.logits, trace.predicted]), trace.spike_counts(spec)
    for begin in range(0, len(words), engine.most):
        part = slice(begin, begin + engine.most)
        got = engine.run(words[part], lambda _: None)
        wrong = np.flatnonzero((got.outputs != wanted[part]).any(axis=1))
        if len(wrong):
            raise SelfTestFailed(f"known sample {begin + wrong[0]}: got {got.outputs[wrong[0]].tolist()}, expected "
                                 f"{wanted[begin + wrong[0]].tolist()} (logits, class)")
        if (got.spikes != spikes[part].sum(axis=0)).any():
            raise SelfTestFailed(f"spikes of known samples: got {got.spikes.tolist()}, expected "
                                 f"{spikes[part].sum(axis=0).tolist()}")


def _engine(spec: NetSpec, system: System, registers: Registers, limit_s: float) -> ChipEngine:
    """By whichever way samples get in: a chip has the window, or streams to a DMA."""
    if registers.field("WINDOW_STATUS", "room"):
        return WindowEngine(spec, registers, limit_s)
    if system.dma is None:
        raise NoBitstream("the chip has streams, and the design no AXI DMA")
    return DmaEngine(spec, registers, system.dma, system.length_bits, system.allocate, limit_s)


def words_of(spec: NetSpec, batch: np.ndarray) -> np.ndarray:
    """Words of a batch, int64 (N, C, H, W); see Chip.classify."""
    if np.ma.is_masked(batch):
        raise expected("batch", "values that are masked", "features or words, all of them")
    try:
        batch, unit = np.asarray(batch), spec.input
    except ValueError as error:  # lists of several lengths
        raise expected("batch", f"no array ({error})", "one of shape (N, C, H, W)") from error
    shape = (unit.channels, unit.height, unit.width)
    if batch.ndim != 4 or batch.shape[1:] != shape:
        raise expected("batch", f"shape {batch.shape}", f"(N, {', '.join(map(str, shape))})")
    if np.issubdtype(batch.dtype, np.floating):
        if not np.isfinite(batch).all():
            raise UserError(f"batch: got values that are not finite in sample "
                            f"{np.argwhere(~np.isfinite(batch))[0, 0]}, expected features")
        return unit.quantise(batch)
    if not np.issubdtype(batch.dtype, np.integer):
        raise expected("batch", f"values of {batch.dtype}", "floats (features) or integers (words)")
    lo, hi = value_range(unit.bits, signed=True)
    if batch.size and (batch.min() < lo or batch.max() > hi):
        raise expected("batch", f"words {batch.min()} … {batch.max()}", f"{lo} … {hi} ({unit.bits} bits)")
    return batch.astype(np.int64)


def joined(spec: NetSpec, source: str, parts: list[Transfer]) -> Result:
    classes, units = spec.readout.classes, len(spec.spiking)
    outputs = np.concatenate([np.zeros((0, classes + 1), np.int64), *(part.outputs for part in parts)])
    latency = [part.latency for part in parts if part.latency is not None]
    return Result(outputs[:, -1], outputs[:, :-1], None if len(latency) < len(parts) else np.array(latency, np.int64),
                  np.array([part.spikes for part in parts], np.int64).reshape(-1, units),
                  np.array([len(part.outputs) for part in parts], np.int64), source)


def _attempt(tidy: Callable[[], None]) -> None:
    """After an error, which is raised whether this succeeds or not. Where it fails, the next call tries again."""
    try:
        tidy()
    except BoardError as error:
        warnings.warn(f"reset after an error: {error}", stacklevel=3)
