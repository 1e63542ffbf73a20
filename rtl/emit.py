"""NetSpec to a self-contained RTL folder: generated top, register package, ROM images, the units' sources.

    folder/top.sv            the network, all numbers as parameters
    folder/registers_pkg.sv  the AXI4-Lite map
    folder/*.sv              the units, copied
    folder/rom/*.hex         weights, biases, thresholds, identity
    folder/files.f           sources in compile order

ROM paths are relative to the folder: simulators and synthesis are started there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from base.errors import UserError, expected
from base.files import write_text
from rtl import rom
from spec import registers
from spec.netspec import NetSpec
from spec.units import B1Layer, Encoder, Unit

HERE = Path(__file__).parent
UNITS = HERE / "units"
PACKAGE = "registers_pkg.sv"
TOP = "top"
IDENTITY_WORDS = registers.REGISTERS["CONTROL"].offset // 4  # of the map: what stands before it never changes
TAGS = 32  # samples in flight, at most: more than the units of any network hold


@dataclass(frozen=True)
class Instance:
    """One instance of the top: module, its parameters, bits of its output word."""

    name: str
    module: str
    parameters: list[str]
    out_bits: int


def emit(spec: NetSpec, folder: Path) -> list[Path]:
    """Write the design; return its sources in compile order. Raises UserError where the register map is too small."""
    check(spec)
    header = f"spec {spec.digest}"
    rom.write_rom(folder / "rom" / "identity.hex", sum(registers.identity(spec).values(), ()), 32, header)
    for unit in spec.units:
        write_roms(unit, folder, header)
    modules = [path.name for path in sorted(UNITS.glob("*.sv"))]
    for name in modules:
        write_text(folder / name, (UNITS / name).read_text(encoding="utf-8"))
    write_text(folder / PACKAGE, _package(spec.digest))
    write_text(folder / f"{TOP}.sv", _top(spec))
    sources = [PACKAGE, *modules, f"{TOP}.sv"]
    write_text(folder / "files.f", "\n".join([f"// {header}", *sources, ""]))
    return [folder / name for name in sources]


def sources(folder: Path) -> list[Path]:
    """Sources of an emitted folder in compile order. Raises UserError where there is none."""
    try:
        lines = (folder / "files.f").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UserError(f"{folder}: got no files.f, expected the folder of an emitted design (make rtl)") from error
    return [folder / line for line in lines if not line.startswith("//")]


def check(spec: NetSpec) -> None:
    """Raise UserError where the register map or a unit's counters are too small, whatever the weights."""
    for what, count, limit in (
        ("spec: spiking units", len(spec.spiking), registers.MAX_SPIKING),
        ("spec: units", len(spec.units), registers.MAX_STAGES),
        ("spec: channels", spec.input.channels, 0xFFFF), ("spec: height", spec.input.height, 0xFF),
        ("spec: width", spec.input.width, 0xFF), ("spec: beats", spec.input.beats, 0xFFFF),
    ):
        if count > limit:
            raise UserError(f"{what}: got {count}, expected at most {limit} (spec/registers.py)")
    readout = spec.readout
    if spec.core == "ticks" and readout.passes > 1:
        raise expected(f"{readout.name}.pe", readout.pe, f"{readout.classes}, the only one that is built yet")
    for depthwise, _ in spec.blocks:
        if min(depthwise.height, depthwise.width) < 2:  # its delay line needs a pixel beside and a row below
            raise expected(f"{depthwise.name}: grid", f"{depthwise.height}x{depthwise.width}",
                           "2x2 or larger for the RTL")


def _package(digest: str) -> str:
    """registers_pkg.sv, marked with a spec's digest: byte offsets, element counts of arrays, lowest bits of fields."""
    lines = [
        f"// Register map of the AXI4-Lite slave. Generated from spec/registers.py, spec {digest}.",
        "package registers_pkg;",
        "    /* verilator lint_off UNUSEDPARAM */  // the whole map, whoever uses which part",
        f"    localparam integer ADDRESS_W = {registers.ADDRESS_BITS};",
        f"    localparam integer IDENTITY_WORDS = {IDENTITY_WORDS};  // the first registers",
    ]
    bits = registers.ADDRESS_BITS
    for register in registers.REGISTERS.values():
        lines += [f"    // {register.access}: {register.meaning}",
                  f"    localparam [{bits - 1}:0] {register.name} = {bits}'h{register.offset:x};"]
        if register.count > 1:
            lines.append(f"    localparam integer {register.name}_COUNT = {register.count};")
        lines += [f"    localparam integer {register.name}_{field.upper()} = {low};"
                  for field, low, _ in register.fields]
    return "\n".join([*lines, "    /* verilator lint_on UNUSEDPARAM */", "endpackage", ""])


def _top(spec: NetSpec) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    largest = max(unit.sends.values for unit in spec.spiking)
    return environment.get_template("top.sv.j2").render(
        title=f"firstspike, preset {spec.preset}: {spec.weight_bits} bit weights, {spec.time_bits} bit time.",
        digest=spec.digest, beats=spec.input.beats, slots=spec.input.values_per_beat, classes=spec.readout.classes,
        address_bits=registers.ADDRESS_BITS, count_bits=largest.bit_length(),
        stage_bits=(len(spec.units) - 1).bit_length(), tags=TAGS, stages=_instances(spec),
        spiking=[{"name": unit.name, "spike": _spike(spec, unit)} for unit in spec.spiking],
        early=spec.readout.name if spec.readout.early != "off" else None, last_spiking=spec.spiking[-1].name,
        spiking_stage=spec.units.index(spec.encoder))


def _spike(spec: NetSpec, unit: Encoder | B1Layer) -> str:
    """When one of the unit's spikes counts: with the event on its output, in which behind its index stands a flag or
    its earliness; before a read-out that decides early, once it is in its logits."""
    if spec.readout.early != "off" and unit is spec.spiking[-1]:
        return f"{spec.readout.name}_seen"
    data, low = f"{unit.name}_out_data", unit.sends.index_bits
    spike = f"{data}[{low}]" if unit.core == "ticks" else f"(|{data}[{unit.sends.word_bits - 1}:{low}])"
    return f"{unit.name}_out_valid && {unit.name}_out_ready && {spike}"


def _instances(spec: NetSpec) -> list[Instance]:
    """One per unit, in stream order; a stream is as wide as its receiver takes it."""
    streams = [*(unit.takes for unit in spec.units[1:]), spec.readout.sends]
    return [Instance(unit.name, unit.module, _text({**spec.parameters(unit), **rom_files(unit)}), stream.word_bits)
            for unit, stream in zip(spec.units, streams, strict=True)]


def _text(parameters: Mapping[str, int | str]) -> list[str]:
    return [f".{key}({value})" if isinstance(value, int) else f'.{key}("{value}")'
            for key, value in parameters.items()]


def parameters(unit: Unit) -> dict[str, int | str]:
    """Parameters of the unit's module: its own, and the files that `write_roms` writes."""
    return {**unit.parameters(), **rom_files(unit)}


def rom_files(unit: Unit) -> dict[str, str]:
    return {f"{array.upper()}_FILE": f"rom/{unit.name}_{array}.hex" for array in unit.constants}


def write_roms(unit: Unit, folder: Path, header: str = "") -> None:
    """The ROM files of a unit, below `folder`, with a line of comment at their heads."""
    for array, (words, bits) in rom.images(unit).items():
        rom.write_rom(folder / "rom" / f"{unit.name}_{array}.hex", words, bits, header)
