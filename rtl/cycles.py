"""Cycle model of the RTL: what one sample costs in an empty pipeline, exact, and its bound for any sample.

Each unit is a recurrence from the cycles in which its input beats are taken to those of its output beats,
as its header states. Cycle 0 takes the first input beat of the chip; the receiver never waits. Joints are
taken as if they could hold any number of beats: a unit that holds up the one before it does not get its
own beats later for it, so the latency is exact all the same, though the blocked unit's own times are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rtl import cycles_earliness, cycles_ticks
from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import Depthwise, Input, Pointwise

TRANSFER = 1  # beat taken -> beat, of transfer_in and of transfer_out
UNPACK = 1  # beat taken -> its first values
DEPTHWISE = 6  # newest tap's beat taken -> value, without what the fold adds
POINTWISE = 8  # last beat of a pass taken -> its first value, the same
REPLAY = 2  # beat taken -> first pass, where there are several


def front_end(spec: NetSpec) -> np.ndarray:
    """Cycles in which the encoder takes its beats; the same for every sample."""
    beats = _unpacked(spec.input, spec.parameters(spec.input)["LANES"])
    for unit in spec.units[1:spec.units.index(spec.encoder)]:
        beats = FRONT_END[unit.kind](unit, beats)
    return beats


def predicted_latency(spec: NetSpec, trace: Trace) -> np.ndarray:
    """(N,) cycles from the first input beat taken to the last output beat, one sample at a time."""
    back_end = cycles_ticks if spec.core == "ticks" else cycles_earliness
    return back_end.latencies(spec, front_end(spec), trace) + TRANSFER


def waiting_latency(spec: NetSpec, trace: Trace) -> np.ndarray:
    """(N, window): latency if the read-out were to decide after the first, second, … tick. With core ticks alone."""
    return cycles_ticks.waiting(spec, front_end(spec), trace) + TRANSFER


def worst_latency(spec: NetSpec) -> int:
    """No sample takes longer."""
    back_end = cycles_ticks if spec.core == "ticks" else cycles_earliness
    return back_end.worst(spec, front_end(spec)) + TRANSFER


def _unpacked(unit: Input, lanes: int) -> np.ndarray:
    """Cycles in which the first unit takes its beats."""
    taken = np.arange(unit.beats) + TRANSFER
    needed = -(-(np.arange(unit.values // lanes) + 1) * lanes // unit.values_per_beat) - 1
    return _paced(taken[needed] + UNPACK)


def _depthwise(unit: Depthwise, offered: np.ndarray) -> np.ndarray:
    """An output takes a beat's steps. The delay line is flushed, without waiting, once the sample is in."""
    beats = unit.channels // unit.lanes
    lead = (unit.width + 1) * beats
    kept = np.repeat(unit.kept.ravel(), beats)
    busy = np.append(np.ones(lead, np.int64), np.where(kept, unit.steps, 1))  # for so long, with each shift
    shifts = _paced(np.concatenate([offered, np.full(lead, offered[0])]), busy)
    sums = unit.steps + (unit.steps > 1) + (unit.taps - 1).bit_length()
    return shifts[lead:][kept] + DEPTHWISE - 1 + sums + _in_luts(unit)


def _pointwise(unit: Pointwise, offered: np.ndarray) -> np.ndarray:
    """A pass takes all beats of its pixel; its outputs leave, beat by beat, once those of the pass before have."""
    offered = np.repeat(offered.reshape(unit.pixels, 1, unit.beats_per_pixel), unit.passes, axis=1)
    if unit.passes > 1:
        offered = offered + REPLAY
    taken = _paced(offered.reshape(-1)).reshape(-1, unit.beats_per_pixel)
    beats = unit.pe // unit.out_lanes
    lanes = unit.lanes + 1 if unit.multipliers == "packed" else (unit.lanes - 1).bit_length()
    first = _paced(taken[:, -1], beats) + POINTWISE + lanes + _in_luts(unit)
    return (first[:, None] + np.arange(beats)).reshape(-1)


def _in_luts(unit: Depthwise | Pointwise) -> int:
    """Cycles that a multiplier in LUTs adds: its digits of two bits are summed by a tree."""
    return 0 if unit.multipliers != "lut" else ((unit.weight_bits + 1) // 2 - 1).bit_length()


def _paced(earliest: np.ndarray, step: int | np.ndarray = 1) -> np.ndarray:
    """t[n] = max(earliest[n], t[n-1] + step), or step[n-1]."""
    ramp = np.cumsum(np.broadcast_to(step, earliest.shape)) - step
    return np.maximum.accumulate(earliest - ramp) + ramp


FRONT_END: dict[str, Callable[[Any, np.ndarray], np.ndarray]] = {"dwconv": _depthwise, "pwconv": _pointwise}
