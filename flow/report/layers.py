"""The units of a design in stream order, as a hardware engineer asks for them; every number is the spec's own."""

from __future__ import annotations

from typing import Any

from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit


def layer_rows(spec: NetSpec) -> list[dict[str, Any]]:
    """One row per unit: name, kind, shapes (C, H, W) or (neurons,), lanes, bits, fold, weights, accumulator.

    lanes: values per beat, in and out; None on a spike stream, which carries one event per beat. bits: of a value.
    weights: how many; weight_bits and acc_bits are None where a unit has none.
    """
    rows: list[dict[str, Any]] = []
    for unit in spec.units:
        rows.append(_row(unit, rows[-1]["shape_out"][1:] if rows else [], spec.parameters(spec.input)["LANES"]))
    return rows


def _row(unit: Unit, grid: list[int], first: int) -> dict[str, Any]:
    """grid: rows and columns of what comes in, where it has such. first: lanes that leave the input."""
    match unit:
        case Input():
            shape = [unit.channels, unit.height, unit.width]
            own = _ends(shape, shape, unit.values_per_beat, first, unit.bits, unit.bits)
        case Depthwise():
            own = _ends([unit.channels, *grid], [unit.channels, *unit.grid], unit.lanes, unit.lanes, unit.in_bits,
                        unit.out_bits)
        case Pointwise():
            own = _ends([unit.in_channels, *grid], [unit.out_channels, *grid], unit.lanes, unit.out_lanes,
                        unit.in_bits, unit.out_bits)
        case Encoder():
            own = _ends([unit.features], [unit.features], unit.lanes, None, unit.in_bits, unit.time_bits)
        case B1Layer():
            own = _ends([unit.in_features], [unit.out_features], None, None, unit.time_bits, unit.time_bits)
        case Readout():
            own = _ends([unit.in_features], [unit.classes], None, 1, unit.time_bits, unit.acc_bits)
        case _:  # any other: how many values, without their shape
            into, out = unit.takes, unit.sends
            own = _ends([into.values], [out.values], into.lanes, out.lanes, into.bits, out.bits)
    weight = getattr(unit, "weight", None)
    fold = {name: value for name, value in unit.fold.items() if "lanes" not in name}
    return {"name": unit.name, "kind": unit.kind, **own, "fold": fold,
            "weights": 0 if weight is None else int(weight.size), "weight_bits": getattr(unit, "weight_bits", None),
            "acc_bits": getattr(unit, "acc_bits", None)}


def _ends(
    shape_in: list[int], shape_out: list[int], lanes_in: int | None, lanes_out: int | None, in_bits: int, out_bits: int
) -> dict[str, Any]:
    return {"shape_in": shape_in, "shape_out": shape_out, "lanes_in": lanes_in, "lanes_out": lanes_out,
            "in_bits": in_bits, "out_bits": out_bits}
