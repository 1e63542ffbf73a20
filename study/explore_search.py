"""All folds of one network, without synthesis: cost by rtl/cost.py, latency of every test sample by rtl/cycles*.py.

What can be chosen is separable. The convolutions are built up block by block, and of all that send the same lanes
those are dropped that another one beats in everything, within BEATEN: LUTs, DSP slices, block RAM, interval and the
cycle of each beat. Behind them a sample's latency is how long its spikes are waited for, plus what depends on the back
end alone: so all pairs of front and back ends are looked at, at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from rtl import cost, cycles, cycles_earliness, cycles_ticks
from spec.fold import fold
from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import CORES, MULTIPLIERS, B1Layer, Depthwise, Pointwise, Readout, Unit
from spec.units.dwconv import TAPS

MOST_LANES = 8
MOST_PASSES = 8  # of a layer of core ticks, where every tick takes as many cycles
COUNTS = ("lut", "ff", "bram36", "dsp", "interval", "worst", "mean")
TIMES = ("worst", "mean")  # of COUNTS: a design is later than its front end
# A front end is beaten by one with so many times, and so much more of LUT, BRAM36, DSP, interval and each beat.
BEATEN, BEATEN_BY = (1.05, 1.0, 1.0, 1.0, 1.01), (0, 0, 3, 0, 2)


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of a design. counts: lut, ff, bram36, dsp, interval (the largest of its units'); beats: see cycles."""

    choice: dict[str, Any]  # arguments of spec.fold.fold
    counts: np.ndarray
    beats: np.ndarray


@dataclass(frozen=True, eq=False)
class Found:
    """Designs, each a front end and a back end by their numbers, and COUNTS of each, (designs, 7)."""

    fronts: list[Part]
    backs: list[dict[str, Any]]
    pairs: np.ndarray
    counts: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        return self.counts[:, COUNTS.index(name)]

    def fold(self, at: int) -> dict[str, Any]:
        """Arguments of spec.fold.fold."""
        front, back = self.pairs[at]
        return {**self.fronts[front].choice, **self.backs[back]}

    def row(self, at: int) -> dict[str, float]:
        return dict(zip(COUNTS, map(float, self.counts[at]), strict=True))

    @property
    def cores(self) -> np.ndarray:
        return np.array([back["core"] for back in self.backs])[self.pairs[:, 1]]

    def front(self, core: str | None = None) -> list[int]:
        """Of this core, or of all: designs with fewer LUTs than any as fast, the smallest first."""
        order = np.lexsort((self["worst"], self["lut"]))
        if core:
            order = order[self.cores[order] == core]
        worst = self["worst"][order]
        best = np.minimum.accumulate(worst)
        return [int(at) for at in order[np.append(True, best[1:] < best[:-1])]] if len(order) else []

    def least(self, name: str, limits: dict[str, float]) -> int | None:
        """The design of the least `name` within limits on COUNTS; of equals that with the fewest LUTs."""
        fits = np.all([self[count] <= most for count, most in limits.items()], axis=0)
        at = np.flatnonzero(fits)
        return int(at[np.lexsort((self["lut"][at], self[name][at]))[0]]) if len(at) else None


def search(spec: NetSpec, trace: Trace, limits: dict[str, float]) -> Found:
    """Every pair of a front end that no other one beats and a back end, within `limits` on COUNTS."""
    fronts = _fronts(spec, limits)
    backs: list[dict[str, Any]] = []
    pairs, counts = [], []
    for core in CORES:
        usable = [at for at, part in enumerate(fronts) if core != "ticks" or part.choice["features"] == 1]
        if not usable:
            continue
        for choice, rows in _cored(spec, trace, core, [fronts[at] for at in usable]):
            fits = np.all([rows[:, COUNTS.index(name)] <= most for name, most in limits.items()], axis=0)
            pairs.append(np.column_stack([np.array(usable)[fits], np.full(fits.sum(), len(backs))]))
            counts.append(rows[fits])
            backs.append(choice)
    none = np.empty((0, 2), np.int64), np.empty((0, len(COUNTS)))
    return Found(fronts, backs, np.concatenate([none[0], *pairs]), np.concatenate([none[1], *counts]))


def undominated(rows: np.ndarray, times: np.ndarray, plus: np.ndarray) -> list[int]:
    """Rows that no other one, times and plus these, is at or below in every column; the first column's least first."""
    kept: list[int] = []
    bounds = np.empty_like(rows)
    for at in np.lexsort((rows[:, -1], rows[:, 0])):
        if not (bounds[:len(kept)] <= rows[at]).all(axis=1).any():
            bounds[len(kept)] = rows[at] / times - plus
            kept.append(int(at))
    return kept


def _counts(spec: NetSpec, unit: Unit) -> np.ndarray:
    found = cost.unit_cost(spec, unit)
    return np.array([found[name] for name in cost.COUNTS])


def _fronts(spec: NetSpec, limits: dict[str, float]) -> list[Part]:
    """Input and blocks, undominated among those that send the same lanes."""
    lanes = [_divisors(depthwise.channels, MOST_LANES) for depthwise, _ in spec.blocks]
    sent = [*lanes[1:], _divisors(spec.blocks[-1][1].out_channels, MOST_LANES)]
    parts = []
    for first in lanes[0]:
        folded = fold(spec, [first] + [1] * (len(lanes) - 1))
        taken = cycles._unpacked(folded.input, first)
        counts = np.append(_counts(folded, folded.input), taken[-1] - taken[0] + 1)
        parts.append(Part({"lanes": (first,), "taps": (), "pe": (), "multipliers": ()}, counts, taken))
    for (depthwise, pointwise), outs in zip(spec.blocks, sent, strict=True):
        after: dict[int, list[Part]] = {count: [] for count in outs}
        options: dict[int, list[tuple[int, dict[str, Any], np.ndarray, Depthwise, Pointwise]]] = {}
        for part in parts:
            at_once = part.choice["lanes"][-1]
            if at_once not in options:
                options[at_once] = list(_block(spec, depthwise, pointwise, at_once, outs))
            for out_lanes, choice, counts, first_unit, second_unit in options[at_once]:
                together = np.append(part.counts[:4] + counts[:4], max(part.counts[4], counts[4]))
                if any(together[COUNTS.index(name)] > most for name, most in limits.items() if name not in TIMES):
                    continue
                beats = cycles._pointwise(second_unit, cycles._depthwise(first_unit, part.beats))
                if any(beats[-1] > limits[name] for name in TIMES if name in limits):
                    continue
                joined = {name: (*part.choice[name], value) for name, value in choice.items()}
                joined["lanes"] = (*part.choice["lanes"], out_lanes)
                after[out_lanes].append(Part(joined, together, beats))
        parts = [part for group in after.values() for part in _kept(group)]
    return [Part({**part.choice, "lanes": part.choice["lanes"][:-1], "features": part.choice["lanes"][-1]},
                 part.counts, part.beats) for part in parts]


def _block(
    spec: NetSpec, depthwise: Depthwise, pointwise: Pointwise, lanes: int, sent: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any], np.ndarray, Depthwise, Pointwise]]:
    """Every fold of a block that takes so many lanes: lanes out, choice, counts and interval, its two units."""
    for kind in MULTIPLIERS:
        firsts = [replace(depthwise, lanes=lanes, taps=taps, multipliers=kind) for taps in TAPS]
        cheap = [(unit, _counts(spec, unit)) for unit in firsts]
        for out_lanes in sent:
            for pe in _divisors(pointwise.out_channels, pointwise.out_channels):
                if pe % out_lanes:
                    continue
                second = replace(pointwise, lanes=lanes, out_lanes=out_lanes, pe=pe, multipliers=kind)
                counts = _counts(spec, second)
                busy = second.passes * second.pixels * max(second.beats_per_pixel, pe // out_lanes)
                for first, own in cheap:
                    yield (out_lanes, {"taps": first.taps, "pe": pe, "multipliers": kind},
                           np.append(own + counts, max(busy, first.busy)), first, second)


def _kept(parts: list[Part]) -> list[Part]:
    if not parts:
        return []
    rows = np.array([np.concatenate([part.counts[[0, 2, 3, 4]], part.beats]) for part in parts])
    repeats = [1, 1, 1, 1, rows.shape[1] - 4]
    return [parts[at] for at in undominated(rows, np.repeat(BEATEN, repeats), np.repeat(BEATEN_BY, repeats))]


def _divisors(count: int, most: int) -> list[int]:
    return [at_once for at_once in range(1, min(count, most) + 1) if count % at_once == 0]


def _cored(
    spec: NetSpec, trace: Trace, core: str, fronts: Sequence[Part]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Every back end of this core, and COUNTS of its pairs with the front ends."""
    ones = [1] * len(spec.blocks)
    shell = cost.shell_cost(spec)
    common = np.array([shell[name] for name in cost.COUNTS])
    encoders = {at_once: _counts(spec, replace(spec.encoder, lanes=at_once, core=core)) + common
                for at_once in {part.choice["features"] for part in fronts}}
    own = np.array([part.counts[:4] + encoders[part.choice["features"]] for part in fronts])
    intervals = np.array([part.counts[4] for part in fronts])
    zero = Part({"features": 1}, np.zeros(5), np.zeros(spec.encoder.features, np.int64))
    waits: dict[int, np.ndarray] = {}
    known: dict[tuple[str, int], np.ndarray] = {}  # a unit's cost, by how much it does at once
    for neurons, classes in _back_ends(spec, core):
        folded = fold(spec, ones, core=core, neurons=neurons, classes=classes)
        units: list[B1Layer | Readout] = [*folded.layers, folded.readout]
        for unit in units:
            if (unit.name, unit.pe) not in known:
                known[unit.name, unit.pe] = _counts(folded, unit)
        back = np.sum([known[unit.name, unit.pe] for unit in units], axis=0)
        passes = _first(folded).passes
        if passes not in waits:
            waits[passes] = np.array(_waits(folded, fronts, trace))
        rest = _latencies(folded, zero.beats, trace) - _waits(folded, [zero], trace)[0]
        latency = waits[passes] + rest + cycles.TRANSFER
        busy = np.maximum(intervals, _busy(folded, trace))
        yield {"core": core, "neurons": neurons, "classes": classes}, np.column_stack(
            [own + back, busy, latency.max(axis=1), latency.mean(axis=1)])


def _back_ends(spec: NetSpec, core: str) -> Iterator[tuple[tuple[int, ...], int]]:
    ticks = core == "ticks"
    layers = [[count for count in _divisors(layer.out_features, layer.out_features)
               if not ticks or layer.out_features // count <= MOST_PASSES] for layer in spec.layers]
    every = _divisors(spec.readout.classes, spec.readout.classes)
    classes = [0] if ticks else [*every[:-1], 0]  # all of them, however many a data set has
    yield from product(product(*layers), classes)


def _first(spec: NetSpec) -> B1Layer | Readout:
    return spec.layers[0] if spec.layers else spec.readout


def _latencies(spec: NetSpec, beats: np.ndarray, trace: Trace) -> np.ndarray:
    return (cycles_ticks if spec.core == "ticks" else cycles_earliness).latencies(spec, beats, trace)


def _waits(spec: NetSpec, parts: Sequence[Part], trace: Trace) -> list[np.ndarray]:
    """Of each part (N,) cycles that it adds to a sample's latency: how long the sample's spikes are waited for."""
    if spec.core == "ticks":
        return [np.full(len(trace.logits), part.beats[-1]) for part in parts]
    sent, before = _spikes(spec, trace)
    return [(part.beats[sent // part.choice["features"]] - before).max(axis=1) for part in parts]


def _spikes(spec: NetSpec, trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """(N, most) of the encoder's events: features, and steps of those before; the last again where there are fewer."""
    unit, x = _first(spec), trace.values[spec.encoder.name]
    sends = x > 0
    sends[:, -1] = True
    most = int(sends.sum(axis=1).max())
    sent, before = np.zeros((2, len(x), most), np.int64)
    for sample, row in enumerate(sends):
        at = np.flatnonzero(row)
        steps = cycles_earliness.spike_steps(unit, x[sample, at])
        sent[sample], before[sample] = at[-1], steps[:-1].sum()
        sent[sample, :len(at)], before[sample, :len(at)] = at, np.cumsum(steps) - steps
    return sent, before


def _busy(spec: NetSpec, trace: Trace) -> float:
    """Cycles between results that the slowest layer allows, mean of the samples: an estimate."""
    found = []
    dense: list[B1Layer | Readout] = [*spec.layers, spec.readout]
    for unit, before in zip(dense, spec.spiking, strict=True):
        x = trace.values[before.name]
        if spec.core == "ticks":
            walked = unit.passes * (spec.encoder.window + 1) * (unit is not spec.readout)
            found.append(cycles_ticks.events(x, before.window).mean() * unit.passes + walked)
        else:
            steps = np.array([cycles_earliness.spike_steps(unit, row[row > 0]).sum() for row in x]).mean()
            found.append(steps + (unit.passes > 1) * unit.passes * unit.pe + 20)
    return float(max(found))
