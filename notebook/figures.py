"""The notebook's pictures, one function each. Colours are safe for the colour-blind, styles and marks differ, too.

matplotlib 3.5 is enough. `eeg` names in every title what was recorded, or that it was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from spikes import Decision, Layer

WIDTH_INCHES = 9.2  # 920 pixels: across the notebook on a laptop
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito, as the report's
STYLES = ("-", "--", "-.", ":")
MARKS = ("s", "o", "D", "^")
INK, PALE = "#5b6470", "#e3e6ea"
SETTINGS: Any = {
    "font.size": 9, "legend.fontsize": 8.5, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": INK, "axes.grid": True, "grid.color": PALE, "axes.axisbelow": True, "lines.linewidth": 1.8,
    "legend.frameon": False, "figure.dpi": 100, "savefig.dpi": 100,
}


@rc_context(SETTINGS)
def electrode_grid(sample: np.ndarray, grid: Sequence[Sequence[str | None]], features: Sequence[str], frame_s: float,
                   eeg: str) -> Figure:
    """What the network sees of one sample: a map of the head per frame (down) and feature (across), nose at the top;
    of a single feature, the frames stand across.

    sample (T * features, H, W): standardised features, channel t * features + f. grid (H, W): names of electrodes,
    None for a cell without one. frame_s: seconds of a frame.
    """
    frames = len(sample) // len(features)
    height, width = sample.shape[1:]
    turned = len(features) == 1
    rows, columns = (1, frames) if turned else (frames, len(features))
    wide = min(2.8, (WIDTH_INCHES - 1.2) / columns)
    high = 0.75 * wide * height / width
    figure = Figure((max(5.0, min(WIDTH_INCHES, wide * columns + 1.2)), rows * (high + 0.08) + 0.75 + 0.2 * turned),
                    layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False)
    limit = float(np.abs(sample).max()) or 1.0
    there = np.array([[name is not None for name in row] for row in grid])
    for frame in range(frames):
        for place, feature in enumerate(features):
            axes = cells[place, frame] if turned else cells[frame, place]
            values = np.where(there, sample[frame * len(features) + place], np.nan)
            image = axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
            _names(axes, grid, values, limit, min(7.0, 22 * wide / width))
            _bare(axes)
            name, time = feature.replace("_", " "), f"{frame * frame_s:g} – {(frame + 1) * frame_s:g} s"
            above, left = (time, name) if turned else (name, time)
            if turned or not frame:
                axes.set_title(above)
            if not (frame if turned else place):
                axes.set_ylabel(left)
    figure.colorbar(image, ax=cells, label="σ from the mean", fraction=0.02, pad=0.01)
    figure.suptitle(f"One sample on the electrode grid, nose at the top · {eeg}", fontsize=11)
    return figure


@rc_context(SETTINGS)
def spike_raster(layers: Sequence[Layer], decision: Decision, names: Sequence[str], eeg: str) -> Figure:
    """Every spike of one sample (a tick right, a neuron up), layer by layer in its window; below, the read-out.

    names: of the classes. The line is the earliest decision: from it on the largest logit stays the same class.
    """
    shares = [2.2 if layer.size > 256 else 1.4 for layer in layers]
    figure = Figure((WIDTH_INCHES, 1.05 * (sum(shares) + 1.9) + 0.6), layout="constrained")
    rows = figure.subplots(len(layers) + 1, 1, sharex=True, gridspec_kw={"height_ratios": [*shares, 1.9]})
    end = int(decision.ticks[-1])
    for axes, layer, colour in zip(rows[:-1], layers, _cycle(COLOURS, len(layers)), strict=True):
        axes.axvspan(layer.begin, layer.end, color=PALE, zorder=0)
        axes.scatter(layer.ticks, layer.neurons, s=42 if layer.size <= 256 else 16, marker="|", color=colour,
                     linewidths=1.5)
        axes.set_ylim(-0.08 * layer.size, 1.08 * layer.size)
        axes.set_ylabel(f"{layer.name}\nneuron")
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.grid(visible=False)
        after = layer.end < end / 2
        axes.text(layer.end + 0.012 * end if after else layer.begin - 0.012 * end, layer.size / 2,
                  f"{len(layer.ticks)} of {layer.size} neurons fire\nin ticks {layer.begin} – {layer.end - 1}",
                  ha="left" if after else "right", va="center", color=INK)
    axes = rows[-1]
    colours, styles = _cycle(COLOURS, len(names)), _cycle(STYLES, len(names))
    for name, running, colour, style in zip(names, decision.running.T, colours, styles, strict=True):
        axes.plot(decision.ticks, running, color=colour, linestyle=style, label=name)
    axes.legend(loc="best", title="logit so far of")
    axes.set_ylabel("read-out")
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlim(0, end)
    axes.set_xlabel("tick, from the sample's start")
    for axes in rows:
        axes.axvline(decision.tick, color="black", linewidth=1.1, linestyle=(0, (4, 2)))
    left = decision.tick > end / 2
    word = "decided at" if decision.turned else "its side from the start, "
    rows[-1].annotate(f"{word} tick {decision.tick}:\n{names[decision.chosen]}", (decision.tick, 0.06),
                      xycoords=("data", "axes fraction"), xytext=(-6 if left else 6, 0), textcoords="offset points",
                      ha="right" if left else "left", va="bottom")
    figure.suptitle(f"Spikes of one sample, each layer in its window · {eeg}", fontsize=11)
    return figure


@rc_context(SETTINGS)
def margins(logits: np.ndarray, truth: np.ndarray, names: Sequence[str], eeg: str) -> Figure:
    """How sure the network was: of each sample, its own class' logit minus the largest other one, sorted by class.

    logits (N, classes), truth (N,). Above zero the sample is classified rightly.
    """
    own = logits[np.arange(len(truth)), truth]
    others = logits.copy()
    others[np.arange(len(truth)), truth] = np.iinfo(np.int64).min
    margin = own - others.max(axis=1)
    figure = Figure((WIDTH_INCHES, 2.9), layout="constrained")
    axes, begin = figure.add_subplot(), 0
    for label, (name, colour, mark) in enumerate(
            zip(names, _cycle(COLOURS, len(names)), _cycle(MARKS, len(names)), strict=True)):
        values = np.sort(margin[truth == label])
        right = int((values > 0).sum())
        axes.plot(range(begin, begin + len(values)), values, mark, color=colour, markersize=3.2, alpha=0.8,
                  label=f"{name}: {right} of {len(values)} above zero")
        begin += len(values)
    axes.axhline(0, color="black", linewidth=1.0)
    axes.set_xlabel("samples, sorted within their true class")
    axes.set_ylabel("logit of the true class\nminus the largest other")
    axes.set_title(f"How far every sample is on its side · {eeg}", fontsize=11)
    axes.legend(loc="best")
    return figure


@rc_context(SETTINGS)
def confusion(matrix: np.ndarray, names: Sequence[str], eeg: str) -> Figure:
    """Samples by true class (row) and predicted class (column), matrix (classes, classes); shares are of the row."""
    side = min(WIDTH_INCHES - 3.5, 1.5 + 0.85 * len(names))
    figure = Figure((side + 1.6, side + 0.4), layout="constrained")
    axes = figure.add_subplot()
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        axes.text(column, row, f"{count}\n{shares[row, column]:.0%}", ha="center", va="center",
                  color="white" if shares[row, column] > 0.55 else "black")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true class")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, format=PercentFormatter(1.0), fraction=0.046, label="of the true class")
    figure.suptitle(f"Confusion matrix, {matrix.sum()} samples\n{eeg}", fontsize=11)
    return figure


@rc_context(SETTINGS)
def latency_histogram(cycles: np.ndarray, clock_mhz: float, how: str, eeg: str) -> Figure:
    """Cycles from first beat in to last beat out, of each sample (N,); above, microseconds at that clock.

    how: `measured` on a chip, `simulated` where there was none.
    """
    figure = Figure((WIDTH_INCHES, 2.8), layout="constrained")
    axes = figure.add_subplot()
    counts, edges = np.histogram(cycles, bins=min(40, max(8, len(np.unique(cycles)))))
    axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=COLOURS[0], edgecolor="white")
    axes.set_ylim(0, 1.5 * float(counts.max()))  # room for the legend
    for value, style, word in ((np.median(cycles), "--", "median"), (cycles.max(), "-", "slowest")):
        axes.axvline(value, color=COLOURS[1], linestyle=style, label=f"{word}: {value:,.0f} cycles, "
                                                                     f"{value / clock_mhz:.2f} µs")
    axes.set_xlabel("cycles of one inference")
    axes.set_ylabel("samples")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    above = axes.secondary_xaxis("top", functions=(lambda x: np.asarray(x) / clock_mhz,
                                                   lambda x: np.asarray(x) * clock_mhz))
    above.set_xlabel(f"microseconds at {clock_mhz:g} MHz")
    axes.legend(loc="upper left")
    axes.set_title(f"Latency, {how} · {eeg}", fontsize=11)
    return figure


@rc_context(SETTINGS)
def stages(done: Mapping[str, float], clock_mhz: float, sample: str, eeg: str) -> Figure:
    """The cycle in which each stage has sent its last beat, each drawn from the end of the one before.

    done: stage -> cycle from the sample's first beat, of the sample that `sample` says; from the run's RTL simulation.
    """
    ordered = sorted(done.items(), key=lambda item: item[1])
    figure = Figure((WIDTH_INCHES, 0.9 + 0.24 * len(ordered)), layout="constrained")
    axes, begin = figure.add_subplot(), 0.0
    for place, (_, end) in enumerate(ordered):
        axes.barh(place, max(end - begin, 0.002 * ordered[-1][1]), left=begin, color=COLOURS[0], height=0.7)
        axes.text(end, place, f" {end:,.0f}", va="center", color=INK)
        begin = end
    axes.set_yticks(range(len(ordered)), [name for name, _ in ordered])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.09 * ordered[-1][1])
    axes.set_xlabel(f"cycle ({clock_mhz:g} of them are a microsecond) in which the stage is done, {sample}")
    axes.grid(visible=False, axis="y")
    axes.set_title(f"One inference through the chip, RTL simulation · {eeg}", fontsize=11)
    return figure


@rc_context(SETTINGS)
def resources(used: Mapping[str, float], limits: Mapping[str, float], part: str, basis: str, eeg: str) -> Figure:
    """Share of the FPGA that the design takes. used, limits: lut, lutram, ff, bram36, dsp -> count."""
    words = {"lut": "LUT", "lutram": "of them memory", "ff": "flip-flops", "bram36": "BRAM36", "dsp": "DSP"}
    figure = Figure((WIDTH_INCHES, 2.3), layout="constrained")
    axes = figure.add_subplot()
    for place, name in enumerate(words):
        share = used[name] / limits[name]
        axes.barh(place, 1, color=PALE, height=0.62)
        axes.barh(place, share, color=COLOURS[0] if share <= 1 else COLOURS[1], height=0.62)
        axes.text(min(share, 1) + 0.012, place, f"{used[name]:,g} of {limits[name]:,g}, {share:.1%}", va="center")
    axes.set_yticks(range(len(words)), list(words.values()))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(basis)
    axes.grid(visible=False)
    axes.set_title(f"What the chip takes of the {part} · {eeg}", fontsize=11)
    return figure


def _cycle(values: Sequence[str], count: int) -> list[str]:
    return [values[place % len(values)] for place in range(count)]


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _names(axes: Axes, grid: Sequence[Sequence[str | None]], values: np.ndarray, limit: float, size: float) -> None:
    """Names of electrodes on a map, white where the map is dark."""
    for (row, column), value in np.ndenumerate(values):
        if name := grid[row][column]:
            axes.text(column, row, name, ha="center", va="center", fontsize=size,
                      color="white" if abs(value) > 0.6 * limit else "black")
