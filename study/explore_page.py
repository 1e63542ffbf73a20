"""The page of `make explore`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from base.markdown import table
from flow.report.gather import repeat_line
from flow.settings import Settings
from rtl.cost_designs import MOST_PRODUCTS, SHAPES
from rtl.cost_fit import PARTS
from study.explore_search import MOST_LANES
from study.explore_sparsity import crossing
from study.folds import errors

FRONT = ("lut", "ff", "bram36", "dsp", "worst", "mean", "interval")
SHOWN = 9  # rows of a front


def page(settings: Settings, found: dict[str, Any]) -> str:
    """Fronts, knees and presets, bits, sparsity, what the cost model is worth."""
    simulated = "**SIMULATED EEG.** " if settings.dataset == "simulated" else ""
    said = repeat_line(settings.variables(places=False))
    parts = [
        "# Exploring the folds", "", "<!-- Written by `make explore`. -->", "",
        f"{simulated}`make explore {said}`: the network of that run, preset `{settings.preset}`, in its folds of "
        f"up to {MOST_LANES} lanes: lanes, taps, outputs at once and one kind of multipliers per block, features per "
        "cycle, core, neurons per layer, classes. "
        "LUT, FF, BRAM36 and DSP are of the cost model (`rtl/cost.py`) and estimates, cycles of the cycle model "
        "(`rtl/cycles.py`), exact for each of the test samples; `interval` is an estimate. **Built** are the knees "
        "and the presets: Yosys' counts before place and route, cycles of the RTL simulation over the whole test set, "
        "every sample compared with the golden model.", "",
        "![latency of the worst test sample against LUTs, a front per core](explore.png)", ""]
    for width in found["widths"]:
        parts += [f"## INT{width['bits']}", "",
                  f"{width['designs']:,} designs were looked at that fit the part. A core's knee is the design "
                  "farthest below the line between the ends of its front, both axes logarithmic.", "",
                  table(_KNEES, list(_knees(width))), "",
                  "The fronts: the least LUTs for each latency of the worst test sample, thinned out.", "",
                  table(["core", *FRONT, "fold"], list(_fronts(width))), ""]
    parts += ["## Presets", "",
              "Each is the least of something within limits; they lie in OUT/explore as files that `PRESET=` takes. "
              "What is over its limit in the design that was built stands in the last column.", "",
              table(_WISHES, [line for width in found["widths"] for line in _wishes(width)]), "",
              *_bits(found), *_sparsity(found), *_model(found)]
    return "\n".join([*parts, ""])


_KNEES = ["core", "LUT, model", "LUT, built", "FF, model", "FF, built", "BRAM36, model", "built", "DSP, model", "built",
          "worst latency, model", "built", "bit-exact", "fold"]
_WISHES = ["preset", "bits", "wanted", "LUT, model", "LUT", "BRAM36", "DSP", "latency, model", "latency", "interval",
           "bit-exact", "over"]


def _knees(width: dict[str, Any]) -> Iterator[list[str]]:
    for core, row in width["knees"].items():
        built = row["built"]
        yield [core, *(text for name in ("lut", "ff", "bram36", "dsp") for text in (_number(row[name]),
               _number(built[name]))), _number(row["worst"]), _number(built["latency"]), _exact(built),
               fold_text(row["fold"])]


def _fronts(width: dict[str, Any]) -> Iterator[list[str]]:
    for core, rows in width["fronts"].items():
        for row in _thinned(rows):
            yield [core, *(_number(row[name]) for name in FRONT), fold_text(row["fold"])]


def _thinned(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) <= SHOWN:
        return list(rows)
    return [rows[round(at * (len(rows) - 1) / (SHOWN - 1))] for at in range(SHOWN)]


def _wishes(width: dict[str, Any]) -> Iterator[list[str]]:
    for row in width["wishes"]:
        built, wanted = row["built"], row["wanted"]
        over = [name for name, of in (("lut", "lut"), ("bram36", "bram36"), ("dsp", "dsp"), ("worst", "latency"),
                                      ("interval", "interval")) if name in wanted and built[of] > wanted[name]]
        yield [row["name"], f"INT{width['bits']}", row["said"], _number(row["lut"]), _number(built["lut"]),
               _number(built["bram36"]), _number(built["dsp"]), _number(row["worst"]), _number(built["latency"]),
               _number(built["interval"]), _exact(built), ", ".join(over) or "nothing"]


def _exact(built: dict[str, Any]) -> str:
    return f"{built['samples'] - built['mismatches']} of {built['samples']}"


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def fold_text(fold: dict[str, Any]) -> str:
    """Short: what differs between blocks as a list."""
    return ", ".join(f"{name} {'/'.join(map(str, value)) if isinstance(value, list | tuple) else value}"
                     for name, value in fold.items() if name != "core")


def _bits(found: dict[str, Any]) -> list[str]:
    cores = list(found["grid"][0]["knees"]) if found["grid"] else []
    lines = [[str(point["bits"]), str(point["time_bits"]), f"{100 * point['balanced']:.1f}",
              *(text for core in cores for text in (_number(round(point["knees"][core]["lut"])),
                                                    _number(point["knees"][core]["worst"])))]
             for point in found["grid"]]
    return ["## Bits of weights and of time", "",
            "The run's trained network, tuned to each pair of widths; balanced accuracy is that of the golden model on "
            "the whole test set, one seed: **measured**. The knees' folds at these widths: models. Networks with other "
            "channels, neurons or a stride of the depthwise convolution (which the network does not have) were not "
            "trained, and are not here.", "",
            table(["weight bits", "time bits", "balanced accuracy, %",
                   *(text for core in cores for text in (f"LUT, {core}", "worst latency"))], lines), ""]


def _sparsity(found: dict[str, Any]) -> list[str]:
    rows, lines = found["sparsity"], []
    for row in rows:
        at_ten = {core: points[row["shares"].index(0.1)] for core, points in row["cores"].items()}
        best = min(at_ten, key=lambda core: at_ten[core]["product"])
        until = {core: crossing(row, core) for core in row["cores"]}
        lines.append([f"{row['size']}, {'/'.join(map(str, row['hidden']))}", f"INT{row['bits']}", best,
                      *(_number(round(at_ten[core]["product"])) for core in at_ten),
                      _number(round(row["dense"]["product"])),
                      *("never" if until[core] is None else f"{100 * until[core]:.0f}"  # type: ignore[operator]
                        for core in until)])
    cores = list(rows[0]["cores"])
    return [
        "## Does spiking pay on an FPGA?", "",
        "Back ends alone, by the models, weights drawn, nothing trained: (LUT + "
        f"{rows[0]['luts_per_dsp']} DSP) x µs from the first feature to the class, a DSP slice weighed by the LUTs "
        "that the part has for each; of each core, and of the dense network of the same bits on the same fabric, the "
        "best fold. Down is better.", "",
        "![area times time against the share of neurons that spike](explore-sparsity.png)", "",
        table(["network", "bits", "best core at 10 %", *(f"{core}, at 10 %" for core in cores), "dense",
               *(f"{core} pays up to, %" for core in cores)], lines), "",
        "The last columns: the share of neurons that spike up to which a core beats the dense network, "
        f"{100 * rows[0]['shares'][-1]:.0f} % being the most that was looked at. " + _answer(rows), ""]


def _answer(rows: Sequence[dict[str, Any]]) -> str:
    """In words, of the numbers."""
    wins = {core: sum(min(row["cores"], key=lambda one: row["cores"][one][at]["product"]) == core
                      for row in rows for at in range(len(row["shares"]))) for core in rows[0]["cores"]}
    total = sum(wins.values())
    tenth = [min(points[row["shares"].index(0.1)]["product"] for points in row["cores"].values())
             / row["dense"]["product"] for row in rows]
    return (f"**The answer:** with one neuron in ten spiking, the best core takes {min(tenth):.2f} to {max(tenth):.2f} "
            "of the dense network's area x time. Of all sizes, widths and shares "
            + ", ".join(f"`{core}` is the best core in {count} of {total}" for core, count in wins.items()) + ".")


def _model(found: dict[str, Any]) -> list[str]:
    tested = found["model"]["tested"]
    parts = ["## What the cost model is worth", "",
             f"`.venv/bin/python -m rtl.cost_fit` synthesises {len(tested)} drawn designs of {len(SHAPES)} "
             "shapes (`rtl/cost_designs.py`) and fits the coefficients to them. Here each design is estimated by "
             f"coefficients that were fitted to others alone (cross-validation in {PARTS} parts). Block RAM and DSP "
             "slices are counted, not fitted."]
    if tested:
        said = [row["error"] for row in tested]
        built = [row["lut"] / row["built"]["lut"] - 1 for width in found["widths"]
                 for row in (*width["knees"].values(), *width["wishes"]) if "built" in row]
        exact = {name: sum(row[f"{name}_model"] == row[f"{name}_yosys"] for row in tested)
                 for name in ("bram36", "dsp")}
        parts += ["", f"Of drawn designs: {errors(said)}; {sum(abs(error) <= 0.1 for error in said)} within 10 %. "
                  f"BRAM36 exact in {exact['bram36']}, DSP in {exact['dsp']}. Of the knees and presets above, none of "
                  f"which was fitted: {errors(built)}. Those of `make folds` are in folds.md. Drawn designs have up to "
                  f"four lanes, and up to {MOST_PRODUCTS} products at once in a convolution, half as many in LUTs: "
                  "beyond that the model was not fitted, and has said 20 % more LUTs than Yosys (preset `seed-fast`, "
                  "112 products in LUTs).", "",
                  table(["design", "shape", "core", "bits", "time bits", "LUT, model", "LUT, Yosys", "error, %",
                         "FF, model", "FF, Yosys", "BRAM36, model", "Yosys", "DSP, model", "Yosys"],
                        [[str(row["seed"]), row["shape"], row["core"], str(row["bits"]), str(row["time_bits"]),
                          _number(round(row["lut_model"])), _number(row["lut_yosys"]), f"{100 * row['error']:+.1f}",
                          _number(round(row["ff_model"])), _number(row["ff_yosys"]),
                          *(_number(row[f"{name}_{of}"]) for name in ("bram36", "dsp") for of in ("model", "yosys"))]
                         for row in tested])]
    return parts
