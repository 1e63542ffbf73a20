"""report.json: the parts that the stages left, checked against each other and put together."""

from __future__ import annotations

import math
from typing import Any

from base.errors import expected
from flow.report.estimates import estimates
from flow.report.schema import Classifier, Dataset, Kept, Parts, Report

REQUIRED_ROWS = {"linear", "float", "quantised"}  # of accuracy.json: the verdicts compare them


def assemble(parts: Parts) -> Report:
    """The report of one run; estimates are derived here, all else is what a stage measured."""
    _check_accuracy(parts)
    _check_spikes(parts)
    rows = parts.accuracy.classifiers
    built = [row for row in rows if row.bits in (None, parts.run.bits)]
    return Report(
        **parts.run.model_dump(),
        dataset=parts.dataset,
        positive=parts.accuracy.positive,
        classifiers=rows,
        accuracy={row.key: row.metrics for row in built},
        confusion={row.key: row.confusion for row in built},
        balanced_by_seed=_by_seed(rows),
        accuracy_by_bits={row.bits: row.metrics for row in rows if row.bits is not None},
        history=parts.history.epochs,
        kept=Kept.model_validate(parts.history.model_dump(exclude={"epochs"})),
        layers=parts.layers,
        bit_exact=parts.bit_exact,
        spikes=parts.spikes,
        cycles=parts.cycles,
        hls_cycles=parts.hls_cycles,
        resources=parts.resources,
        timing=parts.timing,
        system=parts.system,
        work=parts.work,
        estimates=estimates(parts.cycles, parts.timing, parts.work, parts.run.power, parts.dataset.simulated),
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
    if parts.accuracy.positive not in (None, *range(parts.dataset.classes)):
        raise expected("accuracy.json: positive", parts.accuracy.positive, f"a class, 0 … {parts.dataset.classes - 1}")
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
        if len(counts) != 1 << parts.run.time_bits or sum(counts) == 0 or sum(counts) % test:
            got = f"{len(counts)} counts that sum to {sum(counts)}"
            wanted = f"{1 << parts.run.time_bits} counts that sum to neurons x {test} test samples"
            raise expected(f"spikes.json: histogram.{layer}", got, wanted)
    fired = [sum(counts[1:]) for counts in spikes.histogram.values()]
    offered = [sum(counts) for counts in spikes.histogram.values()]
    rates = [*(a / b for a, b in zip(fired, offered, strict=True)), sum(fired) / sum(offered)]
    names = [*(f"per_layer of {layer}" for layer in spikes.layers), "per_neuron"]
    for name, rate, share in zip(names, rates, [*spikes.per_layer, spikes.per_neuron], strict=True):
        if not math.isclose(rate, share, abs_tol=1e-6):
            raise expected(f"spikes.json: {name}", share, f"{rate:.6f}, as the histogram says")
