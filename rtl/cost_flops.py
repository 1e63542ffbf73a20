"""Flip-flops that follow from a unit's parameters and weights, term by term, as rtl/cost_terms.py has the LUTs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rtl.cost_terms import CONTROL, GROUP, Terms, chain, columns, has_dsp, multipliers, product_bits, tree
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit


def flops(spec: NetSpec, unit: Unit) -> Terms:
    return {"one": CONTROL, **FLOPS[unit.kind](unit, spec.parameters(unit))}


def _input(_unit: Input, p: dict[str, int]) -> Terms:
    return {"places": (2 * p["LANES"] + p["SLOTS"]) * p["VALUE_W"]}


def _depthwise(unit: Depthwise, _p: dict[str, int]) -> Terms:
    products, in_luts = unit.lanes * unit.taps, unit.multipliers == "lut"
    product = min(unit.in_bits + unit.weight_bits, unit.acc_bits)
    summed = unit.acc_bits if unit.steps > 1 else product
    return {"beats": unit.lanes * (unit.in_bits + unit.out_bits), "taps": products * (unit.in_bits + 1),
            "rom": columns(unit, "weight"),
            **multipliers(products * in_luts, unit.in_bits + 1, unit.weight_bits, product),
            "steps": products * unit.acc_bits * (unit.steps > 1),
            "tree": unit.lanes * tree(unit.taps, summed, unit.acc_bits)}


def _pointwise(unit: Pointwise, _p: dict[str, int]) -> Terms:
    in_luts, packed = unit.multipliers == "lut", unit.multipliers == "packed"
    sums, macs = 1 if packed else unit.lanes, unit.pe * unit.lanes
    product = min(unit.in_bits + unit.weight_bits, unit.acc_bits)
    found = {"beats": unit.lanes * unit.in_bits + unit.out_lanes * unit.out_bits, "rom": columns(unit, "weight"),
             "bank": sums * unit.pe * unit.acc_bits, "start": unit.pe * unit.acc_bits * (unit.passes > 1),
             "sum": unit.out_lanes * (sums * unit.acc_bits + tree(sums, unit.acc_bits, unit.acc_bits))}
    if packed:
        late = unit.lanes * (unit.lanes - 1) // 2
        return {**found, "accumulate": unit.pe * unit.acc_bits, "late": late * unit.pe * unit.weight_bits,
                "chain": chain(unit)}
    return {**found, **multipliers(in_luts * macs, unit.in_bits, unit.weight_bits, product),
            "taps": in_luts * macs * unit.in_bits, "accumulate": in_luts * macs * unit.acc_bits}


def _encoder(unit: Encoder, p: dict[str, int]) -> Terms:
    return {"index": 4 * p["INDEX_W"], "x": 2 * unit.lanes * unit.time_bits}


def _spiking(unit: B1Layer | Readout, p: dict[str, int]) -> Terms:
    pe, folds, bits = unit.pe, unit.passes, unit.weight_bits
    outputs = pe * folds
    found: Terms = {"row": pe * bits * (folds > 1 or columns(unit, "weight") > 0),
                    "span": pe * bits * p.get("SPAN", 1) * (p.get("SPAN", 1) > 1), "index": p["IN_INDEX_W"],
                    "groups": -(-pe // GROUP) * GROUP}
    if unit.core == "ticks":
        return {**found, "sums": pe * (p["SLOPE_W"] + unit.acc_bits), "rise": pe * unit.acc_bits * (folds > 1)}
    product, in_dsp = product_bits(unit), has_dsp(unit)
    found["sums"] = pe * unit.acc_bits * (not in_dsp or folds > 1)
    found["products"] = pe * (product + (min(bits + 4, product) if unit.core == "shift" else 0)) * (not in_dsp)
    if folds > 1:
        return {**found, "unload": 2 * unit.acc_bits + 4 * outputs.bit_length()}
    kept = max(1, unit.acc_bits - p.get("SHIFT", 0))
    return {**found, "fires": outputs * ("SHIFT" in p), "lanes": GROUP * kept * ("SHIFT" in p)}


FLOPS: dict[str, Callable[[Any, dict[str, int]], Terms]] = {
    "input": _input, "dwconv": _depthwise, "pwconv": _pointwise, "encoder": _encoder, "b1_layer": _spiking,
    "readout": _spiking}
