"""NetSpec to a self-contained RTL folder: generated top, register package, ROM images, the units' sources.

    folder/top.sv            the network, all numbers as parameters
    folder/registers_pkg.sv  the AXI4-Lite map
    folder/*.sv              the units, copied
    folder/rom/*.hex         weights, biases, thresholds, identity
    folder/files.f           sources in compile order

ROM paths are relative to the folder: simulators and synthesis are started there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from base.errors import UserError, expected
from base.files import write_text
from rtl import rom
from spec import registers
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit, index_bits

HERE = Path(__file__).parent
UNITS = HERE / "units"
PACKAGE = "registers_pkg.sv"
TOP = "top"


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
    rom.write_rom(folder / "rom" / "identity.hex", list(registers.identity(spec).values()), 32, header)
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
    if min(spec.input.height, spec.input.width) < 2:  # dwconv's delay lines need a pixel beside and a row below
        raise expected("spec: grid", f"{spec.input.height}x{spec.input.width}", "2x2 or larger for the RTL")


def _package(digest: str) -> str:
    """registers_pkg.sv, marked with a spec's digest: byte offsets, element counts of arrays, lowest bits of fields."""
    lines = [
        f"// Register map of the AXI4-Lite slave. Generated from spec/registers.py, spec {digest}.",
        "package registers_pkg;",
        "    /* verilator lint_off UNUSEDPARAM */  // the whole map, whoever uses which part",
        f"    localparam integer ADDRESS_W = {registers.ADDRESS_BITS};",
        f"    localparam [31:0] MAGIC_VALUE = 32'h{registers.MAGIC:08x};",
        f"    localparam [31:0] VERSION_VALUE = 32'd{registers.VERSION};",
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
    largest = max(_neurons(unit) for unit in spec.spiking)
    return environment.get_template("top.sv.j2").render(
        title=f"firstspike, preset {spec.preset}: {spec.weight_bits} bit weights, {spec.time_bits} bit time.",
        digest=spec.digest, beats=spec.input.beats, slots=spec.input.values_per_beat, classes=spec.readout.classes,
        address_bits=registers.ADDRESS_BITS, count_bits=largest.bit_length(),
        stages=[_instance(unit, spec.blocks[0][0].lanes) for unit in spec.units],
        spiking=[{"name": unit.name, "spike_bit": index_bits(_neurons(unit))} for unit in spec.spiking],
        spiking_stage=spec.units.index(spec.encoder))


def _neurons(unit: Encoder | B1Layer) -> int:
    return unit.features if isinstance(unit, Encoder) else unit.out_features


def _instance(unit: Unit, input_lanes: int) -> Instance:
    values, out_bits = parameters(unit, input_lanes)
    text = [f".{key}({value})" if isinstance(value, int) else f'.{key}("{value}")' for key, value in values.items()]
    return Instance(unit.name, "unpack" if isinstance(unit, Input) else unit.kind, text, out_bits)


def parameters(unit: Unit, input_lanes: int = 1) -> tuple[dict[str, int | str], int]:
    """(parameters of the unit's module, bits of its output word); a str is a ROM file.

    input_lanes: those of the first depthwise unit, which the input unpacks to.
    """
    def rom_file(array: str) -> str:
        return f"rom/{unit.name}_{array}.hex"

    match unit:
        case Input():
            return {"SLOTS": unit.values_per_beat, "VALUE_W": unit.bits, "LANES": input_lanes,
                    "VALUES": unit.values}, input_lanes * unit.bits
        case Depthwise():
            return {"CHANNELS": unit.channels, "HEIGHT": unit.height, "WIDTH": unit.width, "IN_W": unit.in_bits,
                    "IN_SIGNED": int(unit.in_signed), "WEIGHT_W": unit.weight_bits, "OUT_W": unit.out_bits,
                    "ACC_W": unit.acc_bits, "SHIFT": unit.shift, "LANES": unit.lanes,
                    "INIT_FILE": rom_file("weight")}, unit.lanes * unit.out_bits
        case Pointwise():
            return {"IN_CHANNELS": unit.in_channels, "OUT_CHANNELS": unit.out_channels, "IN_W": unit.in_bits,
                    "WEIGHT_W": unit.weight_bits, "OUT_W": unit.out_bits, "ACC_W": unit.acc_bits,
                    "SHIFT": unit.shift, "LANES": unit.lanes, "OUT_LANES": unit.out_lanes,
                    "WEIGHT_FILE": rom_file("weight"), "BIAS_FILE": rom_file("bias")
                    }, unit.out_lanes * unit.out_bits
        case Encoder():
            return {"FEATURES": unit.features, "IN_W": unit.in_bits, "TIME_W": unit.time_bits, "V_MIN": unit.v_min,
                    "SHIFT": unit.shift}, index_bits(unit.features) + 2
        case B1Layer():
            return {"IN_FEATURES": unit.in_features, "OUT_FEATURES": unit.out_features,
                    "WEIGHT_W": unit.weight_bits, "TIME_W": unit.time_bits, "SLOPE_W": unit.slope_bits,
                    "ACC_W": unit.acc_bits, "SHIFT": unit.shift, "WEIGHT_FILE": rom_file("weight"),
                    "START_FILE": rom_file("start")}, index_bits(unit.out_features) + 2
        case Readout():
            return {"IN_FEATURES": unit.in_features, "CLASSES": unit.classes, "WEIGHT_W": unit.weight_bits,
                    "SLOPE_W": unit.slope_bits, "ACC_W": unit.acc_bits, "WEIGHT_FILE": rom_file("weight"),
                    "START_FILE": rom_file("start")}, 32


def write_roms(unit: Unit, folder: Path, header: str = "") -> None:
    """The ROM files that `parameters(unit)` names, below `folder`, with a line of comment at their heads."""
    images: dict[str, tuple[list[int], int]] = {}  # array -> (words, bits per word)
    match unit:
        case Depthwise():
            images = {"weight": rom.dwconv_rom(unit)}
        case Pointwise():
            images = {"weight": rom.pwconv_rom(unit), "bias": rom.pwconv_bias_rom(unit)}
        case B1Layer():
            images = {"weight": _columns(unit), "start": _start(unit, -unit.theta)}
        case Readout():
            images = {"weight": _columns(unit), "start": _start(unit, unit.bias)}
    for array, (words, bits) in images.items():
        rom.write_rom(folder / "rom" / f"{unit.name}_{array}.hex", words, bits, header)


def _columns(unit: B1Layer | Readout) -> tuple[list[int], int]:
    """A word per input, a field per neuron."""
    return [rom.pack(column, unit.weight_bits) for column in unit.weight.T], len(unit.weight) * unit.weight_bits


def _start(unit: B1Layer | Readout, potential: np.ndarray) -> tuple[list[int], int]:
    """One word with a field per neuron: its potential before the first event."""
    return [rom.pack(potential, unit.acc_bits)], len(potential) * unit.acc_bits
