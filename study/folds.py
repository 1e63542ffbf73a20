"""What folding does to a network: the run's own, folded as presets say, over its whole test set. `make folds`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from base.files import read_json, write_json, write_text
from base.lock import held
from base.markdown import table
from base.records import Record, digest, hash_sources
from base.sources import closure
from board.preset import load_preset
from flow.hardware import Design
from flow.report.gather import repeat_line
from flow.run import run_target
from flow.settings import Settings
from flow.stages import VALUES
from rtl import cost, cycles, synth, verilator
from rtl.emit import TOP, emit
from rtl.sim import simulate
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import BITS
from study.explore_grid import points

# Preset, a core in place of its own, and the most bits that it is for.
FOLDS = (("default", None, 8), ("default", "shift", 8), ("default", "dsp", 8), ("balanced", None, 8),
         ("balanced", "ticks", 8), ("balanced-shift", None, 8), ("fast", None, 8), ("fast-int4", None, 4),
         ("tiny", None, 8))
# What the presets are made to stay below: LUT, BRAM36, DSP, latency of the worst test sample, mean interval.
BUDGETS = {("tiny", None, 4): (2200, 8, 0, 100_000, None), ("balanced", None, 8): (4000, 16, 80, 1450, 800),
           ("balanced-shift", None, 8): (6358, 16, 80, 1750, 800), ("fast", None, 8): (26_600, 70, 200, 450, 500),
           ("fast-int4", None, 4): (20_000, 40, 200, 350, 500)}
MODULES = ("rtl.emit", "rtl.sim", "rtl.synth", "rtl.cycles", "spec.fold", "spec.golden")
COUNTS = ("lut", "bram36", "dsp", "latency", "interval")
SYNTHESISED = ("lut", "lutram", "ff", "bram36", "dsp")


def measure(settings: Settings, console: Console) -> None:
    """Fold, simulate and synthesise the run's network at every width; write OUT/folds.json and the page."""
    run_target("lower", settings, console)
    with held("OUT", settings.out):
        rows = list(_rows(settings, console))
    write_json(settings.out / "folds.json", rows)
    path = settings.pages / "folds.md"
    write_text(path, page(settings, rows))
    console.print(f"written: {os.path.relpath(path)}")


def _rows(settings: Settings, console: Console) -> Iterator[dict[str, Any]]:
    others = [bits for bits in reversed(BITS) if bits not in settings.widths]
    tuned = {point["bits"]: Path(point["folder"]) for point in points(settings, [(bits, bits) for bits in others])}
    for bits in (*settings.widths, *others):
        design = Design(settings, bits, tuned.get(bits))
        for preset, core, most in FOLDS:
            if bits > most:
                continue
            arguments = load_preset(preset).fold | ({"core": core} if core else {})
            spec = fold(design.spec, **arguments)
            row = {"preset": preset, "core": core, "bits": bits, "lut_model": cost.cost(spec)["lut"],
                   **measured(spec, design, settings.out, bits in settings.widths)}
            console.print(f"{preset} {row['used_core']} INT{bits}: {_count(row['lut'])} LUT, {_count(row['bram36'])} "
                          f"BRAM36, {_count(row['dsp'])} DSP, {row['latency']} cycles, "
                          f"{row['mismatches']} of {row['samples']} differ")
            yield row


def measured(spec: NetSpec, design: Design, out: Path, counted: bool = True) -> dict[str, Any]:
    """One folded network, from RTL simulation against golden and, where `counted`, synthesis; kept in OUT/folds."""
    folder = out / "folds" / (spec.digest[:8] + ("" if counted else "-cycles"))
    code = hash_sources([*closure(MODULES, VALUES), "rtl/units", "rtl/templates", "rtl/harness.cpp"])
    kept = folder / "row.json"
    record = Record(folder / "record.json", [spec.digest, code, digest(np.ascontiguousarray(design.words))],
                    lambda: [kept])
    if not record.fresh:
        record.run(lambda: write_json(kept, _measured(spec, design, folder, out, counted)))
    return dict(read_json(kept))


def _measured(spec: NetSpec, design: Design, folder: Path, out: Path, counted: bool) -> dict[str, Any]:
    sources = emit(spec, folder)
    verilator.lint(sources, TOP, {}, folder)
    result = simulate(spec, design.words, folder, out / "verilated")
    compared = design.compare("golden=rtl", result.outputs, result.spikes)
    counts = synth.synth(sources, TOP, folder, out / "synthesised") if counted else dict.fromkeys(SYNTHESISED)
    predicted = cycles.predicted_latency(spec, design.trace)
    return {"used_core": spec.core, "samples": compared["samples"], "mismatches": compared["mismatches"],
           **{name: counts[name] for name in SYNTHESISED},
           **{name: result.cycles()[name] for name in ("latency", "latency_mean", "interval")},
           "predicted": int(predicted.max()), "bound": cycles.worst_latency(spec)}


def page(settings: Settings, rows: list[dict[str, Any]]) -> str:
    """Tables of all folds, and of what the presets were to stay below."""
    mhz = settings.board_facts.clock_mhz
    lines = [[row["preset"] + (f", core {row['core']}" if row["core"] else ""), row["used_core"], f"INT{row['bits']}",
              f"{row['samples'] - row['mismatches']} of {row['samples']}",
              _count(row["lut"]), _count(round(row["lut_model"])),
              *(_count(row[name]) for name in (*SYNTHESISED[1:], "latency")),
              f"{row['latency_mean']:,.0f}", f"{row['bound']:,}", f"{row['interval']:,.0f}",
              f"{row['latency'] / mhz:.3g}"] for row in rows]
    simulated = "**SIMULATED EEG.** " if settings.dataset == "simulated" else ""
    said = repeat_line(settings.variables(places=False))
    return "\n".join([
        "# Folds of one network", "", "<!-- Written by `make folds`. -->", "",
        simulated +
        f"`make folds {said}`: the network of that run, folded as the presets in `board/presets/` say, at every width "
        "from 8 to 4 bits. Samples, latency (cycles; of the worst test sample, mean, and the bound that none can "
        "exceed) and interval are of the RTL simulation over the whole test set, which is compared with the golden "
        "model. LUT (with those used as memory), FF, BRAM36 and DSP are Yosys', before place and route: counted at the "
        f"run's own widths, the others are simulated alone. The clock of {mhz} MHz for the last column is assumed.", "",
        table(["preset", "core", "bits", "bit-exact", "LUT", "LUT, model", "LUTRAM", "FF", "BRAM36", "DSP", "latency",
               "mean", "bound", "interval", "µs, worst"], lines), "",
        "The cost model (`rtl/cost.py`) was fitted to none of these: " + errors(
            [row["lut_model"] / row["lut"] - 1 for row in rows if row["lut"] is not None]) + ".", "",
        "## Budgets", "",
        "What the presets are made for, and what they are.", "",
        table(["preset", "bits", *(f"{name}, wanted" for name in COUNTS), *COUNTS, "met"], list(_budgets(rows))), ""])


def errors(relative: list[float]) -> str:
    """In words, of a model's relative errors."""
    sizes = [abs(error) for error in relative]
    return (f"{len(sizes)} designs, mean error of LUTs {100 * sum(sizes) / len(sizes):.1f} %, largest "
            f"{100 * max(sizes):.1f} %")


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,g}"


def _budgets(rows: list[dict[str, Any]]) -> Iterator[list[str]]:
    for (preset, core, bits), wanted in BUDGETS.items():
        found = [row for row in rows if (row["preset"], row["core"], row["bits"]) == (preset, core, bits)]
        for row in (row for row in found if row["lut"] is not None):
            over = [name for name, most in zip(COUNTS, wanted, strict=True) if most is not None and row[name] > most]
            yield [preset + (f", core {core}" if core else ""), f"INT{bits}", *map(_count, wanted),
                   *(_count(row[name]) for name in COUNTS), "yes" if not over else "no: " + ", ".join(over)]
