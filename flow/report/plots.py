"""The report's plots as inline SVG: text stays text, colours are safe for the colour-blind, styles differ too."""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from matplotlib.typing import RcKeyType

from flow.report.schema import Epoch
from model.intervals import Interval

SIZE_INCHES = (3.4, 2.3)  # drawn almost unscaled: across a phone, and three side by side on a desk
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito
STYLES = ("-", "--", "-.", ":")
MARKS = ("s", "o", "D", "^")
MOST_BARS = 64
SETTINGS: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "firstspike",  # the same numbers give the same bytes
    "font.size": 9,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b6470",
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


@matplotlib.rc_context(SETTINGS)
def training_curves(history: Sequence[Epoch], kept: int) -> list[str]:
    """Loss, balanced accuracy on the validation subjects, and the window of each B1 layer, per epoch.

    kept: the place, from 0 on, of the epoch whose weights are used.
    """
    best = kept + 1
    balanced = [row.val_balanced for row in history]
    windows = list(zip(*(row.windows for row in history), strict=True))
    return [
        _curves("loss", "loss", best, {
            "training": [row.train_loss for row in history], "validation": [row.val_loss for row in history],
        }),
        _curves("balanced", "balanced accuracy", best, {"validation": balanced}, percent=True),
        _curves("windows", "window Δ", best, {f"B1 layer {i}": values for i, values in enumerate(windows)}),
    ]


@matplotlib.rc_context(SETTINGS)
def spike_histogram(layer: str, counts: Sequence[int]) -> str:
    """Share of all neurons of the layer that fire at each tick of its window, early ticks on the left.

    counts[x]: neurons with earliness x, over all samples; they fire at tick window - x, x = 0 never.
    Windows longer than MOST_BARS ticks are drawn with several ticks per bar.
    """
    window, total = len(counts) - 1, max(1, sum(counts))
    by_tick = [counts[window - tick] / total for tick in range(window)]
    width = -(-window // MOST_BARS)
    bars = [sum(by_tick[start : start + width]) for start in range(0, window, width)]
    figure, axes = _axes()
    axes.bar(range(0, window, width), bars, width=0.85 * width, align="edge", color=COLOURS[0])
    axes.set_xlabel("tick of the layer's window" + (f" ({width} ticks per bar)" if width > 1 else ""))
    axes.set_ylabel("neurons that fire")
    axes.set_xlim(0, window)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(visible=False, axis="x")
    alt = f"Histogram of spike times of {layer}: {sum(by_tick):.0%} of its neurons fire, in {window} ticks."
    return _svg(figure, f"spikes-{layer}", alt)


@matplotlib.rc_context(SETTINGS)
def subjects(rows: dict[str, tuple[dict[int, float], Interval]]) -> str:
    """Balanced accuracy of each test subject, a line per subject and a mark per classifier; below, means and intervals.

    rows: label -> (subject -> balanced accuracy, interval over the subjects).
    """
    names = [str(who) for who in next(iter(rows.values()))[0]]
    figure, axes = _axes((SIZE_INCHES[0] * 1.35, 1.3 + 0.2 * len(names)))
    places = range(len(names))
    bottom = len(names) + 0.2
    for offset, ((label, (values, mean)), colour, mark) in enumerate(
        zip(rows.items(), COLOURS, MARKS, strict=False)
    ):
        axes.plot(list(values.values()), places, mark, color=colour, label=label, markersize=5.5, alpha=0.85)
        if math.isfinite(mean.low):
            line = bottom + 0.45 * offset
            axes.plot([mean.low, mean.high], [line, line], color=colour, linewidth=1.6)
        axes.plot([mean.mean], [bottom + 0.45 * offset], mark, color=colour, markersize=5.5)
    axes.set_yticks([*places, bottom + 0.45 * (len(rows) - 1) / 2], [*names, "mean, 95 %"])
    axes.axhline(len(names) - 0.4, color="#c3c9d0", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0])
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("balanced accuracy")
    axes.set_ylabel("test subject")
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper center", ncols=3, handletextpad=0.2, columnspacing=1.0)
    said = "; ".join(f"{label} {mean.mean:.1%}, subjects {min(values.values()):.0%} to {max(values.values()):.0%}"
                     for label, (values, mean) in rows.items())
    return _svg(figure, "subjects", f"Balanced accuracy of each of {len(names)} test subjects, means: {said}.")


def _axes(size: tuple[float, float] = SIZE_INCHES) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    return figure, axes


def _curves(
    name: str, label: str, best: int, lines: dict[str, Sequence[float]], percent: bool = False
) -> str:
    """One line per entry over epochs 1 …, the kept epoch marked."""
    figure, axes = _axes()
    axes.axvline(best, color="#8a929c", linewidth=1.0)
    for (line, values), colour, style in zip(lines.items(), COLOURS, STYLES, strict=False):
        marker = "o" if len(values) == 1 else ""
        axes.plot(range(1, len(values) + 1), values, color=colour, linestyle=style, marker=marker, label=line)
    axes.set_xlabel(f"epoch (line: epoch {best}, kept)")
    axes.set_ylabel(label)
    if percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if len(lines) > 1:
        axes.legend()
    ends = ", ".join(f"{line} {values[0]:.3g} to {values[-1]:.3g}" for line, values in lines.items())
    return _svg(figure, name, f"Line plot of {label} over the epochs: {ends}.")


def _svg(figure: Figure, name: str, alt: str) -> str:
    """The figure as an <svg> element; its ids carry the name, since all plots share one page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    prefix = re.sub(r"\W", "-", name)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{html.escape(alt)}" ', 1)
