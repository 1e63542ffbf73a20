"""What a person writes once: the network and its folding (a preset), the facts of a board. No torch here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, model_validator

from base.checked import Checked, Slug, check, named_toml, read_toml, toml_names

BOARDS = Path(__file__).resolve().parent
PRESETS = BOARDS / "presets"
LARGEST = 1024  # of any count here: no word of the hardware holds more

Count = Annotated[int, Field(ge=1, le=LARGEST)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1, max_length=64)]
MaybeCounts = Annotated[tuple[Count, ...], Field(max_length=64)]
Strides = Annotated[tuple[Annotated[int, Field(ge=1, le=2)], ...], Field(max_length=64)]


def _kinds(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(kind, str) for kind in value):
        return tuple(value)
    raise ValueError(f"got {value!r}, expected dsp, packed or lut, or a list: per block or per convolution")


Kinds = Annotated[str | tuple[str, ...], PlainValidator(_kinds)]


class _Network(Checked):
    channels: MaybeCounts = Field(description="a list of positive integers, outputs per block")
    strides: Strides = Field((), description="a list of 1 or 2, strides per block")
    hidden: Counts = Field(description="a list of positive integers, neurons per B1 layer")


class _Fold(Checked):
    """What is computed at once, see spec/fold.py; what is left out is computed all at once."""

    lanes: MaybeCounts = Field(description="a list of positive integers, input lanes per block")
    taps: MaybeCounts = Field((), description="a list of 9, 3 or 1, taps at once per block")
    pe: MaybeCounts = Field((), description="a list of positive integers, outputs at once per block")
    features: Count = Field(1, description="a positive integer, features per cycle into the encoder")
    core: str = Field("ticks", description="ticks, shift or dsp")
    neurons: MaybeCounts = Field((), description="a list of positive integers, neurons at once per B1 layer")
    classes: int = Field(0, ge=0, le=LARGEST, description="a positive integer, classes at once")
    multipliers: Kinds = Field("dsp", description="dsp, packed or lut, or a list: per block or per convolution")


class _PresetFile(Checked):
    network: _Network = Field(description="a table [network]")
    fold: _Fold = Field(description="a table [fold]")


class Preset(_Fold):
    """Network shape (outputs and stride per block, neurons per B1 layer) and folding (see _Fold)."""

    name: Slug
    channels: MaybeCounts
    hidden: Counts
    strides: Strides = ()

    @property
    def shape(self) -> dict[str, list[int]]:
        """The network's table as TOML and JSON have it."""
        return {name: list(getattr(self, name)) for name in _Network.model_fields}

    @property
    def fold(self) -> dict[str, Any]:
        """The arguments of spec.fold.fold."""
        return {name: getattr(self, name) for name in _Fold.model_fields}

    @model_validator(mode="after")
    def _one_each(self) -> Preset:
        if not self.strides:
            object.__setattr__(self, "strides", (1,) * len(self.channels))
        for name in ("strides", "lanes", "taps", "pe", "multipliers", "neurons"):
            of, table = "hidden" if name == "neurons" else "channels", "network" if name == "strides" else "fold"
            values, wanted = getattr(self, name), len(getattr(self, of))
            if name == "multipliers" and (isinstance(values, str) or len(values) == 2 * wanted):
                continue
            if len(values) != wanted and (values or name == "lanes"):
                each = "block" if of == "channels" else "layer"
                raise ValueError(f"{table}.{name}: got {len(values)} values, expected {wanted}, one per {each}")
        return self


class Limits(Checked):
    """What a part has."""

    lut: int = Field(ge=1, description="a positive integer")
    lutram: int = Field(ge=1, description="a positive integer")
    ff: int = Field(ge=1, description="a positive integer")
    bram36: int = Field(ge=1, description="a positive integer, blocks of 36 Kbit")
    dsp: int = Field(ge=1, description="a positive integer")


class Power(Checked):
    """What the whole board takes, as somebody has measured it: no number of this project's."""

    watts: float = Field(gt=0, le=1000, description="a positive number")
    source: str = Field(min_length=1, max_length=400, description="who measured it, on what")


class _BoardFile(Checked):
    part: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="a part number")
    clock_mhz: int = Field(ge=1, le=10_000, description="a positive integer, in MHz")
    limits: Limits = Field(description="a table [limits]")
    power: Power | None = Field(None, description="a table [power]")


class Board(_BoardFile):
    """Part number, clock in MHz, what the part has (lut, lutram, ff, bram36, dsp), and the board's power, if known."""

    name: Slug


def load_preset(preset: str, **changed: Any) -> Preset:
    """A preset by name (board/presets/<name>.toml) or by path (ends in .toml), with these of its values changed.

    A changed one is named `<name>-changed`. Raises UserError on a missing file, bad TOML, a missing or unknown key,
    a value that is no list of positive integers, or lists whose lengths contradict each other.
    """
    path = named_toml("PRESET", preset, PRESETS)
    title = f"preset {path.stem}"
    found = check(read_toml(path), _PresetFile, title)
    values = found.network.model_dump() | found.fold.model_dump()
    name = f"{path.stem}-changed" if changed and values != values | changed else path.stem
    return check({"name": name, **values, **changed}, Preset, title)


def load_board(board: str) -> Board:
    """Facts of a board by name (board/<name>.toml) or by path. Raises UserError as `load_preset` does."""
    path = named_toml("BOARD", board, BOARDS)
    facts: dict[str, Any] = check(read_toml(path), _BoardFile, f"board {path.stem}").model_dump()
    return check({"name": path.stem, **facts}, Board, f"board {path.stem}")


def preset_names() -> list[str]:
    """All presets, by name."""
    return toml_names(PRESETS)


def board_names() -> list[str]:
    """All boards, by name."""
    return toml_names(BOARDS)
