"""What is looked for among the folds that the search has found: knees of the fronts, and the presets of WISHES."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from base.errors import expected
from spec import golden
from spec.netspec import NetSpec
from spec.units import CORES
from study.explore_search import COUNTS, Found, search

REACHES = (1.0, 2.0)  # how far beyond its limits a wish is looked for
LEFT = 0.93  # of the LUTs of a wish that the model may fill: it errs by so much


@dataclass(frozen=True)
class Wish:
    """A preset that is looked for: the least of one of COUNTS within limits on others, at these bits."""

    name: str
    bits: int
    least: str
    limits: dict[str, float]


WISHES = (
    Wish("tiny", 4, "lut", {"lut": 2200, "bram36": 8, "dsp": 0, "worst": 100_000}),
    Wish("balanced", 8, "lut", {"lut": 4000, "bram36": 16, "dsp": 80, "worst": 1450, "interval": 800}),
    Wish("fast", 8, "lut", {"lut": 26_600, "bram36": 70, "dsp": 200, "worst": 450}),
)


def searched(spec: NetSpec, trace: golden.Trace, most: dict[str, float]) -> dict[str, Any]:
    """`fronts` per core and their `knees` within `most` of the part, and the `wishes` at these bits, by the models."""
    found = search(spec, trace, most)
    fronts = {core: found.front(core) for core in CORES}
    return {"bits": spec.weight_bits, "time_bits": spec.time_bits, "designs": len(found.pairs),
            "fronts": {core: [_row(found, at) for at in front] for core, front in fronts.items()},
            "knees": {core: _row(found, front[knee(found, front)]) for core, front in fronts.items() if front},
            "wishes": [looked_for(spec, trace, wish) for wish in WISHES if wish.bits == spec.weight_bits]}


def _row(found: Found, at: int) -> dict[str, Any]:
    return {**found.row(at), "fold": found.fold(at)}


def knee(found: Found, front: list[int]) -> int:
    """Place in a front of the design that lies farthest below the line between its ends, both axes logarithmic."""
    if len(front) < 3:
        return 0
    points = np.log(found.counts[front][:, [COUNTS.index("lut"), COUNTS.index("worst")]])
    scaled = (points - points.min(axis=0)) / np.maximum(np.ptp(points, axis=0), 1e-9)
    return int(scaled.sum(axis=1).argmin())


def looked_for(spec: NetSpec, trace: golden.Trace, wish: Wish) -> dict[str, Any]:
    """What comes nearest to a wish, by the models: a row; `met` where they say that it is within the limits.

    Nothing far outside of the limits is looked at, unless nothing is within.
    """
    for reach in REACHES:
        found = search(spec, trace, {name: most * reach for name, most in wish.limits.items()})
        at, met = granted(found, wish) if len(found.pairs) else (0, False)
        if met or (reach == REACHES[-1] and len(found.pairs)):
            return {"name": wish.name, "said": _words(wish), "wanted": wish.limits, "met": met, **_row(found, at)}
    raise expected(f"preset {wish.name}", "no fold", "one that is within twice the limits")


def _words(wish: Wish) -> str:
    return f"least {wish.least} within " + ", ".join(f"{name} {most:,g}" for name, most in wish.limits.items())


def granted(found: Found, wish: Wish) -> tuple[int, bool]:
    """The design, and whether it is within the limits; where none is, the one that exceeds them least.

    Of the LUTs less than all are given to the model, if anything is so small.
    """
    for share in (LEFT, 1.0):
        limits = {name: most * (share if name == "lut" else 1) for name, most in wish.limits.items()}
        at = found.least(wish.least, limits)
        if at is not None:
            return at, True
    over = np.max([found[name] / max(most, 0.5) for name, most in wish.limits.items()], axis=0)
    return int(over.argmin()), False
