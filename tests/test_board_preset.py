"""Presets, board facts and BITS: what is there reads, what is wrong is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.errors import UserError
from board.preset import load_board, load_preset
from spec.units import check_bits

GOOD = "[network]\nchannels = [8, 4]\nhidden = [6]\n[fold]\nlanes = [2, 4]\n"


def test_default_preset() -> None:
    preset = load_preset("default")
    assert (preset.name, preset.channels, preset.hidden) == ("default", (32, 32), (64, 32))
    assert len(preset.lanes) == 2


def test_preset_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    preset = load_preset(str(tmp_path / "mine.toml"))
    assert (preset.name, preset.channels, preset.hidden, preset.lanes) == ("mine", (8, 4), (6,), (2, 4))


@pytest.mark.parametrize(("old", "new", "message"), [
    ("hidden = [6]", "hidden = [6]\nlayers = 3", "network: keys: got channels, hidden, layers, expected channels"),
    ("hidden = [6]", "", "network: keys: got channels, expected channels, hidden"),
    ("[fold]\nlanes = [2, 4]", "", "keys: got network, expected network, fold"),
    ("[fold]", "[board]\nclock = 3\n[fold]", "keys: got network, board, fold"),
    ("lanes = [2, 4]", "lanes = [2]", "fold.lanes: got 1 values, expected 2, one per block"),
    ("channels = [8, 4]", "channels = [8, 0]", r"network.channels: got \[8, 0\], expected a list of positive integers"),
    ("channels = [8, 4]", "channels = 8", "network.channels: got 8, expected a list"),
    ("channels = [8, 4]", "channels = [8, true]", "network.channels: got"),
    ("channels = [8, 4]", "channels = []", r"network.channels: got \[\]"),
    ("[network]", "[network", "no readable TOML"),
])
def test_wrong_preset(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(UserError, match=message):
        load_preset(str(tmp_path / "mine.toml"))


def test_unknown_preset_names_those_there() -> None:
    with pytest.raises(UserError, match=r"PRESET: got nosuch, expected .*default"):
        load_preset("nosuch")


def test_board_facts() -> None:
    board = load_board("pynq-z2")
    assert (board.part, board.clock_mhz) == ("xc7z020clg400-1", 100)
    assert board.limits == {"lut": 53200, "lutram": 17400, "ff": 106400, "bram36": 140, "dsp": 220}


def test_unknown_board_names_those_there() -> None:
    with pytest.raises(UserError, match=r"board: got nosuch, expected one of .*pynq-z2"):
        load_board("nosuch")


@pytest.mark.parametrize("bits", [3, 9, 16, 0, -4])
def test_wrong_bits(bits: int) -> None:
    with pytest.raises(UserError, match=f"BITS: got {bits}, expected 4 … 8"):
        check_bits(bits)


def test_right_bits() -> None:
    assert [check_bits(bits) for bits in range(4, 9)] == [4, 5, 6, 7, 8]
