"""Encoder: features to times of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from base.errors import expected
from spec.units.unit import (
    CORES,
    Joint,
    Unit,
    check_core,
    check_lanes,
    check_shift,
    core_module,
    largest_window,
    value_range,
)


@dataclass(frozen=True, eq=False)
class Encoder(Unit):
    """Division-free TTFS encoder: x = clamp((F - v_min) >> shift, 0, 2^time_bits - 1) ticks of earliness.

    The spike comes at tick window - x; x = 0 is silence. Features arrive unsigned from a block, signed from the input,
    `lanes` per beat; more than one only where the core takes spikes in any order.
    """

    kind: ClassVar[str] = "encoder"
    features: int
    in_bits: int
    time_bits: int
    v_min: int
    shift: int
    lanes: int = 1
    core: str = "ticks"
    in_signed: bool = False

    def __post_init__(self) -> None:
        check_shift(self.name, self.shift)
        check_core(self.name, self.core)
        check_lanes(self, "features", "lanes")
        if self.core == "ticks" and self.lanes > 1:
            raise expected(f"{self.name}.lanes", self.lanes, "1 with core ticks, whose lists take one per cycle")
        lo, hi = value_range(self.in_bits, self.in_signed)
        if not lo <= self.v_min <= hi:
            raise expected(f"{self.name}.v_min", self.v_min, f"{lo} … {hi}")

    @property
    def module(self) -> str:
        return core_module(self)

    @property
    def window(self) -> int:
        """Ticks in the window, the largest earliness."""
        return largest_window(self.time_bits)

    @property
    def takes(self) -> Joint:
        return Joint(self.features, self.in_bits, self.in_signed, self.lanes)

    @property
    def sends(self) -> Joint:
        return Joint(self.features, self.time_bits, events=CORES[self.core])

    @property
    def fold(self) -> dict[str, int | str]:
        return {"lanes": self.lanes, "core": self.core}

    @property
    def widest_word(self) -> tuple[str, int]:
        return "ticks of the window", self.window + 1

    def parameters(self) -> dict[str, int]:
        lanes = {} if self.core == "ticks" else {"LANES": self.lanes}
        return {"FEATURES": self.features, **lanes, "IN_W": self.in_bits, "IN_SIGNED": int(self.in_signed),
                "TIME_W": self.time_bits, "V_MIN": self.v_min, "SHIFT": self.shift, "INDEX_W": self.sends.index_bits}
