"""Write a NetSpec as C++: exact types and shapes, ROMs, the DATAFLOW top and its testbench."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.errors import expected
from base.files import write_text
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Pointwise, Readout, index_bits

HERE = Path(__file__).parent
ROM_WORD_BITS = 64
WIDEST_WORD = 1024  # AP_INT_MAX_W
GENERATED = ("config.hpp", "weights.hpp", "top.hpp", "top.cpp", "testbench.cpp")
STREAM_TYPES = {"encoder": "event_t", "b1_layer": "out_event_t"}


def rom_rows(weights: np.ndarray, bits: int) -> np.ndarray:
    """(rows, n) weights -> (rows, words) uint64: 64 // bits weights per word, weight 0 in the lowest bits."""
    rows, count = weights.shape
    per_word = ROM_WORD_BITS // bits
    words = -(-count // per_word)
    padded = np.zeros((rows, words * per_word), np.int64)
    padded[:, :count] = weights
    fields = (padded & ((1 << bits) - 1)).astype(np.uint64).reshape(rows, words, per_word)
    shifts = (np.arange(per_word) * bits).astype(np.uint64)
    return np.bitwise_or.reduce(fields << shifts, axis=2)


def rom(unit: Depthwise | Pointwise | B1Layer | Readout) -> np.ndarray:
    """ROM of one unit, (rows, words) uint64: a row per channel group, or per input of a spiking layer."""
    match unit:
        case Depthwise():  # (C, 3, 3) -> (groups, lane * 9 + tap)
            rows = unit.weight.reshape(unit.channels // unit.lanes, unit.lanes * 9)
        case Pointwise():  # (out, in) -> (groups, out * lanes + lane)
            grouped = unit.weight.reshape(unit.out_channels, unit.beats_per_pixel, unit.lanes)
            rows = grouped.transpose(1, 0, 2).reshape(unit.beats_per_pixel, -1)
        case _:  # (out, in) -> (in, out)
            rows = unit.weight.T
    return rom_rows(rows, unit.weight_bits)


def _constants(spec: NetSpec) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """ROMs by unit name; bias and threshold vectors by the name of their C++ array."""
    roms, vectors = {}, {}
    for unit in spec.units:
        if isinstance(unit, Depthwise | Pointwise | B1Layer | Readout):
            roms[unit.name] = rom(unit)
        if isinstance(unit, Pointwise | Readout):
            vectors[f"{unit.name}_bias"] = unit.bias
        if isinstance(unit, B1Layer):
            vectors[f"{unit.name}_theta"] = unit.theta
    return roms, vectors


def kernel_calls(spec: NetSpec) -> list[str]:
    """One call per unit behind the input, in stream order: streams, ROM, vector and spike counter."""
    calls = []
    for before, unit in pairwise(spec.units):
        sink = "m_axis" if unit is spec.readout else f"from_{unit.name}"
        rest = {
            "dwconv": [f"{unit.name}_weight"],
            "pwconv": [f"{unit.name}_weight", f"{unit.name}_bias"],
            "encoder": [f"spikes_{unit.name}"],
            "b1_layer": [f"{unit.name}_weight", f"{unit.name}_theta", f"spikes_{unit.name}"],
            "readout": [f"{unit.name}_weight", f"{unit.name}_bias"],
        }[unit.kind]
        calls.append(f"{unit.kind}<{unit.name}_cfg>({', '.join([f'from_{before.name}', sink, *rest])})")
    return calls


def render(spec: NetSpec, template: Path, **more: object) -> str:
    """One template filled with a spec's numbers. A name that is not set raises."""
    environment = Environment(loader=FileSystemLoader(template.parent), undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    roms, vectors = _constants(spec)
    return environment.get_template(template.name).render(
        spec=spec, roms=roms, vectors=vectors, input_lanes=spec.blocks[0][0].lanes, gcd=math.gcd,
        index_bits=index_bits, stream_type=lambda unit: STREAM_TYPES.get(unit.kind, "out_beat_t"),
        calls=kernel_calls(spec), **more,
    )


def check(spec: NetSpec) -> None:
    """Raise UserError where the C++ would not compile, whatever the weights: names, words wider than ap_int allows."""
    for unit in spec.units:
        if not (unit.name.isascii() and unit.name.isidentifier()):
            raise expected("spec: unit name", unit.name, "letters, digits and underscores")
        match unit:
            case Pointwise():
                word, width = "out_channels * out_bits", unit.out_channels * unit.out_bits
            case Encoder():
                word, width = "ticks of the window", unit.window + 1
            case B1Layer():
                word, width = "out_features", unit.out_features
            case _:
                continue
        if width > WIDEST_WORD:
            raise expected(f"{unit.name}: {word}", width, f"at most {WIDEST_WORD}, the widest ap_int")


def emit(spec: NetSpec, folder: Path) -> None:
    """Write the generated sources and a copy of the kernels into `folder`, which then stands alone.

    Raises UserError where a unit's name or a word's width is none that C++ or ap_int takes.
    """
    check(spec)
    for kernel in sorted((HERE / "kernels").glob("*.hpp")):
        write_text(folder / "kernels" / kernel.name, kernel.read_text(encoding="utf-8"))
    for name in GENERATED:
        write_text(folder / name, render(spec, HERE / "templates" / f"{name}.j2"))
