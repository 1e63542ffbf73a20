"""The two pictures of `make explore`: latency against LUTs, and area x time against the share of spiking neurons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from base.files import atomic_path
from flow.report.plots import COLOURS, MARKS, SETTINGS, STYLES
from spec.units import CORES

STYLE = {core: (COLOURS[index], MARKS[index], STYLES[index]) for index, core in enumerate(CORES)}
DENSE = "#5b6470"


@matplotlib.rc_context(SETTINGS)
def fronts(found: dict[str, Any], path: Path) -> None:
    """A panel per width: a front per core, its knee, the presets that were looked for and their budgets."""
    figure = Figure(figsize=(5.4 * len(found["widths"]), 4.4), dpi=110, layout="constrained")
    panels = figure.subplots(1, len(found["widths"]), squeeze=False)[0]
    for axes, width in zip(panels, found["widths"], strict=True):
        _front(axes, width, _accuracy(found, width))
    _save(figure, path)


def _accuracy(found: dict[str, Any], width: dict[str, Any]) -> float | None:
    pair = width["bits"], width["time_bits"]
    return next((100 * point["balanced"] for point in found["grid"]
                 if (point["bits"], point["time_bits"]) == pair), None)


def _front(axes: Axes, width: dict[str, Any], accuracy: float | None) -> None:
    rows = [row for front in width["fronts"].values() for row in front]
    smallest, fastest = (min(row[name] for row in rows) for name in ("lut", "worst"))
    for core, rows in width["fronts"].items():
        colour, mark, style = STYLE[core]
        axes.step([row["lut"] for row in rows], [row["worst"] for row in rows], where="post", color=colour,
                  linestyle=style, label=f"core {core}")
        if core in width["knees"]:
            point = width["knees"][core]
            axes.plot(point["lut"], point["worst"], mark, color=colour, markersize=9, markeredgecolor="black")
            axes.annotate(f"knee, {core}", (point["lut"], point["worst"]), xytext=(8, 8), textcoords="offset points",
                          fontsize=8)
            axes.plot(point["built"]["lut"], point["built"]["latency"], "x", color="black", markersize=6)
    for wish in width["wishes"]:
        axes.plot(wish["built"]["lut"], wish["built"]["latency"], "*", color="black", markersize=11)
        axes.annotate(wish["name"], (wish["built"]["lut"], wish["built"]["latency"]), xytext=(-6, -14), ha="right",
                      textcoords="offset points", fontsize=9, fontweight="bold")
        if "worst" in wish["wanted"]:
            lut, worst = wish["wanted"]["lut"], wish["wanted"]["worst"]
            axes.plot([smallest, lut, lut], [worst, worst, fastest], color="#9aa3ad", linewidth=1, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="LUT (cost model; ✕, ★: Yosys)",
             ylabel="latency of the worst test sample, cycles")
    axes.set_title(f"INT{width['bits']}, time {width['time_bits']} bits"
                   + (f": balanced accuracy {accuracy:.1f} %" if accuracy is not None else ""), fontsize=10)
    axes.autoscale()
    axes.legend()


@matplotlib.rc_context(SETTINGS)
def sparsity(rows: list[dict[str, Any]], path: Path) -> None:
    """Panels of sizes by bits; down is better."""
    sizes, bits = list(dict.fromkeys(row["size"] for row in rows)), sorted({row["bits"] for row in rows})
    figure = Figure(figsize=(3.5 * len(bits), 2.6 * len(sizes)), dpi=110, layout="constrained")
    panels = figure.subplots(len(sizes), len(bits), sharex=True, sharey=True, squeeze=False)
    shares = [100 * share for share in rows[0]["shares"]]
    for row in rows:
        axes = panels[sizes.index(row["size"])][bits.index(row["bits"])]
        for core, points in row["cores"].items():
            colour, mark, style = STYLE[core]
            axes.plot(shares, [point["product"] for point in points], color=colour, linestyle=style, marker=mark,
                      markersize=4, label=f"core {core}")
        axes.axhline(row["dense"]["product"], color=DENSE, linestyle=(0, (1, 1)), label="dense, same bits")
        axes.set(xscale="log", yscale="log")
        axes.set_title(f"{row['size']}: {', '.join(map(str, row['hidden']))} neurons, INT{row['bits']}", fontsize=9)
    for axes in panels[-1]:
        axes.set_xlabel("neurons that spike, %")
        axes.set_xticks(shares, [f"{share:g}" for share in shares])
    for line in panels:
        line[0].set_ylabel(f"(LUT + {rows[0]['luts_per_dsp']} DSP) x µs")
    panels[0][0].legend(fontsize=7)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
