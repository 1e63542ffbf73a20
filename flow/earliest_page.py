"""The page of `make earliest`: earliest.md and earliest.png, in docs/ or OUT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from base.files import atomic_path, read_json, write_text
from base.markdown import table
from flow.earliest import waited
from flow.report.gather import repeat_line
from flow.report.plots import COLOURS, MARKS, SETTINGS, STYLES
from flow.settings import Settings

ROWS = 16  # of the curve in numbers


def write_page(settings: Settings) -> Path:
    """From OUT/earliest.json; returns where the page is."""
    found, path = read_json(settings.out / "earliest.json"), settings.pages / "earliest.md"
    _plot(found["networks"][0], path.with_suffix(".png"))
    write_text(path, page(settings, found))
    return path


def page(settings: Settings, found: dict[str, Any]) -> str:
    """What a chip saves that decides before its read-out's window has ended, and what it loses."""
    networks = found["networks"]
    built, of = networks[0], f"`make earliest {repeat_line(settings.variables(places=False))}`"
    rules = [line for row in networks for line in _lines(row)]
    tolerated = f"{100 * found['tolerance']:g} % of" if found["tolerance"] else "no one of"
    return "\n".join([
        "# Earliest decision", "", "<!-- Written by `make earliest`. -->", "",
        ("**SIMULATED EEG.** " if settings.dataset == "simulated" else "") +
        f"{of}: what is saved if the read-out decides before its window has ended, by the golden model and the cycle "
        f"model, to which tests hold the RTL. Rules: [arithmetic](arithmetic.md#deciding-early). Margins are chosen on "
        f"the {built['validation']} validation samples so that {tolerated} them changes its class; all numbers are of "
        f"the {built['samples']} test samples, which nothing was chosen on.", "",
        "Latency is in cycles, mean, of core ticks: only the window of the read-out can be cut short, each layer "
        "before it needs its own whole, and deciding takes two cycles itself. The interval between results stays. "
        "Spikes are the last layer's, per sample, up to the decision.", "",
        table(["network", "rule", "margin", "per tick left", "ticks waited", "spikes", "latency", "class changed",
                "balanced accuracy"], rules), "",
        "![accuracy against ticks waited](earliest.png)", "",
        f"## If every sample waits as long: INT{built['bits']}, seed {built['seed']}", "",
        table(["ticks", "balanced accuracy", "class of the window's end", "spikes", "latency"], _curve(built)), ""])


def _lines(row: dict[str, Any]) -> list[list[str]]:
    name, ends = f"INT{row['bits']}, seed {row['seed']}", row["ends"]
    lines = [[name, "off", "", "", f"{row['window']}", f"{ends['spikes']:.2f}", _latency(ends), "0", _percent(ends)]]
    for rule, of in row["rules"].items():
        lines.append([name, rule, f"{of['margin']:,}", f"{of['rate']:,}", f"{waited(row, of):.1f}",
                      f"{of['spikes']:.2f}", _latency(of), f"{of['changed']} of {row['samples']}", _percent(of)])
    return lines


def _curve(row: dict[str, Any]) -> list[list[str]]:
    lists, window = row["waited"], row["window"]
    places = np.unique(np.linspace(0, window - 1, min(window, ROWS)).round().astype(int)).tolist()
    return [[str(place + 1), *(f"{100 * lists[name][place]:.1f}" for name in ("balanced", "same")),
             f"{lists['spikes'][place]:.2f}", f"{lists['latency'][place]:,.0f}" if "latency" in lists else ""]
            for place in places]


def _latency(of: dict[str, Any]) -> str:
    return f"{of['latency']:,.0f}" if "latency" in of else ""


def _percent(of: dict[str, Any]) -> str:
    return f"{100 * of['balanced']:.1f}"


@matplotlib.rc_context(SETTINGS)
def _plot(row: dict[str, Any], path: Path) -> None:
    """Above: everyone waits so many ticks, and where each rule stands in the mean. Below: when it decides."""
    figure = Figure(figsize=(6.4, 5.0), dpi=110, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    ticks = np.arange(1, row["window"] + 1)
    for name, label, colour, style in (("balanced", "balanced accuracy", COLOURS[0], STYLES[0]),
                                       ("same", "class of the window's end", COLOURS[1], STYLES[1])):
        upper.plot(ticks, [100 * value for value in row["waited"][name]], color=colour, linestyle=style,
                   label=f"everyone waits: {label}")
    width = max(1, -(-row["window"] // 64))
    for (rule, of), colour, mark in zip(row["rules"].items(), COLOURS[2:], MARKS, strict=False):
        upper.plot(waited(row, of), 100 * of["balanced"], mark, color=colour, markersize=8,
                   label=f"EARLY={rule}: balanced accuracy, mean ticks")
        lower.hist(ticks, np.arange(1, row["window"] + width + 1, width), weights=of["ticks"][1:], color=colour,
                   alpha=0.7)
    upper.set(ylabel="%")
    lower.set(xlabel="ticks of the read-out's window waited", ylabel="samples decided")
    figure.suptitle(f"INT{row['bits']}, seed {row['seed']}, {row['samples']} test samples")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
