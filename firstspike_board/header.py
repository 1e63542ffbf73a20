"""The register map as a C header: `python -m firstspike_board.header > firstspike.h`."""

from __future__ import annotations

from firstspike_board import places
from spec.registers import MAGIC, REGISTERS, VERSION


def text() -> str:
    """Byte offsets, element counts of arrays, lowest bits and masks of fields; the usual addresses."""
    lines = [
        "/* Register map of the firstspike chip. Generated from spec/registers.py: change that, not this file. */",
        "#ifndef FIRSTSPIKE_H", "#define FIRSTSPIKE_H 1", "",
        f"#define FIRSTSPIKE_ADDRESS 0x{places.CHIP_ADDRESS:08x}u /* of the chip where the overlay has put it */",
        f"#define FIRSTSPIKE_MAGIC_WORD 0x{MAGIC:08x}u /* in FIRSTSPIKE_MAGIC */",
        f"#define FIRSTSPIKE_MAP_VERSION {VERSION}u /* in FIRSTSPIKE_VERSION */",
    ]
    for register in REGISTERS.values():
        name = f"FIRSTSPIKE_{register.name}"
        lines += ["", f"/* {register.access}: {register.meaning} */", f"#define {name} 0x{register.offset:03x}u"]
        if register.count > 1:
            lines.append(f"#define {name}_COUNT {register.count}u /* words in a row */")
        for field, low, bits in register.fields:
            place = f"{name}_{field.upper()}"
            lines += [f"#define {place}_LSB {low}u", f"#define {place}_MASK 0x{(1 << bits) - 1 << low:08x}u"]
    return "\n".join([*lines, "", "#endif", ""])


if __name__ == "__main__":
    print(text(), end="")
