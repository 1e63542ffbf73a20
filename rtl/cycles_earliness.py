"""Cycle model of the cores shift and dsp, behind the convolutions: see cycles.py.

A spike is taken once it is there and the one before it has had its steps; what waits for it waits in stores that refill
without a gap, so it makes no difference how deep they are. One exception is not modelled: the encoder's store (64 beats
with a spike) runs full, holds up the convolution, and then so many silent features follow that it runs empty again.
"""

from __future__ import annotations

import numpy as np

from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import B1Layer, Readout

ENCODER = 4  # beat taken -> its first event on the output
SUMS = 4, 5  # last event taken -> its sums, with a multiplier, without steps, all neurons at once; folded
DOUBLING = 1  # the same without a multiplier: later by this
FIRE = 6, 7  # sums -> first event, all neurons at once; sums -> event of neuron 0, folded
READOUT = 3, 6  # sums -> first logit, all classes at once; folded


def latencies(spec: NetSpec, beats: np.ndarray, trace: Trace) -> np.ndarray:
    """(N,) cycles of the read-out's last beat of each sample. beats: cycles in which the encoder takes its beats."""
    units = [unit.name for unit in spec.spiking]
    return np.array([_latency(spec, beats, [trace.values[name][sample] for name in units])
                     for sample in range(len(trace.values[units[0]]))])


def worst(spec: NetSpec, beats: np.ndarray) -> int:
    """Of any sample: every neuron fires at once."""
    return _latency(spec, beats, [np.full(unit.sends.values, unit.window) for unit in spec.spiking])


def _latency(spec: NetSpec, beats: np.ndarray, values: list[np.ndarray]) -> int:
    """Of one sample with these ticks of earliness per spiking unit."""
    sent = _sent(values[0])
    there = beats[sent // spec.encoder.lanes] + ENCODER
    for layer, x in zip(spec.layers, values[1:], strict=True):
        sums, folded = _sums(layer, there, values[spec.layers.index(layer)][sent]), layer.passes > 1
        sent = _sent(x)
        there = sums + FIRE[folded] + (sent if folded else np.arange(len(sent)))
    readout = spec.readout
    return _sums(readout, there, values[-1][sent]) + READOUT[readout.passes > 1] + readout.beats - 1


def _sent(x: np.ndarray) -> np.ndarray:
    """Neurons that send an event, in order: those that fire, and the last one."""
    return np.unique(np.append(np.flatnonzero(x), len(x) - 1))


def _sums(unit: B1Layer | Readout, there: np.ndarray, x: np.ndarray) -> int:
    """Cycle in which the sums are final, of events with earliness x that are there in these cycles."""
    steps = spike_steps(unit, x)
    before = np.cumsum(steps) - steps
    taken = before + np.maximum.accumulate(there - before)
    return int(taken[-1] + SUMS[unit.passes > 1] + steps[-1]) + (DOUBLING if unit.core == "shift" else 0)


def spike_steps(unit: B1Layer | Readout, x: np.ndarray) -> np.ndarray:
    """Cycles that a spike of earliness x takes: per fold one, or without a multiplier one per four bits of x."""
    if unit.core == "dsp":
        return np.full(len(x), unit.passes)
    bits = np.array([int(value).bit_length() for value in x], np.int64)
    return unit.passes * (bits // 4 + 1)
