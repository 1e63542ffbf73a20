"""Noise, bits and sparsity against accuracy, one picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from base.files import atomic_path
from flow.report.plots import COLOURS, SETTINGS
from study import results
from study.plan import ACTIVITY, FLOAT, NOISE, SWEPT_BITS, activity_row
from study.report import View


@matplotlib.rc_context(SETTINGS)
def draw(view: View, path: Path) -> None:
    """A PNG with three panels that share the axis of balanced accuracy."""
    figure = Figure(figsize=(10.5, 3.0), dpi=110, layout="constrained")
    noise, bits, sparse = figure.subplots(1, 3, sharey=True)
    _noise(noise, view)
    noise.set_ylabel("balanced accuracy, %")
    _bits(bits, view)
    points = [view.found.row(activity_row(weight, view.study.plan), view.study.main) for weight in ACTIVITY]
    spikes = [results.per_neuron(view.config, row.spikes.mean(axis=(0, 1)).tolist()) for row in points]
    sparse.plot(spikes, [row.mean_sd("balanced")[0] for row in points], marker="o", color=COLOURS[0])
    sparse.set_xlabel("spikes per neuron, float")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _noise(axes: Axes, view: View) -> None:
    for label, name, colour in (("LSNNet", "disturbed", COLOURS[0]), ("ANN twin", "disturbed-ann", COLOURS[1])):
        rows = view.found.all(name, view.study.main)
        values = [rows[f"noise {level:g}"].mean_sd("balanced")[0] for level in NOISE]
        axes.plot(NOISE, values, marker="o", color=colour, label=label)
    axes.set_xlabel("input noise, standard deviations")
    axes.legend()


def _bits(axes: Axes, view: View) -> None:
    rows = view.found.all("calibrated", view.study.main)
    names = (("weights", "w{b}t{f}", COLOURS[0]), ("time", "w{f}t{b}", COLOURS[1]), ("both", "w{b}t{b}", COLOURS[2]))
    for label, pattern, colour in names:
        values = [rows[pattern.format(b=b, f=FLOAT)].mean_sd("balanced")[0] for b in SWEPT_BITS]
        axes.plot(range(len(SWEPT_BITS)), values, marker="o", color=colour, label=label)
    axes.set_xticks(range(len(SWEPT_BITS)), [str(b) for b in SWEPT_BITS])
    axes.set_xlabel("bits, calibrated only")
    axes.legend()
