"""Write a NetSpec as C++: exact types and shapes, ROMs, the DATAFLOW top and its testbench."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from base.errors import expected
from base.files import write_text
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Joint, Pointwise, Readout, Unit

HERE = Path(__file__).parent
ROM_WORD_BITS = 64
LUTRAM_ROWS = 64  # of a ROM: one LUT holds as many bits
WIDEST_WORD = 1024  # AP_INT_MAX_W
GENERATED = ("config.hpp", "weights.hpp", "top.hpp", "top.cpp", "testbench.cpp")


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


def rom(unit: Unit, rows: np.ndarray) -> np.ndarray:
    """A unit's ROM, (rows, words) uint64, from its rows of weights."""
    return rom_rows(rows, unit.parameters()["WEIGHT_W"])


def beat_type(joint: Joint) -> str:
    """C++ type of what travels over a stream."""
    match joint.events:
        case "ticks":
            return f"spike_event<{joint.index_bits}>"
        case "earliness":
            return f"earliness_event<{joint.index_bits}, {joint.bits}>"
    return f"ap_uint<{joint.word_bits}>"


def count_type(unit: Unit) -> str:
    """C++ type of how many neurons of a unit spiked."""
    return f"count_t<{unit.sends.values}>"


def in_flight(spec: NetSpec) -> int:
    """More samples than can be inside the pipeline: a unit is at most two or three processes, with a sample each."""
    return 4 * len(spec.units)


def constants(spec: NetSpec, unit: Unit) -> dict[str, int]:
    """The numbers of a unit's Cfg: its parameters, and what follows from its streams."""
    values = spec.parameters(unit)
    match unit:
        case Depthwise():
            values["GROUPS"] = unit.channels // unit.lanes
        case Pointwise():
            values["GROUPS"] = unit.beats_per_pixel
    if not unit.takes.events:
        values["BEATS_IN"] = unit.takes.beats
    for joint in (unit.takes, unit.sends):
        if joint.events:
            values["WINDOW"] = joint.window
    return values


def types(spec: NetSpec, unit: Unit) -> dict[str, str]:
    """The types of a unit's Cfg: streams and their values, weights and accumulators."""
    found = {}
    for side, joint in (("in", unit.takes), ("out", outgoing(spec, unit))):
        if joint.events:
            found[f"{side}_event_t"] = beat_type(joint)
        else:
            found[f"{side}_t"] = f"ap_{'int' if joint.signed else 'uint'}<{joint.bits}>"
            found[f"{side}_beat_t"] = beat_type(joint)
    widths = unit.parameters()
    return found | {f"{name.lower()}_t": f"ap_int<{widths[f'{name}_W']}>"
                    for name in ("WEIGHT", "SLOPE", "ACC", "NEED") if f"{name}_W" in widths}


def outgoing(spec: NetSpec, unit: Unit) -> Joint:
    """What a unit sends, with the lanes that the unit behind it takes."""
    return unit.sends if unit is spec.readout else spec.units[spec.units.index(unit) + 1].takes


def arguments(spec: NetSpec, unit: Unit) -> list[str]:
    """What a kernel is handed after its streams of values: where it says how many neurons spiked.

    Of the last layer before a read-out that decides early, the read-out says which of its spikes count.
    """
    if decides_early(spec) and unit is spec.readout:
        return [f"sent_{spec.spiking[-1].name}", f"counted_{spec.spiking[-1].name}"]
    if decides_early(spec) and unit is spec.spiking[-1]:
        return [f"sent_{unit.name}"]
    return [f"counted_{unit.name}"] if unit.sends.events else []


def decides_early(spec: NetSpec) -> bool:
    return spec.readout.early != "off"


def kernel_name(unit: Unit) -> str:
    """Its file in kernels/, and its function there: the unit's module, or that of its folded neurons."""
    folded = isinstance(unit, B1Layer) and unit.core == "ticks" and unit.passes > 1
    return f"{unit.module}_folded" if folded else unit.module


def kernel(unit: Unit) -> str:
    """A unit's kernel with the types that it is made for."""
    return f"{kernel_name(unit)}<{', '.join([f'{unit.name}_cfg', *([f'{unit.name}_rom'] if unit.constants else [])])}>"


def kernel_calls(spec: NetSpec) -> list[str]:
    """One call per unit behind the input, in stream order."""
    calls = []
    for before, unit in pairwise(spec.units):
        sink = "results" if unit is spec.readout else f"from_{unit.name}"
        calls.append(f"{kernel(unit)}({', '.join([f'from_{before.name}', sink, *arguments(spec, unit)])})")
    return calls


def render(spec: NetSpec, template: Path, bambu: bool = False, **more: object) -> str:
    """One template filled with a spec's numbers. A name that is not set raises. bambu: for that tool."""
    environment = Environment(loader=FileSystemLoader(template.parent), undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.get_template(template.name).render(
        spec=spec, roms={unit.name: rom(unit, unit.rows) for unit in spec.units if unit.rows is not None},
        starts={unit.name: unit.start for unit in spec.units if unit.start is not None},
        constants=partial(constants, spec), types=partial(types, spec), beat_type=beat_type, count_type=count_type,
        kernel=kernel, sent=spec.spiking[-1:] if decides_early(spec) else [], in_flight=in_flight(spec),
        lutram_rows=LUTRAM_ROWS,
        headers=sorted({"packet.hpp", *(f"{kernel_name(unit)}.hpp" for unit in spec.units[1:])}),
        bambu=bambu, **{"calls": kernel_calls(spec), **more},
    )


def check(spec: NetSpec) -> None:
    """Raise UserError where the C++ would not compile, whatever the weights: names, words wider than ap_int allows."""
    for unit in spec.units:
        if not (unit.name.isascii() and unit.name.isidentifier()):
            raise expected("spec: unit name", unit.name, "letters, digits and underscores")
        if isinstance(unit, Readout) and unit.core == "ticks" and unit.passes > 1:
            raise expected(f"{unit.name}.pe", unit.pe, f"{unit.classes}, all, with core ticks")
        word, width = unit.widest_word
        if width > WIDEST_WORD:
            raise expected(f"{unit.name}: {word}", width, f"at most {WIDEST_WORD}, the widest ap_int")


def emit_kernels(spec: NetSpec, folder: Path) -> None:
    """Write a copy of the kernels into `folder`; UserError where they cannot be compiled for this spec."""
    check(spec)
    for path in sorted((HERE / "kernels").glob("*.hpp")):
        write_text(folder / "kernels" / path.name, path.read_text(encoding="utf-8"))


def emit(spec: NetSpec, folder: Path) -> None:
    """Write the generated sources and a copy of the kernels into `folder`, which then stands alone.

    Raises UserError where a unit's name or a word's width is none that C++ or ap_int takes.
    """
    emit_kernels(spec, folder)
    for name in GENERATED:
        write_text(folder / name, render(spec, HERE / "templates" / f"{name}.j2"))
