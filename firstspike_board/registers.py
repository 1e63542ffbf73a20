"""The chip's registers by name, and whether it is the chip that a spec describes."""

from __future__ import annotations

from typing import Any

from firstspike_board.errors import NoChip, OtherNetwork, WrongDigest
from spec.netspec import NetSpec
from spec.registers import MAGIC, PRESET_WORDS, REGISTERS, VERSION, identity


class Registers:
    """By the names of spec/registers.py, over a pynq MMIO, or what else reads and writes words at byte offsets."""

    def __init__(self, mmio: Any) -> None:
        self._mmio = mmio

    def read(self, name: str, index: int = 0) -> int:
        return int(self._mmio.read(REGISTERS[name].address(index)))

    def words(self, name: str, count: int) -> list[int]:
        return [self.read(name, index) for index in range(count)]

    def field(self, name: str, field: str) -> int:
        return REGISTERS[name].field(field, self.read(name))

    def write(self, name: str, word: int, index: int = 0) -> None:
        self._mmio.write(REGISTERS[name].address(index), word)

    def write_words(self, name: str, words: bytes) -> None:
        """Into the elements of a register from the first on, one after the other."""
        self._mmio.write(REGISTERS[name].address(), words)

    def set_field(self, name: str, field: str) -> None:
        """Write a word with this one bit."""
        low = next(low for known, low, _ in REGISTERS[name].fields if known == field)
        self.write(name, 1 << low)


def check_identity(registers: Registers, spec: NetSpec) -> None:
    """Raise NoChip, OtherNetwork or WrongDigest where the chip is not the spec's."""
    magic, version = registers.read("MAGIC"), registers.read("VERSION")
    if magic != MAGIC:
        raise NoChip(f"MAGIC: got {magic:#010x}, expected {MAGIC:#010x}: no firstspike chip at this address")
    if version != VERSION:
        raise NoChip(f"VERSION: got {version}, expected {VERSION}: a chip with another register map")
    wanted = identity(spec)
    digest = registers.read("DIGEST")
    if (digest,) == wanted["DIGEST"]:
        return
    for name in ("SHAPE", "BITS", "LAYOUT", "CORE"):
        got = registers.read(name)
        if (got,) != wanted[name]:
            raise OtherNetwork(f"bitstream of another network: {_words(name, got)} of preset {_preset(registers)!r}, "
                               f"expected {_words(name, wanted[name][0])} of preset {spec.preset!r}")
    raise WrongDigest(f"DIGEST: got {digest:#010x}, lowered on {registers.read('SPEC_DATE'):08x}, expected "
                      f"{spec.digest_word:#010x}: the same shape, other weights")


def _words(name: str, word: int) -> str:
    register = REGISTERS[name]
    fields = [f"{field} {register.field(field, word)}" for field, _, _ in register.fields]
    return f"{name} ({', '.join(fields or [str(word)])})"


def _preset(registers: Registers) -> str:
    text = b"".join(word.to_bytes(4, "little") for word in registers.words("PRESET", PRESET_WORDS))
    return text.rstrip(b"\0").decode("utf-8", "replace")
