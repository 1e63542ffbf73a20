"""The AXI4-Lite register map: the one table from which registers_pkg.sv is made."""

from __future__ import annotations

from dataclasses import dataclass

from spec.netspec import NetSpec

ADDRESS_BITS = 10
MAGIC = 0x4653_504B  # "FSPK"
VERSION = 1
MAX_SPIKING = 16
MAX_STAGES = 32


@dataclass(frozen=True)
class Register:
    """One 32-bit register, or `count` of them in a row. fields: name -> (lowest bit, bits)."""

    name: str
    offset: int
    access: str  # "ro", "wo" or "w1c" (read; a 1 written to an error flag clears it)
    meaning: str
    count: int = 1
    fields: tuple[tuple[str, int, int], ...] = ()

    def address(self, index: int = 0) -> int:
        """Byte address of element `index`."""
        if not 0 <= index < self.count:
            raise IndexError(f"{self.name}[{index}]: there are {self.count}")
        return self.offset + 4 * index

    def field(self, name: str, word: int) -> int:
        """The field's value in a word that was read."""
        low, bits = next((low, bits) for field, low, bits in self.fields if field == name)
        return word >> low & ((1 << bits) - 1)


REGISTERS: dict[str, Register] = {register.name: register for register in (
    Register("MAGIC", 0x00, "ro", "0x4653504B, the letters FSPK"),
    Register("VERSION", 0x04, "ro", "version of this map"),
    Register("DIGEST", 0x08, "ro", "first 32 bits of the spec's digest"),
    Register("SHAPE", 0x0C, "ro", "input shape",
             fields=(("channels", 0, 16), ("height", 16, 8), ("width", 24, 8))),
    Register("BITS", 0x10, "ro", "widths, and classes of the read-out",
             fields=(("weight_bits", 0, 8), ("time_bits", 8, 8), ("in_bits", 16, 8), ("classes", 24, 8))),
    Register("LAYOUT", 0x14, "ro", "beats of an input packet; units that spike; stages",
             fields=(("beats", 0, 16), ("spiking", 16, 8), ("stages", 24, 8))),
    Register("CONTROL", 0x18, "wo", "a 1 drops all that is in flight and clears counters and flags",
             fields=(("soft_reset", 0, 1),)),
    Register("STATUS", 0x1C, "w1c", "an inference is in flight; a packet was too short; one was too long",
             fields=(("busy", 0, 1), ("short_error", 1, 1), ("long_error", 2, 1))),
    Register("INFERENCES", 0x20, "ro", "results sent"),
    Register("DROPPED", 0x24, "ro", "packets dropped for a wrong length"),
    Register("LATENCY", 0x28, "ro", "cycles from first input beat to last output beat, last probed inference"),
    Register("INTERVAL", 0x2C, "ro", "cycles between the last two results"),
    Register("SPIKES_LAST", 0x40, "ro", "spikes of each spiking unit in its last window", count=MAX_SPIKING),
    Register("SPIKES_TOTAL", 0x80, "ro", "spikes of each spiking unit since reset", count=MAX_SPIKING),
    Register("STAGE_CYCLES", 0x100, "ro", "cycles from first input beat to each stage's last beat, last probe",
             count=MAX_STAGES),
)}


def identity(spec: NetSpec) -> dict[str, int]:
    """What the identity registers of this spec read: name -> word, in the order of the identity ROM."""
    values: dict[str, dict[str, int]] = {
        "SHAPE": {"channels": spec.input.channels, "height": spec.input.height, "width": spec.input.width},
        "BITS": {"weight_bits": spec.weight_bits, "time_bits": spec.time_bits, "in_bits": spec.input.bits,
                 "classes": spec.readout.classes},
        "LAYOUT": {"beats": spec.input.beats, "spiking": len(spec.spiking), "stages": len(spec.units)},
    }
    words = {"DIGEST": spec.digest_word}
    for name, fields in values.items():
        words[name] = sum(fields[field] << low for field, low, _ in REGISTERS[name].fields)
    return words
