"""ROM images: what $readmemh loads into the weight memories.

A ROM is a list of words, each up to thousands of bits wide; field k of a word lies at bit k * field width,
so lane 0 sits in the least significant bits as on the streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from base.errors import expected
from base.files import write_text
from spec.units import Unit


def pack(values: Iterable[int], bits: int) -> int:
    """One word of two's-complement fields of `bits` bits, the first value least significant."""
    word, mask = 0, (1 << bits) - 1
    for position, value in enumerate(values):
        word |= (int(value) & mask) << (position * bits)
    return word


def write_rom(path: Path, words: Sequence[int], bits: int, header: str = "") -> None:
    """Write words of `bits` bits as a $readmemh file, one hexadecimal word per line, address 0 first.

    `header` becomes a comment on the first line. The file ends in a newline: without it Verilator drops the
    last word. Raises UserError for a word that does not fit.
    """
    for address, word in enumerate(words):
        if not 0 <= word < 1 << bits:
            raise expected(f"{path.name}: word {address}", f"{int(word).bit_length()} bits", f"0 … 2^{bits} - 1")
    comment = f"// {header}\n" if header else ""
    write_text(path, comment + "".join(f"{word:0{-(-bits // 4)}x}\n" for word in words))


def images(unit: Unit) -> dict[str, tuple[list[int], int]]:
    """ROM files of a unit: array -> (words, bits per word). SPAN rows per word, `start` in start_words."""
    widths, found = unit.parameters(), {}
    if unit.rows is not None:
        rows, bits = unit.rows, widths["WEIGHT_W"]
        words = rows.reshape(len(rows) // widths.get("SPAN", 1), -1)
        found["weight"] = [pack(word, bits) for word in words], words.shape[1] * bits
    if unit.start is not None:
        words = unit.start.reshape(unit.start_words, -1)
        found["start"] = [pack(word, widths["ACC_W"]) for word in words], words.shape[1] * widths["ACC_W"]
    return found
