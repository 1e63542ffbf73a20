"""ROM images: field order, sign, and a file that every $readmemh reads whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.errors import UserError
from rtl.rom import pack, write_rom


def test_first_value_is_least_significant() -> None:
    assert pack([1, -1, -128, 127], 8) == 0x7F80FF01


def test_file_ends_in_a_newline(tmp_path: Path) -> None:
    write_rom(tmp_path / "rom.hex", [0, 5, 0x1FF], 9, header="spec 12")
    assert (tmp_path / "rom.hex").read_text() == "// spec 12\n000\n005\n1ff\n"


def test_refuses_a_word_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"rom\.hex: word 1: got 10 bits"):
        write_rom(tmp_path / "rom.hex", [0, 0x200], 9)
    assert not (tmp_path / "rom.hex").exists()
