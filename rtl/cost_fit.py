"""`python -m rtl.cost_fit [FOLDER]`: fits the cost model to syntheses of drawn designs, writes rtl/cost.json.

It is tested by cross-validation: the designs are dealt into PARTS, and each is estimated by coefficients that were
fitted to the other parts alone. The coefficients that are kept are fitted to all. A coefficient is the least-squares
one of relative errors, not negative, held to 1 by as much as one synthesis of ten percent error would: with few
syntheses a term stays what its hand count says.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from base.files import write_json
from base.records import ROOT
from rtl import cost, synth
from rtl.cost_designs import drawn
from rtl.cost_flops import flops
from rtl.cost_terms import Terms, luts, variant
from rtl.emit import TOP, emit
from spec.netspec import NetSpec

DESIGNS = range(100, 119)  # seeds
PARTS = 5
HOLD = 0.1  # a coefficient of 0 or 2 counts as much as this relative error of one unit
FLOOR = 40  # LUTs or flip-flops to which an error is relative, where a unit has fewer
Row = tuple[str, str, Terms, float]  # variant, count, terms, what Yosys found


def measured(seed: int, folder: Path) -> dict[str, Any]:
    """Yosys' counts of a drawn design, in total and per unit; units are kept in `folder` by what they are."""
    place = folder / f"design-{seed}"
    return synth.synth(emit(drawn(seed)[1], place), TOP, place, folder / "synthesised")


def rows(spec: NetSpec, counts: dict[str, Any]) -> Iterable[Row]:
    """What a design says of each of its units, and of the shell."""
    shell = {name: counts[name] for name in ("lut", "ff")}
    for unit in spec.units:
        found = counts["per_unit"][unit.name]
        yield variant(unit), "lut", luts(spec, unit), found["lut"]
        yield variant(unit), "ff", flops(spec, unit), found["ff"]
        shell = {name: shell[name] - found[name] for name in shell}
    for name, value in shell.items():
        yield cost.SHELL, name, cost.shell_terms(spec), value


def fit(designs: Iterable[tuple[NetSpec, dict[str, Any]]]) -> cost.Coefficients:
    """Coefficients: variant -> lut or ff -> term."""
    grouped: dict[tuple[str, str], list[tuple[Terms, float]]] = defaultdict(list)
    for spec, counts in designs:
        for kind, name, terms, value in rows(spec, counts):
            grouped[kind, name].append((terms, value))
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for (kind, name), entries in sorted(grouped.items()):
        found[kind][name] = _solve(entries)
    return dict(found)


def _solve(entries: list[tuple[Terms, float]]) -> dict[str, float]:
    names = sorted({name for terms, _ in entries for name in terms})
    scale = np.array([1 / max(value, FLOOR) for _, value in entries])
    matrix = np.array([[terms.get(name, 0.0) for name in names] for terms, _ in entries]) * scale[:, None]
    wanted = np.array([value for _, value in entries]) * scale
    held = HOLD * np.eye(len(names))
    values, _ = nnls(np.vstack([matrix, held]), np.concatenate([wanted, held.sum(axis=1)]))
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}


def compare(seed: int, counts: dict[str, Any], coefficients: cost.Coefficients) -> dict[str, Any]:
    """A design's row of the table of errors: what the model says with these coefficients, what Yosys found."""
    name, spec = drawn(seed)
    said = cost.cost(spec, coefficients)
    return {"seed": seed, "shape": name, "core": spec.core, "bits": spec.weight_bits, "time_bits": spec.time_bits,
            **{f"{count}_model": said[count] for count in cost.COUNTS},
            **{f"{count}_yosys": counts[count] for count in cost.COUNTS},
            "error": said["lut"] / counts["lut"] - 1}


def document(known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What cost.json holds, of Yosys' counts by seed: coefficients, and `tested`, the table of errors."""
    specs = {seed: drawn(seed)[1] for seed in known}
    tested = []
    for part in range(PARTS):
        held_out = list(known)[part::PARTS]
        others = fit((specs[seed], known[seed]) for seed in known if seed not in held_out)
        tested += [compare(seed, known[seed], others) for seed in held_out]
    return {"coefficients": fit((specs[seed], known[seed]) for seed in known),
            "tested": sorted(tested, key=lambda row: row["seed"])}


def main() -> None:
    os.chdir(ROOT)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/cost")
    found = document({seed: measured(seed, folder) for seed in DESIGNS})
    write_json(cost.COEFFICIENTS, found)
    for row in found["tested"]:
        print(f"{row['seed']:3} {row['shape']:8} {row['core']:6} INT{row['bits']}/{row['time_bits']}"
              f" LUT {row['lut_model']:7,.0f} {row['lut_yosys']:7,.0f} {row['error']:+7.1%}"
              f"  FF {row['ff_model'] / row['ff_yosys'] - 1:+7.1%}"
              f"  BRAM36 {row['bram36_model']:g} {row['bram36_yosys']:g}  DSP {row['dsp_model']} {row['dsp_yosys']}")


if __name__ == "__main__":
    main()
