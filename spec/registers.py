"""The AXI4-Lite register map: the one table from which registers_pkg.sv is made."""

from __future__ import annotations

from dataclasses import dataclass

from spec.netspec import NetSpec
from spec.units import CORES

ADDRESS_BITS = 10
MAGIC = 0x4653_504B  # "FSPK"
VERSION = 2
PRESET_WORDS = 8
MAX_SPIKING = 16
MAX_STAGES = 32
WINDOW = 0x200  # where the window begins: the upper half of the map
WINDOW_WORDS = 16  # as many as an AXI3 burst has


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
    Register("LAYOUT", 0x14, "ro", "beats of an input sample; units that spike; stages",
             fields=(("beats", 0, 16), ("spiking", 16, 8), ("stages", 24, 8))),
    Register("CORE", 0x18, "ro", "core of the spiking layers: 0 ticks, 1 shift, 2 dsp"),
    Register("SPEC_DATE", 0x1C, "ro", "date on which the spec was lowered, 0xYYYYMMDD; 0 where it has none"),
    Register("PRESET", 0x20, "ro", "name of the preset, first character in the lowest byte, filled up with zeros",
             count=PRESET_WORDS),
    Register("CONTROL", 0x40, "wo", "a 1 drops all that is in flight and clears counters and flags",
             fields=(("soft_reset", 0, 1),)),
    Register("STATUS", 0x44, "w1c", "a sample is in flight; a transfer ended inside a sample",
             fields=(("busy", 0, 1), ("incomplete", 1, 1))),
    Register("INFERENCES", 0x48, "ro", "results sent, those marked invalid as well"),
    Register("ERRORS", 0x4C, "ro", "transfers that ended inside a sample"),
    Register("LATENCY", 0x50, "ro", "cycles from first input beat to last output beat, last probed sample"),
    Register("INTERVAL", 0x54, "ro", "cycles between the last two results"),
    Register("SPIKES_LAST", 0x80, "ro", "spikes of each spiking unit in its last sample", count=MAX_SPIKING),
    Register("SPIKES_TOTAL", 0xC0, "ro", "spikes of each spiking unit since reset", count=MAX_SPIKING),
    Register("STAGE_CYCLES", 0x100, "ro", "cycles from first input beat to each stage's last beat, last probe",
             count=MAX_STAGES),
    # Of a chip whose way in is these registers (rtl/units/axil_stream.sv); others read 0 here.
    Register("WINDOW_STATUS", WINDOW, "w1c", "input beats for which there is room; result beats that wait; the first "
             "of these has TLAST; a beat was lost, written without room or read where none was",
             fields=(("room", 0, 12), ("waiting", 12, 12), ("last", 24, 1), ("lost", 25, 1))),
    Register("WINDOW_IN", WINDOW + 0x40, "wo", "the next beat of a transfer, in any of these words",
             count=WINDOW_WORDS),
    Register("WINDOW_LAST", WINDOW + 0x80, "wo", "the last beat of a transfer"),
    Register("WINDOW_OUT", WINDOW + 0xC0, "ro", "the next beat of a result, taken by reading any of these words",
             count=WINDOW_WORDS),
)}


def identity(spec: NetSpec) -> dict[str, tuple[int, ...]]:
    """Identity and build record of this spec: register -> its words. They are the first registers, without a gap."""
    fields: dict[str, dict[str, int]] = {
        "SHAPE": {"channels": spec.input.channels, "height": spec.input.height, "width": spec.input.width},
        "BITS": {"weight_bits": spec.weight_bits, "time_bits": spec.time_bits, "in_bits": spec.input.bits,
                 "classes": spec.readout.classes},
        "LAYOUT": {"beats": spec.input.beats, "spiking": len(spec.spiking), "stages": len(spec.units)},
    }
    preset = spec.preset.encode()[: 4 * PRESET_WORDS].ljust(4 * PRESET_WORDS, b"\0")
    return {
        "MAGIC": (MAGIC,), "VERSION": (VERSION,), "DIGEST": (spec.digest_word,),
        **{name: (sum(values[field] << low for field, low, _ in REGISTERS[name].fields),)
           for name, values in fields.items()},
        "CORE": (list(CORES).index(spec.core),), "SPEC_DATE": (int(spec.date.replace("-", "") or "0", 16),),
        "PRESET": tuple(int.from_bytes(preset[place:place + 4], "little") for place in range(0, len(preset), 4)),
    }
