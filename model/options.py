"""What a network and its training can be told: shapes, rules, the recipe's numbers. No torch here, for the settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from base.checked import read_toml
from base.errors import expected

STRIDES = (1, 2)
FRONTS = ("separable", "standard")
ENCODERS = ("shift", "division")
WINDOW_RULES = ("homeostatic", "paper", "grow", "fixed")
RECIPES, USUAL_RECIPE = Path(__file__).resolve().parent / "recipes", "firstspike"
WINDOW_RATE = 0.05  # λ of the rules that follow the earliness, per training batch

_USUAL: dict[str, Any] = read_toml(RECIPES / f"{USUAL_RECIPE}.toml")["training"]
_Share = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(ge=0, le=1000)]


@dataclass(frozen=True)
class LSNNetConfig:
    """Shape of one network. Input is (B, in_channels, height, width), channel t * features + f."""

    in_channels: int
    height: int
    width: int
    classes: int
    channels: tuple[int, ...] = (32, 32)  # outputs of the pointwise convolutions; none: no blocks
    hidden: tuple[int, ...] = (64, 32)  # neurons of the B1 layers
    strides: tuple[int, ...] = ()  # of the blocks' convolutions, 1 or 2; none given: all 1
    front: str = "separable"  # FRONTS
    encoder: str = "shift"  # ENCODERS
    window: str = "homeostatic"  # WINDOW_RULES
    window_rate: float = WINDOW_RATE

    def __post_init__(self) -> None:
        for name in ("in_channels", "height", "width", "classes"):
            if getattr(self, name) < 1:
                raise expected(f"network {name}", getattr(self, name), "a positive integer")
        for name in ("channels", "hidden"):
            # JSON and TOML bring lists; the frozen form is a tuple.
            object.__setattr__(self, name, tuple(getattr(self, name)))
            if min(getattr(self, name), default=1) < 1:
                raise expected(f"network {name}", list(getattr(self, name)), "positive integers")
        if not self.hidden:
            raise expected("network hidden", "none", "one or more positive integers")
        object.__setattr__(self, "strides", tuple(self.strides) or (1,) * len(self.channels))
        if len(self.strides) != len(self.channels) or not set(self.strides) <= set(STRIDES):
            raise expected("network strides", list(self.strides), f"{' or '.join(map(str, STRIDES))} for each of "
                           f"{len(self.channels)} blocks")
        for name, known in (("front", FRONTS), ("encoder", ENCODERS), ("window", WINDOW_RULES)):
            if getattr(self, name) not in known:
                raise expected(f"network {name}", getattr(self, name), "one of " + ", ".join(known))

    @property
    def features(self) -> int:
        """Values that leave the last block, or the input, and so the encoder's neurons."""
        height, width = self.height, self.width
        for stride in self.strides:
            height, width = -(-height // stride), -(-width // stride)
        return height * width * (self.in_channels, *self.channels)[-1]

    def to_dict(self) -> dict[str, Any]:
        """Only numbers and lists, as JSON has them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LSNNetConfig:
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise expected("network configuration", f"unknown keys {unknown}", f"keys of {sorted(known)}")
        return cls(**values)


@dataclass(frozen=True)
class TrainOptions:
    """A training's seed and the numbers of its recipe. What each means stands in recipes/firstspike.toml."""

    seed: int = 0
    epochs: Annotated[int, Field(ge=1, le=9999)] = _USUAL["epochs"]
    settled: _Share = _USUAL["settled"]
    patience: Annotated[int, Field(ge=0, le=9999)] = _USUAL["patience"]
    batch: Annotated[int, Field(ge=1, le=65536)] = _USUAL["batch"]
    lr: Annotated[float, Field(gt=0, le=1)] = _USUAL["lr"]
    schedule: Literal["cosine", "constant"] = _USUAL["schedule"]
    weight_decay: _Share = _USUAL["weight_decay"]
    label_smoothing: _Share = _USUAL["label_smoothing"]
    teacher: _Share = _USUAL["teacher"]
    swap: _Weight = _USUAL["swap"]
    noise: _Weight = _USUAL["noise"]
    offset: _Weight = _USUAL["offset"]
    electrode_dropout: Annotated[float, Field(ge=0, lt=1)] = _USUAL["electrode_dropout"]
    mirror: _Share = _USUAL["mirror"]
    activity: _Weight = _USUAL["activity"]
    average_decay: Annotated[float, Field(ge=0, lt=1)] = _USUAL["average_decay"]

    @property
    def first_kept(self) -> int:
        """The first epoch that can be kept."""
        return min(int(self.settled * self.epochs), self.epochs - 1)

    @property
    def kept_by(self) -> str:
        """The rule by which an epoch is kept, in words; epochs count from 1."""
        return f"lowest validation loss among epochs {self.first_kept + 1} … {self.epochs}"

    def ended(self, epoch: int, best_epoch: int) -> bool:
        """Whether patience ends a training before this epoch, the best one being best_epoch, -1 if none yet."""
        return epoch - max(best_epoch, self.first_kept) > self.patience
