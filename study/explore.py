"""`make explore`: every fold of the run's network by the cost and the cycle model, the best of them built and measured.

    OUT/explore.json, OUT/explore/*.toml (presets), explore.md and two PNGs in docs/ or OUT

No synthesis is in the search. The knees of each core's front and the presets of WISHES are synthesised, and simulated
over the whole test set, afterwards. Accuracy is measured for every pair of weight and time bits of the grid, by tuning
the run's own trained network to them; a fold never changes it. Networks of other sizes are not trained here.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from base.errors import expected
from base.files import read_json, read_npz, write_json, write_text
from base.lock import held
from base.records import Record, digest, hash_sources
from base.sources import closure
from board.preset import Preset
from flow.hardware import Design
from flow.report.gather import repeat_line
from flow.run import run_target
from flow.settings import Settings
from flow.stages import VALUES
from model.evaluate import select
from rtl import cost, cycles
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import BITS, CORES
from study import explore_page, explore_plots, explore_sparsity
from study.explore_grid import points
from study.explore_search import COUNTS, Found, search
from study.folds import measured

MODULES = ("study.explore_search", "rtl.cost", "rtl.cycles", "spec.golden")
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


def explore(settings: Settings, console: Console) -> None:
    """Search, verify and write: see above."""
    run_target("lower", settings, console)
    out = settings.out / "explore"
    with held("OUT", settings.out):
        grid = points(settings, [(bits, time) for bits in BITS for time in (bits - 1, bits, bits + 1) if time in BITS])
        limits = settings.board_facts.limits
        most: dict[str, float] = {"lut": limits.lut, "bram36": limits.bram36, "dsp": limits.dsp}
        widths = [_width(settings, bits, most, console) for bits in settings.widths]
        found = {"variables": settings.variables(places=False), "board": settings.board_facts.model_dump(mode="json"),
                 "grid": [_at(settings, point, widths[0]) for point in grid], "widths": widths,
                 "sparsity": explore_sparsity.table(settings.board_facts.clock_mhz),
                 "model": read_json(cost.COEFFICIENTS)}
    write_json(settings.out / "explore.json", found)
    for width in widths:
        for wish in width["wishes"]:
            if wish["fold"]:
                said = f"{wish['said']}, INT{width['bits']}; by `make explore {repeat_line(found['variables'])}`."
                write_text(out / f"{settings.preset}-{wish['name']}.toml",
                           preset_text(settings.network, wish["fold"], said))
    pages = settings.pages
    explore_plots.fronts(found, pages / "explore.png")
    explore_plots.sparsity(found["sparsity"], pages / "explore-sparsity.png")
    write_text(pages / "explore.md", explore_page.page(settings, found))
    console.print(f"written: {os.path.relpath(pages / 'explore.md')}, presets in {os.path.relpath(out)}")


def _at(settings: Settings, point: dict[str, Any], width: dict[str, Any]) -> dict[str, Any]:
    """The knees of the first width's fronts, folded so at another pair of bits: LUTs and latency by the models."""
    spec = NetSpec.load(Path(point["folder"]))
    words = spec.input.quantise(select(read_npz(settings.out / "samples.npz"), "test")[0])
    trace = golden.run(spec, words)
    rows = {}
    for core, knee in width["knees"].items():
        folded = fold(spec, **knee["fold"])
        rows[core] = {**cost.cost(folded), "worst": int(cycles.predicted_latency(folded, trace).max())}
    return {"bits": point["bits"], "time_bits": point["time_bits"], "balanced": point["metrics"]["balanced"],
            "knees": rows}


def _width(settings: Settings, bits: int, most: dict[str, float], console: Console) -> dict[str, Any]:
    """Fronts, knees and wishes of the network with these bits."""
    design = Design(settings, bits)
    console.print(f"INT{bits}: folds ...")
    kept = _searched(settings, design, most)
    for core, knee in kept["knees"].items():
        knee["built"] = measured(fold(design.spec, **knee["fold"]), design, settings.out)
        console.print(f"INT{bits} knee of {core}: {_said(knee)}")
    for wish in kept["wishes"]:
        if wish["fold"]:
            wish["built"] = measured(fold(design.spec, **wish["fold"]), design, settings.out)
            console.print(f"INT{bits} {wish['name']}: {_said(wish)}")
    return kept


def _said(row: dict[str, Any]) -> str:
    built = row["built"]
    return (f"{row['lut']:,.0f} LUT and {row['worst']:,.0f} cycles by the models; {built['lut']:,} and "
            f"{built['latency']:,} built, {built['mismatches']} of {built['samples']} differ")


def _searched(settings: Settings, design: Design, most: dict[str, float]) -> dict[str, Any]:
    """`fronts` per core, `knees` per core, `wishes`; kept in OUT/explore by what it depends on."""
    folder = settings.out / "explore" / f"int{design.bits}"
    code = hash_sources([*closure(MODULES, VALUES), "rtl/cost.json"])
    key = [design.spec.digest, code, most, digest(np.ascontiguousarray(design.words)), repr(WISHES)]
    record = Record(folder / "record.json", key, lambda: [folder / "front.json"])
    if not record.fresh:
        record.run(lambda: write_json(folder / "front.json", _search(design, most)))
    return dict(read_json(folder / "front.json"))


def _search(design: Design, most: dict[str, float]) -> dict[str, Any]:
    found = search(design.spec, design.trace, most)
    fronts = {core: found.front(core) for core in CORES}
    return {"bits": design.bits, "time_bits": design.spec.time_bits, "designs": len(found.pairs),
            "fronts": {core: [_row(found, at) for at in front] for core, front in fronts.items()},
            "knees": {core: _row(found, front[knee(found, front)]) for core, front in fronts.items() if front},
            "wishes": [looked_for(design.spec, design.trace, wish) for wish in WISHES if wish.bits == design.bits]}


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


def preset_text(network: Preset, choice: dict[str, Any], said: str) -> str:
    """A preset as board/preset.py reads it: this network, folded so; `said` on its first line."""
    lines = [f"# {said}", "", "[network]", f"channels = {list(network.channels)}",
             f"hidden = {list(network.hidden)}", "", "[fold]"]
    for key, value in choice.items():
        lines.append(f"{key} = {json.dumps(value)}")  # lists, texts and numbers are the same in TOML
    return "\n".join([*lines, ""])
