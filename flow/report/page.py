"""Assembles $OUT/report.json from what the stages left, and draws $OUT/report.html from it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from base import files
from flow.report import plots
from flow.report.assemble import assemble
from flow.report.cautions import cautions
from flow.report.schema import Classifier, Report, Spikes, read_parts
from flow.report.verdicts import RESOURCE_NAMES, verdicts
from model.intervals import Interval, interval

# Where each number comes from: (what, file in $OUT, make target that writes it).
SOURCES = (
    ("Data set, subjects, samples", "dataset.json", "train"),
    ("Training curves", "history.json", "train"),
    ("Accuracy, subjects, confusion matrices", "accuracy.json", "quant"),
    ("Layers, bit-exact comparisons", "layers.json, bit_exact.json", "report"),
    ("Spikes", "spikes.json", "cosim"),
    ("Cycles", "cycles.json", "cosim"),
    ("Resources", "resources.json", "synth"),
    ("This page", "report.json", "report"),
)
# Of report.wall_s: what each step is called.
STEPS = {"train": "Training", "quant": "Quantisation-aware training, lowering", "csim": "C simulation",
         "rtl_sim": "RTL simulation", "synth": "Synthesis"}


def write_report(out: Path) -> None:
    """Write out/report.json and out/report.html.

    Raises UserError, and leaves both as they were, where a part is missing, malformed or contradicts another.
    """
    report = assemble(read_parts(out))
    page = render(report)
    files.write_json(out / "report.json", report.model_dump(mode="json", by_alias=True))
    files.write_text(out / "report.html", page)


def render(report: Report) -> str:
    """The page: one self-contained HTML document."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("flow.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, spell=_spell, spread=_spread)
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        data=report.dataset,
        verdicts=verdicts(report),
        cautions=cautions(report),
        people=_people(report),
        curves=[Markup(svg) for svg in plots.training_curves(report.history, report.kept.kept)],
        spike_rows=_spike_rows(report.spikes, report.dataset.samples_test),
        stages=_stages(report.cycles.per_stage),
        resource_names=RESOURCE_NAMES,
        rest=_rest(report),
        sources=SOURCES,
        steps=STEPS,
    )


def _number(value: float) -> str:
    """1750 -> `1,750`, 17.25 -> `17.2`: whole numbers whole, others to one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _spell(subjects: list[int]) -> str:
    """[1, 2, 3, 7] -> `1–3, 7`."""
    starts = [0, *(i for i, (a, b) in enumerate(pairwise(subjects), 1) if b != a + 1), len(subjects)]
    runs = [subjects[a:b] for a, b in pairwise(starts)]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs if run)


def _spread(found: Interval) -> str:
    """`77.6 [61.2, 94.0]`, in per cent; `77.6 [no interval]` of one subject."""
    ends = "no interval" if math.isinf(found.low) else f"{_percent(found.low)}, {_percent(found.high)}"
    return f"{_percent(found.mean)} [{ends}]"


def _people(report: Report) -> dict[str, Any]:
    """Every classifier's balanced accuracy on every test subject, its mean over them, and the drawing of some."""
    rows: list[Classifier] = report.classifiers
    means = {row.key: row.subject_means() for row in rows}
    intervals = {key: _within(interval(list(values.values()))) for key, values in means.items()}
    subjects = list(next(iter(means.values())))
    drawn = {report.classifier(key).label: (means[key], intervals[key]) for key in ("linear", "float", "quantised")}
    return {"subjects": subjects, "means": means, "intervals": intervals, "plot": Markup(plots.subjects(drawn))}


def _within(found: Interval) -> Interval:
    """Cut off where no share can be: Student's t does not know that nobody is right more than always."""
    return found if math.isinf(found.low) else Interval(found.mean, max(0.0, found.low), min(1.0, found.high))


def _spike_rows(spikes: Spikes, samples: int) -> list[dict[str, Any]]:
    """Per spiking layer: its neurons, its spikes per inference and per neuron, its histogram."""
    return [
        {
            "layer": layer,
            "neurons": sum(counts) // samples,
            "spikes": sum(counts[1:]) / samples,
            "rate": rate,
            "plot": Markup(plots.spike_histogram(layer, counts)),
        }
        for (layer, counts), rate in zip(spikes.histogram.items(), spikes.per_layer, strict=True)
    ]


def _stages(completions: dict[str, float]) -> list[dict[str, Any]]:
    """Stages in the order in which they end, each drawn from the end of the one before."""
    ordered = sorted(completions.items(), key=lambda item: item[1])
    starts = [0.0, *(end for _, end in ordered)]
    return [{"name": name, "start": start, "end": end} for (name, end), start in zip(ordered, starts, strict=False)]


def _rest(report: Report) -> dict[str, float]:
    """What the total has beyond the sum of the units: top level, FIFOs, optimisation across units."""
    units = report.resources.per_unit.values()
    return {key: getattr(report.resources, key) - sum(getattr(unit, key) for unit in units) for key in RESOURCE_NAMES}
