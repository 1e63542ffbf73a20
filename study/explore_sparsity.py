"""Which core wins at which bits, sparsity and size, and does spiking pay? By the cost and the cycle model, no training.

Back ends alone: encoder, B1 layers, read-out, behind a front end that offers FEATURES values per cycle. Each neuron
spikes with the same probability, with any earliness; weights are drawn. Of every core the fold with the least area
times time stands for it. Beside them the dense network of the same bits, the best of its folds, too: pointwise
convolutions of one pixel (as in peers/dense.py), which multiply every value, zero or not, FEATURES at once or one, with
DSP slices, packed or not, or in LUTs.

Area: LUTs, and for each DSP slice the LUTs that the part has per slice. Time: from the first feature to the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import numpy as np

from rtl import cost, cycles, cycles_earliness, cycles_ticks
from rtl.cost_designs import SHAPES, network
from spec.fold import fold
from spec.golden import Trace
from spec.netspec import NetSpec
from spec.units import CORES, MULTIPLIERS, B1Layer, Pointwise, Readout

FEATURES = 4  # at once into the encoder; core ticks takes one
SIZES = {"small": (32, 16), "as trained": (64, 32), "large": (128, 64)}
BITS = (4, 6, 8)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5)  # of neurons that spike
SAMPLES = 8
AT_ONCE = (0, 2, 4, 8)  # all neurons of a layer, or a part of so many


@dataclass(frozen=True)
class Fabric:
    """What area and time are taken by: LUTs that the part has for each DSP slice, and its clock."""

    luts_per_dsp: int
    clock_mhz: float


def table(fabric: Fabric) -> list[dict[str, Any]]:
    """Per size and bits: area x time (LUT x µs) of every core at each share, and of the dense network."""
    found = []
    for (size, hidden), bits in product(SIZES.items(), BITS):
        spec = network(replace(SHAPES["eegmat"], hidden=hidden), bits, bits, 0)
        traces = [trace_of(spec, share) for share in SHARES]
        cores = {core: _cored(spec, core, traces, fabric) for core in CORES}
        found.append({"size": size, "hidden": list(hidden), "bits": bits, "shares": list(SHARES), "cores": cores,
                      "dense": min(_dense(spec, fabric), key=_product),
                      "luts_per_dsp": fabric.luts_per_dsp})
    return found


def trace_of(spec: NetSpec, share: float, seed: int = 0) -> Trace:
    """Samples in which each neuron of each spiking unit spikes with probability `share`, at any tick."""
    rng = np.random.default_rng(seed)
    values = {}
    for unit in spec.spiking:
        shape = (SAMPLES, unit.sends.values)
        values[unit.name] = rng.integers(1, unit.window + 1, shape) * (rng.random(shape) < share)
    return Trace(values, np.zeros((SAMPLES, spec.readout.classes), np.int64), np.zeros(SAMPLES, np.int64))


def _cored(spec: NetSpec, core: str, traces: list[Trace], fabric: Fabric) -> list[dict[str, Any]]:
    """Of this core's back end the best fold for each trace."""
    ticks = core == "ticks"
    features, model = (1, cycles_ticks) if ticks else (FEATURES, cycles_earliness)
    beats = np.arange(spec.encoder.features // features)
    found: list[list[dict[str, Any]]] = [[] for _ in traces]
    for parts in product(*(AT_ONCE[:1] if ticks else AT_ONCE for _ in spec.layers)):
        neurons = [layer.out_features // (part or 1) for layer, part in zip(spec.layers, parts, strict=True)]
        folded = fold(spec, [1] * len(spec.blocks), features=features, core=core, neurons=neurons)
        counts = [cost.unit_cost(folded, unit) for unit in (folded.encoder, *folded.layers, folded.readout)]
        for rows, trace in zip(found, traces, strict=True):
            latency = float(model.latencies(folded, beats, trace).mean())
            rows.append(_row(counts, latency, fabric, {"neurons": neurons}))
    return [min(rows, key=_product) for rows in found]


def _dense(spec: NetSpec, fabric: Fabric) -> Iterator[dict[str, Any]]:
    """Every fold of the same layers as pointwise convolutions of one pixel."""
    layers: list[B1Layer | Readout] = [*spec.layers, spec.readout]
    for lanes, kind in product((1, FEATURES), MULTIPLIERS):
        options = [[_layer(layer, lanes if layer is layers[0] else 1, part, kind) for part in AT_ONCE
                    if len(layer.weight) % (part or 1) == 0] for layer in layers]
        costs = [[cost.unit_cost(spec, unit) for unit in units] for units in options]
        for picked in product(*(range(len(units)) for units in options)):
            offered = np.arange(options[0][0].in_channels // lanes)
            for units, at in zip(options, picked, strict=True):
                offered = cycles._pointwise(units[at], offered)
            counts = [found[at] for found, at in zip(costs, picked, strict=True)]
            yield _row(counts, float(offered[-1]), fabric, {"lanes": lanes, "multipliers": kind})


def _layer(layer: B1Layer | Readout, lanes: int, part: int, kind: str) -> Pointwise:
    outputs, inputs = layer.weight.shape
    return Pointwise(layer.name, inputs, outputs, 1, layer.time_bits + 1, layer.weight_bits, layer.time_bits,
                     layer.shift if isinstance(layer, B1Layer) else 0, lanes, 1, layer.weight, layer.bias,
                     pe=outputs // (part or 1), multipliers=kind)


def _product(row: dict[str, Any]) -> float:
    return float(row["product"])


def _row(counts: list[dict[str, float]], latency: float, fabric: Fabric, about: dict[str, Any]) -> dict[str, Any]:
    total = {name: sum(count[name] for count in counts) for name in cost.COUNTS}
    area = total["lut"] + fabric.luts_per_dsp * total["dsp"]
    return {**total, **about, "area": area, "cycles": latency, "product": area * latency / fabric.clock_mhz}


def crossing(row: dict[str, Any], core: str) -> float | None:
    """Share of spiking neurons up to which a core takes less area x time than the dense network; None if never."""
    last = None
    points = list(zip(row["shares"], row["cores"][core], strict=True))
    for share, found in points:
        if found["product"] <= row["dense"]["product"]:
            last = share
    for (low, a), (high, b) in pairwise(points):
        if a["product"] <= row["dense"]["product"] < b["product"]:
            return float(np.interp(row["dense"]["product"], (a["product"], b["product"]), (low, high)))
    return last
