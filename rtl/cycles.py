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

from rtl import cycles_earliness
from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import Depthwise, Input, Pointwise

TRANSFER = 1  # beat taken -> beat, of transfer_in and of transfer_out
UNPACK = 1  # beat taken -> its first values
DEPTHWISE = 9  # newest tap's beat taken -> value
POINTWISE = 8  # last beat of a pixel taken -> its first value
ENCODER = 4  # last feature taken -> first event
B1_LAYER = 7  # last event taken -> first event
READOUT = 5  # last event taken -> first logit


def events(earliness: np.ndarray, window: int) -> np.ndarray:
    """(N, neurons) earliness in ticks -> (N,) events of the window: sum over ticks of max(1, spikes)."""
    ticks = np.stack([(earliness == x).sum(axis=1) for x in range(1, window + 1)], axis=1)
    return np.maximum(ticks, 1).sum(axis=1)


def front_end(spec: NetSpec) -> np.ndarray:
    """Cycles in which the encoder takes its beats; the same for every sample."""
    beats = _unpacked(spec.input, spec.parameters(spec.input)["LANES"])
    for unit in spec.units[1:spec.units.index(spec.encoder)]:
        beats = FRONT_END[unit.kind](unit, beats)
    return beats


def predicted_latency(spec: NetSpec, trace: Trace) -> np.ndarray:
    """(N,) cycles from the first input beat taken to the last output beat, one sample at a time."""
    if spec.core != "ticks":
        return cycles_earliness.latencies(spec, front_end(spec), trace) + TRANSFER
    spent = np.stack([events(trace.values[unit.name], unit.window) for unit in spec.spiking])
    return _overhead(spec) + spent.sum(axis=0)


def worst_latency(spec: NetSpec) -> int:
    """No sample takes longer: every neuron of every layer spikes, all in one tick."""
    if spec.core != "ticks":
        return cycles_earliness.worst(spec, front_end(spec)) + TRANSFER
    return _overhead(spec) + sum(unit.sends.values + unit.window - 1 for unit in spec.spiking)


def _overhead(spec: NetSpec) -> int:
    """Latency without the events. Each unit's last event comes `events - 1` cycles after its first."""
    back_end = ENCODER - 1 + len(spec.layers) * (B1_LAYER - 1) + READOUT + spec.readout.beats - 1 + TRANSFER
    return int(front_end(spec)[-1]) + back_end


def _unpacked(unit: Input, lanes: int) -> np.ndarray:
    """Cycles in which the first unit takes its beats."""
    taken = np.arange(unit.beats) + TRANSFER
    needed = -(-(np.arange(unit.values // lanes) + 1) * lanes // unit.values_per_beat) - 1
    return _paced(taken[needed] + UNPACK)


def _depthwise(unit: Depthwise, taken: np.ndarray) -> np.ndarray:
    """The delay line is flushed, one beat per cycle, once the sample is in."""
    lead = (unit.width + 1) * (unit.channels // unit.lanes)
    shifts = np.concatenate([taken, taken[-1] + 1 + np.arange(lead)])
    return _paced(shifts[lead:] + DEPTHWISE)


def _pointwise(unit: Pointwise, taken: np.ndarray) -> np.ndarray:
    """A pixel leaves, beat by beat, once it is complete and the pixel before it has left."""
    beats = unit.out_channels // unit.out_lanes
    complete = taken.reshape(unit.pixels, unit.beats_per_pixel)[:, -1] + POINTWISE
    first = _paced(complete, beats)
    return (first[:, None] + np.arange(beats)).reshape(-1)


def _paced(earliest: np.ndarray, step: int = 1) -> np.ndarray:
    """t[n] = max(earliest[n], t[n-1] + step)."""
    ramp = step * np.arange(len(earliest))
    return np.maximum.accumulate(earliest - ramp) + ramp


FRONT_END: dict[str, Callable[[Any, np.ndarray], np.ndarray]] = {"dwconv": _depthwise, "pwconv": _pointwise}
