"""Spikes and the read-out of one sample in time, as the core `ticks` lives it: from the golden model's trace.

The chip counts its spikes; which neuron fired at which tick it does not say. Cores `shift` and `dsp` add the same
numbers at once, and in them no tick passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spec import early, golden
from spec.netspec import NetSpec


@dataclass(frozen=True, eq=False)
class Layer:
    """Spikes of one layer for one sample.

    begin, end: its window in ticks from the sample's start, `end` excluded. ticks (spikes,), neurons (spikes,): when
    and who. size: neurons in all.
    """

    name: str
    begin: int
    end: int
    ticks: np.ndarray
    neurons: np.ndarray
    size: int


@dataclass(frozen=True, eq=False)
class Decision:
    """The read-out while the last layer fires.

    ticks (N,), running (N, classes): logits so far, the last ones the sample's, which a read-out that decides early
    has before the layer's window ends. tick: the first one from which the
    largest logit stays that of the final class.
    """

    ticks: np.ndarray
    running: np.ndarray
    tick: int
    chosen: int

    @property
    def turned(self) -> bool:
        """Whether spikes had to turn it: with biases alone, the read-out began on another side."""
        return self.tick > self.ticks[0]


def layers_of(spec: NetSpec, trace: golden.Trace, sample: int) -> list[Layer]:
    """Each spiking layer in its window, one window after the other: earliness x is tick `window - x` of it."""
    found, begin = [], 0
    for unit in spec.spiking:
        earliness = trace.values[unit.name][sample]
        neurons = np.flatnonzero(earliness)
        ticks = begin + unit.window - earliness[neurons]
        found.append(Layer(unit.name, begin, begin + unit.window, ticks, neurons, len(earliness)))
        begin += unit.window
    return found


def decision_of(spec: NetSpec, trace: golden.Trace, sample: int) -> Decision:
    """V_i(t) = b_i + sum over the spikes j until t of W_ij (t - t_j): at the last tick that is waited for, the logits.

    Raises ValueError where its last tick is not the trace's logits, which no spec and no trace of it allow.
    """
    last = layers_of(spec, trace, sample)[-1]
    waited = int(early.ticks(spec.readout, trace.values[last.name][sample:sample + 1])[0])
    ticks = np.arange(last.begin, last.begin + waited + 1)
    since = np.maximum(0, ticks[:, None] - last.ticks[None, :])  # (ticks, spikes)
    running = since @ spec.readout.weight[:, last.neurons].T + spec.readout.bias
    if (running[-1] != trace.logits[sample]).any():
        raise ValueError(f"read-out of sample {sample}: got {running[-1].tolist()} at its last tick, expected "
                         f"{trace.logits[sample].tolist()}, the logits")
    chosen = int(trace.predicted[sample])
    other = np.flatnonzero(running.argmax(axis=1) != chosen)  # on a tie the lowest class, as in the chip
    return Decision(ticks, running, int(ticks[other[-1] + 1] if len(other) else ticks[0]), chosen)
