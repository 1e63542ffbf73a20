"""How much arithmetic one inference is: multiply-adds of convolutions, synaptic operations of spiking layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from spec.netspec import NetSpec
from spec.units import KERNEL, Depthwise, Pointwise, Unit


@dataclass(frozen=True)
class Work:
    """Of one inference, unit by unit.

    macs: multiply-adds of the convolutions, padding included. synops: synaptic operations of B1 layers and read-out:
    spikes in x neurons. additions, products: what the core does for these. dense: multiply-adds of the same layers if
    no neuron were silent.
    """

    macs: dict[str, int]
    synops: dict[str, float]
    additions: dict[str, float]
    products: dict[str, float]
    dense: dict[str, int]


def work(spec: NetSpec, fired: Mapping[str, float]) -> Work:
    """`fired`: spikes per inference of each spiking unit, by its name."""
    macs = {unit.name: unit.sends.values * _terms(unit) for block in spec.blocks for unit in block}
    dense: list[Unit] = [spec.encoder, *spec.layers, spec.readout]
    outputs = {unit.name: len(unit.start) for unit in dense if unit.start is not None}
    pairs = [(before, after.name) for before, after in pairwise(dense)]
    synops = {name: fired[before.name] * outputs[name] for before, name in pairs}
    additions = {name: _additions(spec, name, count, outputs[name]) for name, count in synops.items()}
    products = {name: count if spec.core == "dsp" else 0.0 for name, count in synops.items()}
    return Work(macs, synops, additions, products,
                {name: before.sends.values * outputs[name] for before, name in pairs})


def _terms(unit: Depthwise | Pointwise) -> int:
    """Of the sum that one output is."""
    return KERNEL**2 if isinstance(unit, Depthwise) else unit.in_channels


def _additions(spec: NetSpec, name: str, synops: float, neurons: int) -> float:
    """Of one layer. Core dsp: one with each product. shift: two for every four bits of time, at most. ticks: one of a
    weight per spike and neuron, one of a slope per tick and neuron, while it integrates and while it fires."""
    if spec.core == "dsp":
        return synops
    if spec.core == "shift":
        return 2 * (spec.time_bits // 4 + 1) * synops
    phases = 1 if name == spec.readout.name else 2
    return synops + phases * spec.encoder.window * neurons
