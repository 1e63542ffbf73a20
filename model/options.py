"""What a network and its training can be told: shapes, rules, the recipe's numbers. No torch here, for the settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from base.errors import expected

FRONTS = ("separable", "standard")
ENCODERS = ("shift", "division")
WINDOW_RULES = ("homeostatic", "paper", "grow", "fixed")
WINDOW_RATE = 0.05  # λ of the rules that follow the earliness, per training batch


@dataclass(frozen=True)
class LSNNetConfig:
    """Shape of one network. Input is (B, in_channels, height, width), channel t * features + f."""

    in_channels: int
    height: int
    width: int
    classes: int
    channels: tuple[int, ...] = (32, 32)  # outputs of the pointwise convolutions
    hidden: tuple[int, ...] = (64, 32)  # neurons of the B1 layers
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
            if not getattr(self, name) or min(getattr(self, name)) < 1:
                raise expected(f"network {name}", list(getattr(self, name)), "one or more positive integers")
        for name, known in (("front", FRONTS), ("encoder", ENCODERS), ("window", WINDOW_RULES)):
            if getattr(self, name) not in known:
                raise expected(f"network {name}", getattr(self, name), "one of " + ", ".join(known))

    @property
    def features(self) -> int:
        """Values that leave the last block, and so the encoder's neurons."""
        return self.height * self.width * self.channels[-1]

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
    """Recipe; the defaults are the ones chosen by cross-validation over subjects (docs/training.md)."""

    seed: int = 0
    epochs: int = 25
    settled: float = 0.75  # share of the epochs before any is kept: a falling validation loss says little there
    patience: int = 8  # settled epochs without a lower validation loss before training ends
    batch: int = 64
    lr: float = 3e-3  # peak; one epoch of linear warm-up, then a cosine to zero
    weight_decay: float = 0.05  # on weights, not on D and batch norm
    label_smoothing: float = 0.1
    teacher: float = 0.7  # share of the linear teacher in the loss
    swap: float = 2.0  # strength of the move towards another training subject
    noise: float = 0.6  # white input noise, standard deviations
    offset: float = 0.6  # input offset per sample and channel, standard deviations
    electrode_dropout: float = 0.1
    activity: float = 0.2  # weight of soft spikes per neuron in a spiking network's loss
    average_decay: float = 0.98  # per step, of the running mean of the weights, which is what is kept

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
