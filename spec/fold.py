"""Folding: who computes how much at once. It changes cycles and area of a network, never a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from base.errors import expected
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Pointwise, Readout, Unit
from spec.units.dwconv import TAPS

T = TypeVar("T")


def fold(
    spec: NetSpec, lanes: Sequence[int], taps: Sequence[int] = (), pe: Sequence[int] = (), features: int = 1,
    core: str = "ticks", neurons: Sequence[int] = (), classes: int = 0, multipliers: str | Sequence[str] = "dsp",
) -> NetSpec:
    """The same network, folded so. Per block: lanes, input channels per cycle; taps of 9; pe, outputs at once.

    features: that the encoder takes per cycle. core: of B1 layers and read-out. neurons: at once, per B1 layer.
    classes: at once. multipliers: one kind for all convolutions, one per block, or one per convolution (dw0, pw0, …).
    Empty, or 0: all at once.
    Raises UserError where a count does not divide what it folds, or a list has not one entry per block or layer.
    """
    blocks, layers = len(spec.blocks), len(spec.layers)
    lanes, taps = _each("fold.lanes", lanes, blocks, 1), _each("fold.taps", taps, blocks, TAPS[0])
    pe, neurons = _each("fold.pe", pe, blocks, 0), _each("fold.neurons", neurons, layers, 0)
    kinds = _kinds(multipliers, blocks)
    units: list[Unit] = []
    block = layer = 0
    for unit in spec.units:
        match unit:
            case Depthwise():
                unit = replace(unit, lanes=lanes[block], taps=taps[block], multipliers=kinds[2 * block])
            case Pointwise():
                out_lanes = (*lanes, features)[block + 1]  # what the unit behind takes
                unit = replace(unit, lanes=lanes[block], out_lanes=out_lanes, pe=pe[block],
                               multipliers=kinds[2 * block + 1])
                block += 1
            case Encoder():
                unit = replace(unit, lanes=features, core=core)
            case B1Layer():
                unit = replace(unit, core=core, pe=neurons[layer])
                layer += 1
            case Readout():
                unit = replace(unit, core=core, pe=classes)
        units.append(unit)
    return NetSpec(spec.preset, tuple(units), spec.date)


def _kinds(multipliers: str | Sequence[str], blocks: int) -> tuple[str, ...]:
    """Of each convolution, two per block."""
    if isinstance(multipliers, str):
        return (multipliers,) * 2 * blocks
    if len(multipliers) == 2 * blocks:
        return tuple(multipliers)
    return tuple(kind for kind in _each("fold.multipliers", multipliers, blocks, "dsp") for _ in range(2))


def _each(name: str, values: Sequence[T], count: int, default: T) -> tuple[T, ...]:
    if values and len(values) != count:
        raise expected(name, f"{len(values)} values", f"{count}, one each")
    return tuple(values) or (default,) * count
