"""Assembles $OUT/report.json from what the stages left, and draws $OUT/report.html from it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from base import files
from base.errors import expected
from flow.report import plots
from flow.report.schema import Classifier, Dataset, Estimates, Kept, Parts, Report, Spikes, read_parts
from flow.report.verdicts import RESOURCE_NAMES, verdicts

# Where each number comes from: (what, file in $OUT, make target that writes it).
SOURCES = (
    ("Data set, subjects, samples", "dataset.json", "train"),
    ("Training curves", "history.json", "train"),
    ("Accuracy, confusion matrices", "accuracy.json", "quant"),
    ("Bit-exact comparisons", "bit_exact.json", "report"),
    ("Spikes", "spikes.json", "cosim"),
    ("Cycles", "cycles.json", "cosim"),
    ("Resources", "resources.json", "synth"),
    ("This page", "report.json", "report"),
)
REQUIRED_ROWS = {"svm", "float", "quantised"}  # of accuracy.json: the verdicts compare them


def write_report(out: Path) -> None:
    """Write out/report.json and out/report.html.

    Raises UserError, and leaves both as they were, where a part is missing, malformed or contradicts another.
    """
    report = assemble(read_parts(out))
    page = render(report)
    files.write_json(out / "report.json", report.model_dump(mode="json", by_alias=True))
    files.write_text(out / "report.html", page)


def assemble(parts: Parts) -> Report:
    """The report of one run; estimates are derived here, all else is what a stage measured."""
    _check_accuracy(parts)
    _check_spikes(parts)
    eeg = " on simulated EEG" if parts.dataset.simulated else ""
    clock = f"clock of {parts.timing.clock_mhz:g} MHz ({parts.timing.source})"
    estimates = Estimates(
        latency_us=parts.cycles.latency / parts.timing.clock_mhz,
        energy_uj=None,
        basis=f"latency: cycles of the RTL simulation{eeg} / {clock}; energy: not estimated, no power model run",
    )
    rows = parts.accuracy.classifiers
    built = [row for row in rows if row.bits in (None, parts.run.bits)]
    return Report(
        **parts.run.model_dump(),
        dataset=parts.dataset,
        classifiers=rows,
        accuracy={row.key: row.metrics for row in built},
        confusion={row.key: row.confusion for row in built},
        balanced_by_seed=_by_seed(rows),
        accuracy_by_bits={row.bits: row.metrics for row in rows if row.bits is not None},
        history=parts.history.epochs,
        kept=Kept(kept=parts.history.kept, kept_by=parts.history.kept_by),
        bit_exact=parts.bit_exact,
        spikes=parts.spikes,
        cycles=parts.cycles,
        resources=parts.resources,
        timing=parts.timing,
        estimates=estimates,
        wall_s=parts.wall,
    )


def _by_seed(rows: list[Classifier]) -> dict[str, Any]:
    """Balanced accuracy of the classifiers that have no seed or all of them."""
    seeds = max((row.seeds for row in rows), key=len)
    found = {row.key: row.balanced if row.seeds else row.balanced[0] for row in rows if row.seeds in ([], seeds)}
    return {"seeds": seeds, **found}


def _check_accuracy(parts: Parts) -> None:
    """Raises UserError where accuracy.json or history.json contradicts itself, dataset.json or run.json."""
    rows = parts.accuracy.classifiers
    keys, bits = [row.key for row in rows], {row.key: row.bits for row in rows}
    if len(bits) != len(keys) or not REQUIRED_ROWS.issubset(keys):
        raise expected("accuracy.json: classifiers", ", ".join(keys), f"{', '.join(sorted(REQUIRED_ROWS))}, each once")
    if [bits["float"], bits["quantised"]] != [None, parts.run.bits]:
        got = f"float {bits['float']}, quantised {bits['quantised']}"
        raise expected("accuracy.json: bits", got, f"float None, quantised {parts.run.bits}")
    for row in rows:
        _check_row(row, parts.dataset)
    history = parts.history
    if history.kept >= len(history.epochs):
        raise expected("history.json: kept", history.kept, f"one of {len(history.epochs)} epochs, from 0 on")


def _check_row(row: Classifier, data: Dataset) -> None:
    where = f"accuracy.json: {row.key}"
    shape = [len(line) for line in row.confusion]
    if shape != [data.classes] * data.classes or sum(map(sum, row.confusion)) != data.samples_test:
        wanted = f"{data.classes} rows of {data.classes} that sum to {data.samples_test}, the test samples"
        raise expected(f"{where}: confusion", row.confusion, wanted)
    for name in ("balanced", "by_subject"):
        found = len(getattr(row, name))
        if found != max(1, len(row.seeds)):
            raise expected(f"{where}: {name}", f"{found} values", f"one for each of {row.seeds or ['no seed']}")
    if row.balanced[0] != row.metrics.balanced:
        raise expected(f"{where}: balanced", row.balanced[0], f"{row.metrics.balanced}, as in metrics")
    for subjects in row.by_subject:
        if list(subjects) != data.subjects_test:
            raise expected(f"{where}: by_subject", list(subjects), f"the test subjects {data.subjects_test}")


def _check_spikes(parts: Parts) -> None:
    """Raises UserError where spikes.json contradicts itself, dataset.json or run.json."""
    spikes, test = parts.spikes, parts.dataset.samples_test
    if list(spikes.histogram) != spikes.layers or len(spikes.per_layer) != len(spikes.layers):
        raise expected("spikes.json: histogram, per_layer", list(spikes.histogram), f"one for each of {spikes.layers}")
    for layer, counts in spikes.histogram.items():
        if len(counts) != 1 << parts.run.bits or sum(counts) == 0 or sum(counts) % test:
            got = f"{len(counts)} counts that sum to {sum(counts)}"
            wanted = f"{1 << parts.run.bits} counts that sum to neurons x {test} test samples"
            raise expected(f"spikes.json: histogram.{layer}", got, wanted)
    fired = [sum(counts[1:]) for counts in spikes.histogram.values()]
    offered = [sum(counts) for counts in spikes.histogram.values()]
    rates = [*(a / b for a, b in zip(fired, offered, strict=True)), sum(fired) / sum(offered)]
    names = [*(f"per_layer of {layer}" for layer in spikes.layers), "per_neuron"]
    for name, rate, share in zip(names, rates, [*spikes.per_layer, spikes.per_neuron], strict=True):
        if not math.isclose(rate, share, abs_tol=1e-6):
            raise expected(f"spikes.json: {name}", share, f"{rate:.6f}, as the histogram says")


def render(report: Report) -> str:
    """The page: one self-contained HTML document."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("flow.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent)
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        verdicts=verdicts(report),
        curves=[Markup(svg) for svg in plots.training_curves(report.history, report.kept.kept)],
        spike_rows=_spike_rows(report.spikes, report.dataset.samples_test),
        stages=_stages(report.cycles.per_stage),
        resource_names=RESOURCE_NAMES,
        rest=_rest(report),
        sources=SOURCES,
    )


def _number(value: float) -> str:
    """1750 -> `1,750`, 17.25 -> `17.2`: whole numbers whole, others to one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


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
