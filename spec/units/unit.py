"""What every hardware unit answers for itself, and what all of them share.

Every unit computes `y = clamp((sum(w * x) + b) >> s, lo, hi)` with an arithmetic (floor) shift. Widths are derived
from the worst case of the actual weights, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from base.errors import UserError, expected

BITS = range(4, 9)  # of weights and of time
MAX_SHIFT = 30  # 2^shift is a 32-bit integer in the RTL
BEAT_BITS = 32  # of the chip's streams
DEEPEST, NARROW = 1024, 9  # words of a ROM that is not narrow, bits of one that is
# How B1 layers and read-out integrate, and what their streams of spikes carry: see Joint.
CORES = {"ticks": "ticks", "shift": "earliness", "dsp": "earliness"}
MULTIPLIERS = ("dsp", "packed", "lut")  # what a convolution multiplies with; packed: several products per DSP slice


def check_bits(bits: int) -> int:
    """`bits` if weights and time can have that many; UserError if not."""
    if bits not in BITS:
        raise expected("BITS", bits, f"{BITS[0]} … {BITS[-1]}")
    return bits


def signed_bits(bound: int) -> int:
    """Bits of the narrowest two's-complement word that holds every value of -bound … bound."""
    return int(bound).bit_length() + 1


def index_bits(neurons: int) -> int:
    """Bits of a neuron's index in an event of a spike stream."""
    return max(1, (neurons - 1).bit_length())


def value_range(bits: int, signed: bool) -> tuple[int, int]:
    """Smallest and largest value of a `bits`-wide word."""
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def largest_window(time_bits: int) -> int:
    """Ticks of a window, which are also the largest earliness: all values of a time word but one."""
    return (1 << time_bits) - 1


@dataclass(frozen=True)
class Joint:
    """What one stream carries per sample: `values` numbers of `bits` bits, as beats or as events.

    Beats hold `lanes` values each, lane 0 lowest; None is as many as the unit behind takes. Where `events` is not
    empty, the values are ticks of earliness, value j that of neuron j, 0 is silence, and they come as events:
    "ticks": {tick, spike, index} in the order of time, TLAST on the window's last tick;
    "earliness": {x, index} for each neuron with x > 0, in any order, and always for the one that is last in it, which
    has TLAST.
    """

    values: int
    bits: int
    signed: bool = False
    lanes: int | None = None
    events: str = ""  # "", "ticks" or "earliness"

    @property
    def beats(self) -> int:
        """Beats per sample."""
        return self.values // (self.lanes or 1)

    @property
    def index_bits(self) -> int:
        return index_bits(self.values)

    @property
    def window(self) -> int:
        """Ticks of a window of events."""
        return largest_window(self.bits)

    @property
    def word_bits(self) -> int:
        """Bits of a beat, or of an event."""
        if self.events:
            return self.index_bits + (2 if self.events == "ticks" else self.bits)
        return (self.lanes or 1) * self.bits

    def check(self, after: str, taken: Joint, before: str) -> None:
        """Raise UserError where unit `after` takes something else than this, which unit `before` sends."""
        for key in ("events", "values", "bits", "signed", "lanes"):
            sent, wanted = getattr(self, key), getattr(taken, key)
            if sent != wanted and None not in (sent, wanted):
                raise expected(f"{after}: {key} in", wanted, f"{sent}, which {before} sends")


@dataclass(frozen=True, eq=False)
class Unit:
    """One unit of the pipeline. `arrays` names the fields that are arrays of integers; the others are numbers."""

    kind: ClassVar[str]
    arrays: ClassVar[tuple[str, ...]] = ()
    name: str

    @property
    def module(self) -> str:
        """Name of its SystemVerilog module and of its C++ kernel."""
        return self.kind

    @property
    def takes(self) -> Joint:
        raise NotImplementedError

    @property
    def sends(self) -> Joint:
        raise NotImplementedError

    @property
    def rows(self) -> np.ndarray | None:
        """Weights as the ROM holds them, (words, fields of WEIGHT_W bits): field 0 lowest. None without weights."""
        return None

    @property
    def start(self) -> np.ndarray | None:
        """What the accumulators hold before a sample's first value, (outputs,) of ACC_W bits. None for zero."""
        return None

    @property
    def start_words(self) -> int:
        """Words that its memory holds `start` in: one, or one per fold or output where those are worked on in folds."""
        return 1

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of what it keeps in memory: of "weight" (its rows) and "start" those that it has."""
        return tuple(name for name, array in (("weight", self.rows), ("start", self.start)) if array is not None)

    @property
    def fold(self) -> dict[str, int | str]:
        """What it does at once and with what, by the names of its fields. Empty where there is no choice."""
        return {}

    @property
    def widest_word(self) -> tuple[str, int]:
        """The widest word that it handles whole: what that is, and its bits."""
        return "bits of a beat", max(self.takes.word_bits, self.sends.word_bits)

    def parameters(self) -> dict[str, int]:
        """Sizes and widths (NAME_W, in bits) by the names that RTL and C++ have for them."""
        raise NotImplementedError


def check_weights(name: str, weight: np.ndarray, bits: int, shape: tuple[int, ...]) -> None:
    if weight.shape != shape:
        raise expected(f"{name}.weight", f"shape {weight.shape}", f"shape {shape}")
    lo, hi = value_range(bits, signed=True)
    if weight.min() < lo or weight.max() > hi:
        raise expected(f"{name}.weight", f"{weight.min()} … {weight.max()}", f"{lo} … {hi} ({bits} bits)")


def check_shift(name: str, shift: int) -> None:
    if not 0 <= shift <= MAX_SHIFT:
        raise expected(f"{name}.shift", shift, f"a right shift of 0 … {MAX_SHIFT}")


def check_bias(name: str, bias: np.ndarray, shape: tuple[int, ...]) -> None:
    if bias.shape != shape:
        raise expected(f"{name}.bias", f"shape {bias.shape}", f"shape {shape}")


def check_core(name: str, core: str) -> None:
    if core not in CORES:
        raise expected(f"{name}.core", core, ", ".join(CORES))


def row_span(rows: np.ndarray, folds: int, bits: int) -> int:
    """How many folds of an input share a word of the RTL's ROM: all where single rows would be many and not narrow.

    A block RAM is 36 bits wide up to 1024 words. Deeper than that it is narrower, or several are selected from.
    """
    return folds if len(rows) > DEEPEST and rows.shape[1] * bits > NARROW else 1


def core_module(unit: Any) -> str:
    """Name of the module of a unit with a `core`: one for ticks, one for both cores that take earliness."""
    return str(unit.kind) if unit.core == "ticks" else f"{unit.kind}_{CORES[unit.core]}"


def folded_rows(weight: np.ndarray, pe: int) -> np.ndarray:
    """(outputs, inputs) -> (inputs * folds, pe): row j * folds + k holds input j, outputs k * pe and on."""
    return np.ascontiguousarray(weight.T).reshape(-1, pe)


def check_multipliers(name: str, multipliers: str) -> None:
    if multipliers not in MULTIPLIERS:
        raise expected(f"{name}.multipliers", multipliers, ", ".join(MULTIPLIERS))


def check_pe(unit: Any, outputs: str) -> None:
    """Set `pe`, given as 0, to all of the outputs, whose field this names. UserError where it does not divide them."""
    if not unit.pe:
        object.__setattr__(unit, "pe", getattr(unit, outputs))
    check_lanes(unit, outputs, "pe")


def check_lanes(unit: Unit, channels: str, lanes: str) -> None:
    """Raise UserError where the field called `channels` is not a multiple of the one called `lanes`."""
    count, at_once = getattr(unit, channels), getattr(unit, lanes)
    if count % at_once:
        raise UserError(f"{unit.name}: {channels}={count} is not a multiple of {lanes}={at_once}")
