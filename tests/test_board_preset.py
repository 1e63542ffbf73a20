"""Presets, board facts and BITS: what is there reads, what is wrong is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.errors import UserError
from board.preset import BOARDS, load_board, load_preset
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


def test_strides_and_no_blocks(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace("hidden", "strides = [2, 1]\nhidden"))
    assert load_preset(str(tmp_path / "mine.toml")).strides == (2, 1)
    (tmp_path / "bare.toml").write_text("[network]\nchannels = []\nhidden = [6]\n[fold]\nlanes = []\n")
    preset = load_preset(str(tmp_path / "bare.toml"))
    assert (preset.channels, preset.strides, preset.lanes) == ((), (), ())


@pytest.mark.parametrize(("old", "new", "message"), [
    ("hidden = [6]", "hidden = [6]\nhiden = 3", "preset mine: network.hiden: got an unknown key, expected hidden"),
    ("hidden = [6]", "hidden = [6]\nx = 3", "network.x: got an unknown key, expected one of channels, strides, hidden"),
    ("hidden = [6]", "", "network.hidden: got nothing, expected a list of positive integers"),
    ("[fold]\nlanes = [2, 4]", "", r"preset mine: fold: got nothing, expected a table \[fold\]"),
    ("[fold]", "[board]\nclock = 3\n[fold]", "board: got an unknown key, expected one of network, fold"),
    ("[network]", "name = 'x'\n[network]", "name: got an unknown key"),
    ("lanes = [2, 4]", "lanes = [2]", "fold.lanes: got 1 values, expected 2, one per block"),
    ("lanes = [2, 4]", "lanes = [2, 4]\nmultipliers = ['lut']", "fold.multipliers: got 1 values, expected 2, one per"),
    ("lanes = [2, 4]", "lanes = [2, 4]\nmultipliers = 3", "fold.multipliers: got 3, expected dsp, packed or lut, or"),
    ("lanes = [2, 4]", "lanes = [2, 4]\nmultipliers = ['lut', 3]", "fold.multipliers: got .'lut', 3., expected dsp, "),
    ("channels = [8, 4]", "channels = [8, 0]", "network.channels.2: got 0, expected at least 1"),
    ("channels = [8, 4]", "channels = [8, 1000000000000000000000000000000]", "network.channels.2: got 1000"),
    ("channels = [8, 4]", "channels = 8", "network.channels: got 8, expected a valid"),
    ("channels = [8, 4]", "channels = [8, true]", "network.channels.2: got True, expected a valid integer"),
    ("channels = [8, 4]", "channels = [8, 4.0]", "network.channels.2: got 4.0, expected a valid integer"),
    ("channels = [8, 4]", "channels = ['8', 4]", "network.channels.1: got '8', expected a valid integer"),
    ("channels = [8, 4]", "channels = []", "fold.lanes: got 2 values, expected 0, one per block"),
    ("channels = [8, 4]", "channels = [8, 4]\nstrides = [2]", "network.strides: got 1 values, expected 2, one per bl"),
    ("channels = [8, 4]", "channels = [8, 4]\nstrides = [3, 1]", "network.strides.1: got 3, expected at most 2"),
    ("lanes = [2, 4]", "lanes = []", "fold.lanes: got 0 values, expected 2, one per block"),
    ("[network]", "[network", "no readable TOML"),
    ("[network]", "x = " + "[" * 9999, "no readable TOML"),
])
def test_wrong_preset(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(UserError, match=message):
        load_preset(str(tmp_path / "mine.toml"))


def test_unknown_preset_names_those_there() -> None:
    with pytest.raises(UserError, match=r"PRESET: got nosuch, expected .*default"):
        load_preset("nosuch")


@pytest.mark.parametrize("name", ["../presets/default", "/etc/passwd", "a/b", 5000 * "x", 5000 * "x" + ".toml"])
def test_a_name_is_no_path(name: str) -> None:
    for load in (load_preset, load_board):
        with pytest.raises(UserError, match="got "):
            load(name)


@pytest.mark.parametrize("stem", ["a b", "a#b", "a\nb", "-a", "ä"])
def test_a_file_whose_name_no_comment_or_path_could_take(stem: str, tmp_path: Path) -> None:
    (tmp_path / f"{stem}.toml").write_text(GOOD)
    with pytest.raises(UserError, match="name: got "):
        load_preset(str(tmp_path / f"{stem}.toml"))


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_preset(str(tmp_path / "mine.toml")).channels == (8, 4)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(UserError, match=r"mine\.toml: no readable TOML"):
        load_preset(str(tmp_path / "mine.toml"))


def test_lists_can_be_changed_one_by_one() -> None:
    assert load_preset("default", hidden=(64, 32)) == load_preset("default")
    changed = load_preset("default", hidden=(8,))
    assert (changed.name, changed.channels, changed.hidden) == ("default-changed", (32, 32), (8,))
    with pytest.raises(UserError, match=r"fold.lanes: got 2 values, expected 1"):
        load_preset("default", channels=(8,))


def test_board_facts() -> None:
    board = load_board("pynq-z2")
    assert (board.part, board.clock_mhz) == ("xc7z020clg400-1", 100)
    assert board.limits.model_dump() == {"lut": 53200, "lutram": 17400, "ff": 106400, "bram36": 140, "dsp": 220}


def test_a_board_by_path_and_its_mistakes(tmp_path: Path) -> None:
    path, text = tmp_path / "mine.toml", (BOARDS / "pynq-z2.toml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert load_board(str(path)).limits == load_board("pynq-z2").limits
    for old, new, message in (
        ("lut =", "luts =", "limits.luts: got an unknown key, expected lut"),
        ("lut = 53200", "", "limits.lut: got nothing, expected a positive integer"),
        ("100", '"fast"', "clock_mhz: got 'fast'"), ("100", "100.5", "clock_mhz: got 100.5"),
        ("clock_mhz", "clock", "clock: got an unknown key, expected clock_mhz"),
    ):
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(UserError, match=message):
            load_board(str(path))


def test_unknown_board_names_those_there() -> None:
    with pytest.raises(UserError, match=r"BOARD: got nosuch, expected a .toml file, or .*pynq-z2"):
        load_board("nosuch")


@pytest.mark.parametrize("bits", [3, 9, 16, 0, -4])
def test_wrong_bits(bits: int) -> None:
    with pytest.raises(UserError, match=f"BITS: got {bits}, expected 4 … 8"):
        check_bits(bits)


def test_right_bits() -> None:
    assert [check_bits(bits) for bits in range(4, 9)] == [4, 5, 6, 7, 8]


def test_a_preset_says_the_whole_fold(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[network]\nchannels = [8]\nhidden = [4]\n[fold]\nlanes = [2]\ntaps = [3]\npe = [4]\nfeatures = 2\n"
                    'core = "shift"\nneurons = [2]\nclasses = 1\nmultipliers = "lut"\n')
    assert load_preset(str(path)).fold == {
        "lanes": (2,), "taps": (3,), "pe": (4,), "features": 2, "core": "shift", "neurons": (2,), "classes": 1,
        "multipliers": "lut"}
    for kinds in (("packed",), ("lut", "packed")):
        assert load_preset(str(path), multipliers=kinds).fold["multipliers"] == kinds
    with pytest.raises(UserError, match=r"fold\.neurons: got 2 values, expected 1, one per layer"):
        load_preset(str(path), neurons=(2, 2))
