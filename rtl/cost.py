"""Cost model of the RTL: LUT, LUTRAM, FF, BRAM36, DSP of any fold without synthesis. Cycles: rtl/cycles.py.

A chip is the sum of its units and of a shell. Block RAM and DSP slices are counted; LUTs and flip-flops are structural
terms (cost_terms, cost_flops) times coefficients in cost.json, which `python -m rtl.cost_fit` fits to syntheses of
drawn designs (cost_designs), and tests on those that it leaves out. An estimate of what Yosys would count, before place
and route.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from base.files import read_json
from rtl.cost_flops import flops
from rtl.cost_terms import Terms, has_dsp, in_luts, luts, packing, variant
from rtl.rom import images
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Pointwise, Readout, Unit

COEFFICIENTS = Path(__file__).with_name("cost.json")
Coefficients = dict[str, dict[str, dict[str, float]]]  # variant of a unit -> lut or ff -> term
COUNTS = ("lut", "ff", "bram36", "dsp")
SHELL = "shell"  # what is no unit of the spec: transfer_in, transfer_out, tags, monitor, registers, the top itself
# A RAMB18's shapes; a RAMB36 has twice the words, or twice the bits.
BLOCK_BITS, DEEP = 18432, 1 << 14  # of a memory with so many words Yosys fills the parity bits as well
BLOCKS = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))


def cost(spec: NetSpec, known: Coefficients | None = None) -> dict[str, float]:
    """The whole chip: {lut, ff, bram36, dsp}. known: coefficients in place of those of cost.json."""
    total: Counter[str] = Counter()
    for found in per_unit(spec, known).values():
        total.update(found)
    return {name: total[name] for name in COUNTS}


def per_unit(spec: NetSpec, known: Coefficients | None = None) -> dict[str, dict[str, float]]:
    """Of each unit by its name, and of the shell."""
    return {**{unit.name: unit_cost(spec, unit, known) for unit in spec.units}, SHELL: shell_cost(spec, known)}


def unit_cost(spec: NetSpec, unit: Unit, known: Coefficients | None = None) -> dict[str, float]:
    """One unit of a spec; `spec` says how the units beside it are folded."""
    kind = variant(unit)
    return {"lut": estimate(kind, "lut", luts(spec, unit), known),
            "ff": estimate(kind, "ff", flops(spec, unit), known),
            "bram36": bram36(unit), "dsp": dsp(unit)}


def shell_cost(spec: NetSpec, known: Coefficients | None = None) -> dict[str, float]:
    terms = shell_terms(spec)
    return {"lut": estimate(SHELL, "lut", terms, known), "ff": estimate(SHELL, "ff", terms, known), "bram36": 0.0,
            "dsp": 0}


def shell_terms(spec: NetSpec) -> Terms:
    """Counters of spikes and stages, and what they are read through."""
    largest = max(unit.sends.values for unit in spec.spiking)
    return {"one": 400.0, "counters": float(largest.bit_length() * len(spec.spiking)), "stages": 10.0 * len(spec.units)}


def estimate(kind: str, count: str, terms: Terms, known: Coefficients | None = None) -> float:
    """Terms times coefficients; a unit of a kind that was never fitted is taken as its terms say."""
    found = (coefficients() if known is None else known).get(kind, {}).get(count, {})
    return sum(value * found.get(name, 1.0) for name, value in terms.items())


@cache
def coefficients() -> Coefficients:
    return dict(read_json(COEFFICIENTS)["coefficients"])


def bram36(unit: Unit) -> float:
    """Half a block is a RAMB18."""
    if isinstance(unit, Encoder) and unit.core == "ticks":
        index = unit.sends.index_bits
        return blocks(2 << index, index + 1)
    if unit.rows is None:
        return 0.0
    words, bits = images(unit)["weight"]
    if in_luts(len(words), bits):
        return 0.0
    same = [~(words[0] ^ word) for word in words]
    constant = (1 << bits) - 1
    for word in same:
        constant &= word
    return blocks(len(words), bits - constant.bit_count())


def blocks(words: int, bits: int) -> float:
    """Of the fewest, for a memory."""
    if not bits:
        return 0.0
    halves = min(-(-words // depth) * -(-bits // width) for depth, width in BLOCKS)
    wholes = min(2 * -(-words // depth) * -(-bits // width)
                 for depth, width in ((32768, 1), *((2 * deep, wide) for deep, wide in BLOCKS), (512, 72)))
    if words >= DEEP:
        return min(halves, wholes, -(-words * bits // BLOCK_BITS)) / 2
    return min(halves, wholes) / 2


def dsp(unit: Unit) -> int:
    """Slices: one per product at once, one for several packed ones, none of too few bits."""
    match unit:
        case Depthwise():
            return 0 if unit.multipliers == "lut" else unit.lanes * unit.taps
        case Pointwise(multipliers="packed"):
            return packing(unit)[0] * unit.lanes
        case Pointwise():
            return 0 if unit.multipliers == "lut" else unit.lanes * unit.pe
        case B1Layer() | Readout():
            return unit.pe if has_dsp(unit) else 0
    return 0
