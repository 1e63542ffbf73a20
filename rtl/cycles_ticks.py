"""Cycle model of the core ticks, behind the convolutions: see cycles.py.

A folded layer takes an event in the last of its passes. What it sends itself comes in words of `pe` neurons, and an
event leaves once the next spike, or the end of its tick, is known: so its words are walked one by one.
"""

from __future__ import annotations

import numpy as np

from spec import early
from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import B1Layer

ENCODER = 4  # last feature taken -> first event
B1_LAYER = 7  # last event taken -> first event, all neurons at once
FIRST_WORD = 7  # last event taken -> first word of spikes that the serialiser looks at, folded
READOUT = 5  # last event taken -> first logit
EARLY = 7  # last event of the deciding tick taken -> first logit


def events(earliness: np.ndarray, window: int) -> np.ndarray:
    """(N, neurons) earliness in ticks -> (N,) events of the window."""
    return ends(earliness, window)[:, -1]


def ends(earliness: np.ndarray, window: int) -> np.ndarray:
    """(N, neurons) earliness in ticks -> (N, window) events up to each tick's end: sum over ticks of max(1, spikes)."""
    ticks = np.stack([(earliness == x).sum(axis=1) for x in range(window, 0, -1)], axis=1)
    return np.maximum(ticks, 1).cumsum(axis=1)


def latencies(spec: NetSpec, beats: np.ndarray, trace: Trace) -> np.ndarray:
    """(N,) cycles of the last output beat of each sample. beats: cycles in which the encoder takes its beats."""
    waited = early.ticks(spec.readout, trace.values[spec.spiking[-1].name])
    return waiting(spec, beats, trace)[np.arange(len(waited)), waited - 1]


def waiting(spec: NetSpec, beats: np.ndarray, trace: Trace) -> np.ndarray:
    """(N, window): the same, if the read-out were to decide after the first, second, … tick of its window."""
    units, takers = spec.spiking, [layer.passes for layer in spec.layers] + [1]
    values = [trace.values[unit.name] for unit in units]
    first = np.full(len(values[0]), int(beats[-1]) + ENCODER)  # cycle in which the first event may be taken
    for unit, x, passes in zip(units, values, takers, strict=True):
        if isinstance(unit, B1Layer) and unit.passes > 1:
            taken = np.array([_walk(unit, row, int(cycle), passes) for row, cycle in zip(x, first, strict=True)])
        else:
            taken = first[:, None] + ends(x, unit.window) * passes - 1
        first = taken[:, -1] + (FIRST_WORD if passes > 1 else B1_LAYER)
    return taken + _first_logit(spec) + spec.readout.beats - 1


def _first_logit(spec: NetSpec) -> int:
    return READOUT if spec.readout.early == "off" else EARLY


def worst(spec: NetSpec, beats: np.ndarray) -> int:
    """No sample takes longer: every neuron of every layer spikes, all in one tick; folded, a bound and not reached."""
    cycle, takers = int(beats[-1]) + ENCODER, [layer.passes for layer in spec.layers] + [1]
    for unit, passes in zip(spec.spiking, takers, strict=True):
        own = unit.passes if isinstance(unit, B1Layer) else 1
        cycle += (unit.sends.values + unit.window - 1) * passes - 1
        if own > 1:
            cycle += (unit.window + 1) * own
        cycle += FIRST_WORD if passes > 1 else B1_LAYER if unit is not spec.spiking[-1] else _first_logit(spec)
    return cycle + spec.readout.beats - 1


def _walk(layer: B1Layer, x: np.ndarray, start: int, passes: int) -> list[int]:
    """Cycles in which the unit behind, which makes `passes` of an event, takes the last one of each tick of a folded
    layer.

    x: (neurons,) ticks of earliness. start: cycle in which the serialiser looks at the first word.
    """
    ticks = (layer.window - np.arange(layer.window))[:, None, None]
    words = (x.reshape(1, layer.passes, layer.pe) == ticks).sum(axis=2)  # spikes, (tick, fold)
    look, taken = start, -1  # cycle in which a spike or word is looked at; in which the last event was taken
    held = known = False     # there is an event that was not taken; whether its tick has ended is known
    since = 0                # from this cycle on
    ended = []
    for word, spikes in enumerate(words.reshape(-1)):
        final = word % layer.passes == layer.passes - 1
        look = max(look, start + word)
        for place in range(max(1, spikes)):
            ends = final and place >= spikes - 1
            if spikes or (ends and (known or not held)):
                if held:
                    taken = max(since if known else look, taken + 1) + passes - 1
                    if known:
                        ended.append(taken)
                    look = max(look, taken)
                held, known = True, ends
                since = look + 1
            elif ends:
                known, since = True, look + 1
            look += 1
    return [*ended, max(since, taken + 1) + passes - 1]
