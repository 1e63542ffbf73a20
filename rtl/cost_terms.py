"""What a unit's structure should take, term by term: LUTs and flip-flops that follow from its parameters and weights.

A term is a number of LUTs (or of flip-flops) as a hand count gives them, so that a coefficient of 1 would be a count
without error; rtl/cost_fit.py finds the coefficients. `one` stands for control that does not grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rtl.rom import images
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit

Terms = dict[str, float]
CONTROL = 40.0  # LUTs or flip-flops of a unit's control, about
GROUP = 8  # neurons that share control
STORE, ENCODER_STORE = 32, 64  # words in a fifo, of a layer's events and of the encoder's beats


def variant(unit: Unit) -> str:
    """Units with the same terms and coefficients: its module and what is built otherwise in it."""
    if isinstance(unit, Pointwise):
        return f"pwconv {unit.multipliers}"
    if isinstance(unit, Depthwise):
        return f"dwconv {'lut' if unit.multipliers == 'lut' else 'dsp'}"
    if isinstance(unit, B1Layer | Readout):
        return f"{unit.module} {unit.core} {'folded' if unit.passes > 1 else 'whole'}"
    return unit.module


def luts(spec: NetSpec, unit: Unit) -> Terms:
    """Terms of the LUTs, those used as memory among them."""
    return {"one": CONTROL, **LUTS[unit.kind](unit, spec.parameters(unit))}


def mux(ways: int) -> float:
    """LUTs per bit of a selection: four ways each, MUXF7 and MUXF8 are free."""
    return 0.0 if ways < 2 else 0.5 if ways == 2 else max(1.0, ways / 4)


def memory(bits: int, words: int) -> int:
    """LUTs of a memory that is written and read at once: RAM32M or RAM64M, 6 or 3 bits in four LUTs."""
    return 4 * -(-bits // 6) if words <= 32 else 4 * -(-bits // 3) * -(-words // 64)


def tree(terms: int, bits: int, most: int) -> int:
    """Bits of all adders of a tree."""
    total = 0
    while terms > 1:
        bits = min(bits + 1, most)
        total += terms // 2 * bits
        terms = -(-terms // 2)
    return total


def columns(unit: Unit, array: str) -> int:
    """Bits of a ROM's word that take a LUT: neither the same in all words nor equal to another one."""
    words, bits = images(unit)[array]
    return _columns(words, bits)


def in_luts(words: int, bits: int) -> bool:
    """Whether weight_rom.sv has a ROM in LUTs; it is block RAM else."""
    return words <= 64 or words * bits <= 1024


def _columns(words: list[int], bits: int) -> int:
    if not in_luts(len(words), bits) or len(words) < 2:
        return 0
    text = np.array([[character == "1" for character in f"{word:0{bits}b}"] for word in words])
    kept = text[:, (text.min(axis=0) != text.max(axis=0))]
    return len(np.unique(kept, axis=1).T)


def _input(_unit: Input, p: dict[str, int]) -> Terms:
    slots, lanes = p["SLOTS"], p["LANES"]
    step = slots if lanes % slots == 0 else lanes if slots % lanes == 0 else 2 if lanes % 2 == slots % 2 == 0 else 1
    groups_in, groups_out = slots // step, lanes // step
    places = 2 * groups_out - 1 + groups_in
    bits = places * step * p["VALUE_W"]
    return {"places": bits / 2, "gear": bits * (groups_in - 1) * 0.7, "count": places}


def line(unit: Depthwise) -> int:
    """LUTs of the delay line: shift registers between the taps."""
    beats = unit.channels // unit.lanes
    gaps = [beats] * 6 + [(unit.width - 2) * beats] * 2
    return unit.lanes * unit.in_bits * sum(-(-gap // 32) for gap in gaps if gap > 2)


def _depthwise(unit: Depthwise, _p: dict[str, int]) -> Terms:
    products, in_luts = unit.lanes * unit.taps, unit.multipliers == "lut"
    product = min(unit.in_bits + unit.weight_bits, unit.acc_bits)
    summed = unit.acc_bits if unit.steps > 1 else product
    return {
        "line": line(unit), "store": memory(unit.lanes * unit.out_bits + 1, 16), "rom": columns(unit, "weight"),
        "select": products * unit.in_bits * mux(unit.steps),
        **multipliers(in_luts * products, unit.in_bits + 1, unit.weight_bits, product),
        "steps": products * unit.acc_bits * (unit.steps > 1) + unit.lanes * tree(unit.taps, summed, unit.acc_bits),
        "clamp": unit.lanes * (unit.out_bits + (unit.acc_bits - unit.shift) / 6),
    }


def multipliers(count: int, x_bits: int, weight_bits: int, product: int) -> Terms:
    """Products in LUTs: of LUTs and of flip-flops alike, as every digit and every sum has a register."""
    digits = -(-weight_bits // 2)
    return {"digits": count * digits * (x_bits + 2), "products": count * (digits - 1) * product}


def chain(unit: Pointwise) -> int:
    """Bits of the sums of packed words over more than two lanes: some of these adders are in LUTs."""
    slices, packed_words, field = packing(unit)
    return slices * max(0, unit.lanes - 2) * packed_words * field


def _pointwise(unit: Pointwise, _p: dict[str, int]) -> Terms:
    in_luts, packed = unit.multipliers == "lut", unit.multipliers == "packed"
    sums = 1 if packed else unit.lanes
    beats = unit.pe // unit.out_lanes
    product = min(unit.in_bits + unit.weight_bits, unit.acc_bits)
    found = {
        "replay": memory(unit.lanes * unit.in_bits + 1, max(2, 2 * unit.beats_per_pixel)) * (unit.passes > 1),
        "rom": columns(unit, "weight"),
        "start": _columns(images_by(unit, unit.passes), unit.pe * unit.acc_bits),
        "select": unit.out_lanes * sums * unit.acc_bits * mux(beats),
        "sum": unit.out_lanes * tree(sums, unit.acc_bits, unit.acc_bits),
        "clamp": unit.out_lanes * (unit.out_bits + (unit.acc_bits - unit.shift) / 6),
        "store": memory(unit.out_lanes * unit.out_bits + 1, beats + 16),
    }
    if packed:
        slices, packed_words, _ = packing(unit)
        return {**found, "words": slices * unit.lanes * (packed_words - 1) * (unit.weight_bits + 1),
                "accumulate": unit.pe * unit.acc_bits, "chain": chain(unit)}
    return {**found, **multipliers(in_luts * unit.pe * unit.lanes, unit.in_bits, unit.weight_bits, product),
            "accumulate": in_luts * unit.pe * unit.lanes * unit.acc_bits}


def packing(unit: Pointwise) -> tuple[int, int, int]:
    """DSP slices per lane of packed products, products in each, bits of a product's field: see packed_dot.sv."""
    narrow = unit.parameters()["NARROW"]
    field = unit.in_bits + unit.weight_bits - 1 + (unit.lanes - 1).bit_length()
    fit = 1 + (25 - unit.weight_bits - (1 - narrow)) // field
    return -(-unit.pe // fit), min(fit, unit.pe), field


def images_by(unit: Unit, words: int) -> list[int]:
    """`start` as so many words."""
    (whole,), bits = images(unit)["start"]
    part = bits // words
    return [whole >> part * word & (1 << part) - 1 for word in range(words)]


def _encoder(unit: Encoder, p: dict[str, int]) -> Terms:
    if unit.core == "ticks":
        return {"heads": 2 * (p["INDEX_W"] + 2) * max(1, 2**unit.time_bits // 64), "index": p["INDEX_W"],
                "x": unit.in_bits + unit.time_bits}
    beat = p["INDEX_W"] + unit.lanes * unit.time_bits + 1
    return {"store": memory(beat, ENCODER_STORE), "x": unit.lanes * (unit.in_bits + unit.time_bits),
            "send": unit.lanes * (unit.lanes > 1) * unit.time_bits, "index": p["INDEX_W"]}


def _spiking(unit: B1Layer | Readout, p: dict[str, int]) -> Terms:
    terms = _ticks(unit, p) if unit.core == "ticks" else _earliness(unit, p)
    rom = columns(unit, "weight")
    if isinstance(unit, Readout):
        return {**terms, "rom": rom, "argmax": unit.acc_bits * (1 + mux(unit.classes))}
    return {**terms, "rom": rom}


def _ticks(unit: B1Layer | Readout, p: dict[str, int]) -> Terms:
    pe, folds = unit.pe, unit.passes
    found: Terms = {"slopes": pe * p["SLOPE_W"], "potentials": pe * unit.acc_bits}
    if isinstance(unit, B1Layer):
        found |= {"words": memory(pe + -(-pe // GROUP) + 2, STORE), "spikes": pe, "index": p["OUT_INDEX_W"]}
    if folds > 1:
        found |= {"state": pe * (memory(p["SLOPE_W"], folds) + memory(unit.acc_bits, folds)) + memory(pe, folds),
                  "start": columns(unit, "start"), "rise": pe * unit.acc_bits,
                  "address": p["IN_INDEX_W"] * (bin(folds).count("1") - 1)}
    return found


def _earliness(unit: B1Layer | Readout, p: dict[str, int]) -> Terms:
    pe, folds, bits = unit.pe, unit.passes, unit.weight_bits
    outputs = pe * folds
    product, in_dsp = product_bits(unit), has_dsp(unit)
    found: Terms = {"sums": pe * unit.acc_bits * (not in_dsp), "x": unit.time_bits + p["IN_INDEX_W"]}
    if unit.core == "shift":
        found["products"] = pe * (2 * (bits + 1) + min(bits + 4, product) + product)
    elif not in_dsp:
        found["products"] = pe * bits * unit.time_bits
    if folds > 1:
        found |= {"state": pe * memory(unit.acc_bits, folds), "unload": unit.acc_bits * (1 + mux(pe)),
                  "bias": columns(unit, "start"), "span": pe * bits * p["SPAN"] / 2 * (p["SPAN"] > 1),
                  "address": p["IN_INDEX_W"] * (p["SPAN"] == 1) * (bin(folds).count("1") - 1)}
    elif isinstance(unit, B1Layer):
        kept = max(1, unit.acc_bits - unit.shift)
        found |= {"fires": outputs * kept / 5, "groups": GROUP * kept * mux(-(-outputs // GROUP)),
                  "lanes": GROUP * kept / 2}
    width = unit.time_bits + p["OUT_INDEX_W"] + 1 if isinstance(unit, B1Layer) else unit.acc_bits + 1
    return {**found, "store": memory(width, STORE)}


def product_bits(unit: B1Layer | Readout) -> int:
    """Of a weight times an earliness: no wider than its sum, with a multiplier one bit to spare (see neurons.sv)."""
    return min(unit.weight_bits + unit.time_bits + (unit.core == "dsp"), unit.acc_bits)


def has_dsp(unit: B1Layer | Readout) -> bool:
    """Yosys makes no DSP slice of a product of fewer than 9 bits."""
    return unit.core == "dsp" and product_bits(unit) >= 9


LUTS: dict[str, Callable[[Any, dict[str, int]], Terms]] = {
    "input": _input, "dwconv": _depthwise, "pwconv": _pointwise, "encoder": _encoder, "b1_layer": _spiking,
    "readout": _spiking}
