"""`make explore`: every fold of the run's network by the cost and the cycle model, the best of them built and measured.

    OUT/explore.json, OUT/explore/*.toml (presets), explore.md and two PNGs in docs/ or OUT

No synthesis is in the search. The knees of each core's front and the presets of WISHES are synthesised, and simulated
over the whole test set, afterwards. Accuracy is measured for every pair of weight and time bits of the grid, by tuning
the run's own trained network to them; a fold never changes it. Networks of other sizes are not trained here.
"""

from __future__ import annotations

import json
import os
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
from spec.units import BITS
from study import explore_page, explore_plots, explore_sparsity
from study.explore_grid import points
from study.explore_wishes import searched
from study.folds import measured

MODULES = ("study.explore_wishes", "rtl.cost", "rtl.cycles", "spec.golden")


def explore(settings: Settings, console: Console) -> None:
    """Search, verify and write: see above."""
    if not settings.network.channels:
        raise expected(f"PRESET {settings.network.name}", "no blocks", "blocks, whose folds are searched")
    run_target("lower", settings, console)
    out = settings.out / "explore"
    with held("OUT", settings.out):
        grid = points(settings, [(bits, time) for bits in BITS for time in (bits - 1, bits, bits + 1) if time in BITS])
        limits = settings.board_facts.limits
        most: dict[str, float] = {"lut": limits.lut, "bram36": limits.bram36, "dsp": limits.dsp}
        widths = [_width(settings, bits, most, console) for bits in settings.widths]
        found = {"variables": settings.variables(places=False), "board": settings.board_facts.model_dump(mode="json"),
                 "grid": [_at(settings, point, widths[0]) for point in grid], "widths": widths,
                 "sparsity": explore_sparsity.table(
                     explore_sparsity.Fabric(round(limits.lut / limits.dsp), settings.board_facts.clock_mhz)),
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
    key = [design.spec.digest, code, most, digest(np.ascontiguousarray(design.words))]
    record = Record(folder / "record.json", key, lambda: [folder / "front.json"])
    if not record.fresh:
        record.run(lambda: write_json(folder / "front.json", searched(design.spec, design.trace, most)))
    return dict(read_json(folder / "front.json"))


def preset_text(network: Preset, choice: dict[str, Any], said: str) -> str:
    """A preset as board/preset.py reads it: this network, folded so; `said` on its first line."""
    lines = [f"# {said}", "", "[network]", *(f"{name} = {values}" for name, values in network.shape.items()), "",
             "[fold]"]
    for key, value in choice.items():
        lines.append(f"{key} = {json.dumps(value)}")  # lists, texts and numbers are the same in TOML
    return "\n".join([*lines, ""])
