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
from flow.report.schema import Accuracy, Estimates, Metrics, Parts, Report, Spikes, read_parts
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
    accuracy = parts.accuracy
    _check_accuracy(parts)
    _check_spikes(parts)
    eeg = " on simulated EEG" if parts.dataset.simulated else ""
    clock = f"clock of {parts.timing.clock_mhz:g} MHz ({parts.timing.source})"
    estimates = Estimates(
        latency_us=parts.cycles.latency / parts.timing.clock_mhz,
        energy_uj=None,
        basis=f"latency: cycles of the RTL simulation{eeg} / {clock}; energy: not estimated, no power model run",
    )
    return Report(
        **parts.run.model_dump(),
        dataset=parts.dataset,
        accuracy=Accuracy.model_validate(accuracy.model_dump(by_alias=True, include=set(Accuracy.model_fields))),
        confusion=accuracy.confusion,
        balanced_by_seed=accuracy.seeds,
        accuracy_by_bits={**accuracy.bits, parts.run.bits: accuracy.quantised},
        history=parts.history,
        bit_exact=parts.bit_exact,
        spikes=parts.spikes,
        cycles=parts.cycles,
        resources=parts.resources,
        timing=parts.timing,
        estimates=estimates,
        wall_s=parts.wall,
    )


def _check_accuracy(parts: Parts) -> None:
    """Raises UserError where accuracy.json contradicts itself, dataset.json or run.json."""
    accuracy, classes, bits = parts.accuracy, parts.dataset.classes, parts.run.bits
    for name, matrix in accuracy.confusion.model_dump(by_alias=True).items():
        shape = [len(row) for row in matrix]
        if shape != [classes] * classes or sum(map(sum, matrix)) != parts.dataset.samples_test:
            wanted = f"{classes} rows of {classes} that sum to {parts.dataset.samples_test}, the test samples"
            raise expected(f"accuracy.json: confusion.{name}", matrix, wanted)
    runs = accuracy.seeds
    for name, values in (("float", runs.float_), ("quantised", runs.quantised)):
        if len(values) != len(runs.seeds):
            raise expected(f"accuracy.json: seeds.{name}", f"{len(values)} values", f"one for each of {runs.seeds}")
    if accuracy.bits.get(bits, accuracy.quantised) != accuracy.quantised:
        raise expected(f"accuracy.json: bits.{bits}", "other numbers", "those of `quantised`, which has these bits")


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
        accuracy_rows=_accuracy_rows(report),
        curves=[Markup(svg) for svg in plots.training_curves(report.history)],
        spike_rows=_spike_rows(report.spikes, report.dataset.samples_test),
        stages=_stages(report.cycles.per_stage),
        resource_names=RESOURCE_NAMES,
        rest=_rest(report),
        sources=SOURCES,
        variables=_variables(report),
    )


def _number(value: float) -> str:
    """1750 -> `1,750`, 17.25 -> `17.2`: whole numbers whole, others to one decimal."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _accuracy_rows(report: Report) -> list[tuple[str, Metrics]]:
    accuracy = report.accuracy
    quantised = [
        (f"LSNNet, INT{bits}" + (" (this build)" if bits == report.bits else ""), metrics)
        for bits, metrics in sorted(report.accuracy_by_bits.items(), reverse=True)
    ]
    return [
        ("Majority class", accuracy.majority), ("SVM, same features", accuracy.svm),
        ("ANN twin, float", accuracy.ann), ("LSNNet, float", accuracy.float_), *quantised,
    ]


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


def _variables(report: Report) -> str:
    """The make variables that repeat this run."""
    subjects = ",".join(map(str, report.dataset.subjects_test))
    return (
        f"DATASET={report.dataset.name} TEST_SUBJECTS={subjects} "
        f"PRESET={report.preset} BITS={report.bits} SEED={report.seed}"
    )
