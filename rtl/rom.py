"""ROM images: what $readmemh loads into the weight memories.

A ROM is a list of words, each up to thousands of bits wide; field k of a word lies at bit k * field width,
so lane 0 sits in the least significant bits as on the streams.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from base.errors import expected
from base.files import write_text
from spec.units import Depthwise, Pointwise


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


def dwconv_rom(unit: Depthwise) -> tuple[list[int], int]:
    """INIT_FILE of dwconv.sv: (words, bits per word).

    One word per beat of a pixel (channels / lanes words of lanes * 9 fields): field lane * 9 + 3 * row +
    column of word b is weight[b * lanes + lane, row, column].
    """
    fields = unit.weight.reshape(unit.channels // unit.lanes, unit.lanes * 9)
    return [pack(row, unit.weight_bits) for row in fields], unit.lanes * 9 * unit.weight_bits


def pwconv_rom(unit: Pointwise) -> tuple[list[int], int]:
    """WEIGHT_FILE of pwconv.sv: (words, bits per word).

    One word per input beat of a pixel (in_channels / lanes words of out_channels * lanes fields): field
    o * lanes + lane of word b is weight[o, b * lanes + lane].
    """
    fields = unit.weight.reshape(unit.out_channels, unit.beats_per_pixel, unit.lanes).transpose(1, 0, 2)
    rows = np.ascontiguousarray(fields).reshape(unit.beats_per_pixel, -1)
    return [pack(row, unit.weight_bits) for row in rows], unit.out_channels * unit.lanes * unit.weight_bits


def pwconv_bias_rom(unit: Pointwise) -> tuple[list[int], int]:
    """BIAS_FILE of pwconv.sv: a single word of out_channels fields of acc_bits, output channel 0 first."""
    return [pack(unit.bias, unit.acc_bits)], unit.out_channels * unit.acc_bits
