"""How long the HLS design takes: an estimate from the loops' II, no measurement. Vitis HLS alone knows the truth.

A loop of II = 1 begins an iteration per cycle where its streams allow it; what an iteration sends leaves DEPTH cycles
after it began; a call of a process costs CALL cycles beside its loops. II is what the source demands (the pragmas),
DEPTH a guess for a period of about 7 ns. Streams are taken as deep enough, as in rtl/cycles.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import KERNEL, B1Layer, Depthwise, Encoder, Input, Pointwise, Readout

BASIS = "estimate from the loops' II"
CALL = 2  # cycles between the end of a process and its next beginning


@dataclass(frozen=True)
class Loop:
    """What a loop is written for. depth: cycles from an iteration's beginning to what it sends."""

    ii: int
    depth: int


# Every pipelined loop of kernels/, by function and label; tests/test_hls_pragmas.py holds them to the sources.
LOOPS = {
    ("receive", "steps"): Loop(1, 3),
    ("dwconv", "steps"): Loop(1, 9),
    ("pwconv_accumulate", "groups"): Loop(1, 7),
    ("pwconv_serialise", "beats"): Loop(1, 2),
    ("encoder_list", "fill"): Loop(1, 4),
    ("encoder_send", "drain"): Loop(1, 3),
    ("encoder_times", "beats"): Loop(1, 3),
    ("send_spikes", "spikes"): Loop(1, 2),
    ("integrate", "events"): Loop(1, 5),
    ("integrate_folded", "passes"): Loop(1, 6),
    ("readout_early", "events"): Loop(1, 7),
    ("b1_potentials", "ticks"): Loop(1, 2),
    ("b1_potentials_folded", "folds"): Loop(1, 3),
    ("b1_groups", "groups"): Loop(1, 2),
    ("b1_spikes", "spikes"): Loop(1, 2),
    ("sum_spikes", "steps"): Loop(1, 6),
    ("b1_sums", "groups"): Loop(1, 3),
    ("send_logits", "logits"): Loop(1, 2),
    ("send_packet", "results"): Loop(1, 2),
}


@dataclass(frozen=True, eq=False)
class Estimate:
    """Cycles per sample, (N,). latency: from the first beat taken to the last one sent, into an empty pipeline.

    interval: of the slowest process, called `slowest` for the sample that takes it longest.
    """

    latency: np.ndarray
    interval: np.ndarray
    slowest: str

    def summary(self) -> dict[str, Any]:
        """For a report: mean and worst sample, and what they rest on."""
        return {"latency_mean": float(self.latency.mean()), "latency": int(self.latency.max()),
                "interval_mean": float(self.interval.mean()), "interval": int(self.interval.max()),
                "slowest": self.slowest, "basis": BASIS}


@dataclass
class _Run:
    """One sample's way. times: when what is on the stream can be taken; busy: cycles per call of each process."""

    times: np.ndarray
    busy: dict[str, int]

    def iterate(self, process: str, loop: tuple[str, str], earliest: np.ndarray, lasts: np.ndarray | int = 1,
                after: int = 0) -> np.ndarray:
        """Beginnings of iterations that each last so many cycles, not before `earliest`; adds to the busy time.

        after: cycle before which the loop does not begin.
        """
        lasts = np.broadcast_to(lasts, earliest.shape) * LOOPS[loop].ii
        ramp = np.cumsum(lasts) - lasts
        self.busy[process] = self.busy.get(process, CALL) + int(lasts.sum()) + LOOPS[loop].depth
        return np.maximum.accumulate(np.maximum(earliest, after) - ramp) + ramp

    def send(self, begins: np.ndarray, loop: tuple[str, str]) -> None:
        self.times = begins + LOOPS[loop].depth


def estimate(spec: NetSpec, trace: Trace) -> Estimate:
    """Estimated cycles of every sample of a trace."""
    runs = [_sample(spec, {name: values[sample] for name, values in trace.values.items()})
            for sample in range(len(trace.predicted))]
    intervals = [max(run.busy.values()) for run in runs]
    worst = runs[int(np.argmax(intervals))].busy
    latencies = [int(run.times[-1]) for run in runs]
    return Estimate(np.array(latencies), np.array(intervals), max(worst, key=worst.__getitem__))


def _sample(spec: NetSpec, values: dict[str, np.ndarray]) -> _Run:
    run = _Run(np.zeros(0, np.int64), {})
    before = spec.input.name
    for unit in spec.units:
        _UNITS[unit.module](run, spec, unit, values, before)
        before = unit.name
    _report(run)
    return run


def _receive(run: _Run, spec: NetSpec, unit: Input, _: dict[str, np.ndarray], __: str) -> None:
    lanes = spec.parameters(unit)["LANES"]
    step = gcd(lanes, unit.values_per_beat)
    loop = ("receive", "steps")
    begins = run.iterate(unit.name, loop, np.zeros(unit.values // step, np.int64))
    run.send(begins[lanes // step - 1::lanes // step], loop)


def _dwconv(run: _Run, _: NetSpec, unit: Depthwise, __: dict[str, np.ndarray], ___: str) -> None:
    beats, steps = unit.channels // unit.lanes, KERNEL**2 // unit.taps
    delay = (unit.width + 1) * beats
    loop = ("dwconv", "steps")
    begins = run.iterate(unit.name, loop, np.pad(run.times, (0, delay)), steps)
    run.send(begins[delay:][np.repeat(unit.kept.ravel(), beats)] + steps - 1, loop)


def _pwconv(run: _Run, _: NetSpec, unit: Pointwise, __: dict[str, np.ndarray], ___: str) -> None:
    passes, groups = unit.passes, unit.beats_per_pixel
    taken = np.zeros((unit.pixels, passes, groups), np.int64)
    taken[:, 0] = run.times.reshape(unit.pixels, groups)
    loop = ("pwconv_accumulate", "groups")
    begins = run.iterate(f"{unit.name} accumulate", loop, taken.ravel())
    run.send(begins[groups - 1::groups], loop)
    beats, loop = unit.pe // unit.out_lanes, ("pwconv_serialise", "beats")
    run.send(run.iterate(f"{unit.name} serialise", loop, np.repeat(run.times, beats)), loop)


def _encoder(run: _Run, _: NetSpec, unit: Encoder, values: dict[str, np.ndarray], __: str) -> None:
    """The lists are handed over whole."""
    loop = ("encoder_list", "fill")
    run.send(run.iterate(f"{unit.name} fill", loop, run.times), loop)
    events, loop = _ticks(values[unit.name], unit.window), ("encoder_send", "drain")
    begins = run.iterate(f"{unit.name} drain", loop, np.zeros(events.sum(), np.int64), after=run.times[-1] + CALL)
    run.send(begins, loop)


def _b1_layer(run: _Run, _: NetSpec, unit: B1Layer, values: dict[str, np.ndarray], __: str) -> None:
    """A layer's groups and spikes leave while its ticks go by: the slowest of the three sets the pace.

    Folded, a tick's groups leave with its last pass.
    """
    process, folds = f"{unit.name} potentials", unit.passes
    integrated = _integrate(run, process, folds)
    loop = ("b1_potentials_folded", "folds") if folds > 1 else ("b1_potentials", "ticks")
    begins = run.iterate(process, loop, np.zeros(unit.window * folds, np.int64), after=integrated)
    run.send(begins[folds - 1::folds], loop)
    loop = ("b1_groups", "groups")
    run.send(run.iterate(f"{unit.name} groups", loop, run.times), loop)  # groups of a tick: no more than its spikes
    events, loop = _ticks(values[unit.name], unit.window), ("b1_spikes", "spikes")
    run.send(run.iterate(f"{unit.name} spikes", loop, np.repeat(run.times, events)), loop)


def _readout(run: _Run, _: NetSpec, unit: Readout, __: dict[str, np.ndarray], ___: str) -> None:
    _logits(run, unit, _integrate(run, unit.name))


def _readout_early(run: _Run, _: NetSpec, unit: Readout, __: dict[str, np.ndarray], ___: str) -> None:
    """The whole window goes by; its spikes after the decision, of which a trace says nothing, are left out."""
    loop = ("readout_early", "events")
    _logits(run, unit, int(run.iterate(unit.name, loop, run.times)[-1]) + LOOPS[loop].depth)


def _encoder_earliness(run: _Run, _: NetSpec, unit: Encoder, values: dict[str, np.ndarray], __: str) -> None:
    loop = ("encoder_times", "beats")
    run.send(run.iterate(f"{unit.name} times", loop, run.times), loop)
    sent = _sent(values[unit.name])
    loop = ("send_spikes", "spikes")
    run.send(run.iterate(f"{unit.name} spikes", loop, run.times[sent // unit.lanes]), loop)


def _b1_layer_earliness(run: _Run, _: NetSpec, unit: B1Layer, values: dict[str, np.ndarray], before: str) -> None:
    process, loop = f"{unit.name} sums", ("b1_sums", "groups")
    summed = _sum(run, process, unit, values[before], unit.out_features)
    size = min(unit.pe, _group(unit.pe))
    groups = -(-unit.pe // size)
    begins = run.iterate(process, loop, np.zeros(unit.passes * groups, np.int64), after=summed)
    run.send(begins, loop)
    sent, loop = _sent(values[unit.name]), ("send_spikes", "spikes")
    written = run.times[sent // unit.pe * groups + sent % unit.pe // size]
    run.send(run.iterate(f"{unit.name} spikes", loop, written), loop)


def _readout_earliness(run: _Run, _: NetSpec, unit: Readout, values: dict[str, np.ndarray], before: str) -> None:
    _logits(run, unit, _sum(run, unit.name, unit, values[before], unit.classes))


def _integrate(run: _Run, process: str, folds: int = 1) -> int:
    """Cycle in which the accumulators hold the last event, which takes `folds` passes as each does."""
    loop = ("integrate_folded", "passes") if folds > 1 else ("integrate", "events")
    return int(run.iterate(process, loop, run.times, folds)[-1]) + folds - 1 + LOOPS[loop].depth


def _sum(run: _Run, process: str, unit: B1Layer | Readout, x: np.ndarray, outputs: int) -> int:
    """The same for spikes with their earliness, each of which takes its steps."""
    steps = np.ones(len(run.times), np.int64) if unit.core == "dsp" else _digits(x[_sent(x)])
    loop, lasts = ("sum_spikes", "steps"), steps * (outputs // unit.pe)
    return int(run.iterate(process, loop, run.times, lasts)[-1] + lasts[-1] - 1) + LOOPS[loop].depth


def _logits(run: _Run, unit: Readout, ready: int) -> None:
    loop = ("send_logits", "logits")
    run.send(run.iterate(unit.name, loop, np.zeros(unit.beats, np.int64), after=ready), loop)


def _report(run: _Run) -> None:
    loop = ("send_packet", "results")
    run.send(run.iterate("report", loop, run.times), loop)


def _ticks(x: np.ndarray, window: int) -> np.ndarray:
    """(neurons,) earliness -> (window,) events of each tick: its spikes, or one."""
    return np.maximum(np.bincount(window - x[x > 0], minlength=window), 1)


def _sent(x: np.ndarray) -> np.ndarray:
    """(neurons,) earliness -> the neurons that send an event: those that spike, and the last."""
    return np.flatnonzero((x > 0) | (np.arange(len(x)) == len(x) - 1))


def _digits(x: np.ndarray) -> np.ndarray:
    """Digits -1 … 2 of base 4 that x has, at least one: as kernels/earliness.hpp takes them."""
    count, rest = np.ones_like(x), x.copy()
    for _ in range(16):
        rest = (rest + 1) >> 2
        count += rest > 0
    return count


def _group(bits: int, size: int = 8) -> int:
    """group_of in kernels/bits.hpp."""
    return size if size * size >= bits else _group(bits, 2 * size)


_UNITS: dict[str, Callable[..., None]] = {
    "unpack": _receive, "dwconv": _dwconv, "pwconv": _pwconv, "encoder": _encoder, "b1_layer": _b1_layer,
    "readout": _readout, "readout_early": _readout_early,
    "encoder_earliness": _encoder_earliness, "b1_layer_earliness": _b1_layer_earliness,
    "readout_earliness": _readout_earliness,
}
