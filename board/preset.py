"""What a person writes once: the network and its folding (a preset), the facts of a board. No torch here."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.errors import UserError, expected

BOARDS = Path(__file__).resolve().parent
PRESETS = BOARDS / "presets"
LIMITS = ("lut", "lutram", "ff", "bram36", "dsp")


@dataclass(frozen=True)
class Preset:
    """Network shape (outputs per block, neurons per B1 layer) and folding (input lanes per block)."""

    name: str
    channels: tuple[int, ...]
    hidden: tuple[int, ...]
    lanes: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.lanes) != len(self.channels):
            raise expected(f"preset {self.name}: fold.lanes", f"{len(self.lanes)} values",
                           f"{len(self.channels)}, one per block")


@dataclass(frozen=True)
class Board:
    """Part number, clock in MHz and what the part has: lut, lutram, ff, bram36, dsp."""

    name: str
    part: str
    clock_mhz: int
    limits: dict[str, int]


def load_preset(preset: str) -> Preset:
    """A preset by name (board/presets/<name>.toml) or by path (ends in .toml).

    Raises UserError on a missing file, bad TOML, a missing or unknown key, or a value that is no list
    of positive integers.
    """
    path = Path(preset) if preset.endswith(".toml") else PRESETS / f"{preset}.toml"
    if not path.is_file():
        raise expected("PRESET", preset, f"a .toml file, or one of {_names(PRESETS)}")
    title = f"preset {path.stem}"
    document = _read(path)
    _keys(title, document, ("network", "fold"))
    network, folding = (_table(title, document, key) for key in ("network", "fold"))
    _keys(f"{title}: network", network, ("channels", "hidden"))
    _keys(f"{title}: fold", folding, ("lanes",))
    return Preset(
        path.stem,
        channels=_positives(f"{title}: network.channels", network["channels"]),
        hidden=_positives(f"{title}: network.hidden", network["hidden"]),
        lanes=_positives(f"{title}: fold.lanes", folding["lanes"]),
    )


def load_board(board: str) -> Board:
    """Facts of a board by name (board/<name>.toml). Raises UserError as `load_preset` does."""
    path = BOARDS / f"{board}.toml"
    if not path.is_file():
        raise expected("board", board, f"one of {_names(BOARDS)}")
    title = f"board {board}"
    document = _read(path)
    _keys(title, document, ("part", "clock_mhz", "limits"))
    limits = _table(title, document, "limits")
    _keys(f"{title}: limits", limits, LIMITS)
    (clock_mhz,) = _positives(f"{title}: clock_mhz", [document["clock_mhz"]])
    values = _positives(f"{title}: limits", [limits[key] for key in LIMITS])
    return Board(board, str(document["part"]), clock_mhz, dict(zip(LIMITS, values, strict=True)))


def preset_names() -> list[str]:
    """All presets, by name."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def _names(folder: Path) -> str:
    return ", ".join(sorted(path.stem for path in folder.glob("*.toml")))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:  # a TOMLDecodeError is a ValueError
        raise UserError(f"{path}: no readable TOML ({error})") from error


def _table(title: str, document: dict[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(document[key], dict):
        raise expected(f"{title}: {key}", document[key], f"a table [{key}]")
    return document[key]


def _keys(title: str, table: dict[str, Any], wanted: tuple[str, ...]) -> None:
    if set(table) != set(wanted):
        raise expected(f"{title}: keys", ", ".join(table) or "none", ", ".join(wanted))


def _positives(title: str, values: Any) -> tuple[int, ...]:
    whole = isinstance(values, list) and values and all(type(value) is int and value > 0 for value in values)
    if not whole:
        raise expected(title, values, "a list of positive integers")
    return tuple(values)
