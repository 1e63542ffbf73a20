"""The report's first line: what was claimed, and whether this run holds it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

from flow.report.schema import Report
from flow.settings import COMPARED_BITS

# Every run shows these for its own bits and for COMPARED_BITS; further rows (golden=driver) must be as clean.
REQUIRED_PAIRS = ("qonnx=golden", "golden=csim", "golden=rtl")
RESOURCE_NAMES = {"lut": "LUT", "lutram": "LUTRAM", "ff": "FF", "bram36": "BRAM36", "dsp": "DSP"}
QUANTISED_DROP = 0.01  # balanced accuracy that quantisation may cost


@dataclass(frozen=True)
class Verdict:
    """`ok` None: a number without a bound to hold it to."""

    name: str
    ok: bool | None
    value: str
    detail: str


def verdicts(report: Report) -> list[Verdict]:
    """All verdicts, in the order in which they are shown."""
    return [bit_exact(report), spikes(report), fits(report), latency(report), against_svm(report), quantised(report)]


def bit_exact(report: Report) -> Verdict:
    """Yes only if every required pair was compared and every row covers the whole test set without a mismatch."""
    name, test = "Bit-exact", report.dataset.samples_test
    compared = {(row.pair, row.bits) for row in report.bit_exact}
    wanted = [(pair, bits) for bits in dict.fromkeys((report.bits, *COMPARED_BITS)) for pair in REQUIRED_PAIRS]
    faults = [f"{pair} at {bits} bits not compared" for pair, bits in wanted if (pair, bits) not in compared]
    for row in report.bit_exact:
        if row.mismatches:
            faults.append(f"{row.pair} at {row.bits} bits: {row.mismatches:,} of {row.samples:,} samples differ")
        if row.samples != test:
            faults.append(f"{row.pair} at {row.bits} bits: {row.samples:,} samples, the test set has {test:,}")
    if faults:
        return Verdict(name, False, "no", "; ".join(faults))
    bits = ", ".join(f"INT{bits}" for bits in sorted({row.bits for row in report.bit_exact}, reverse=True))
    return Verdict(name, True, "yes", f"{len(report.bit_exact)} comparisons ({bits}) of {test:,} samples, 0 mismatches")


def spikes(report: Report) -> Verdict:
    if report.spikes.rtl_equals_model:
        detail = f"the RTL counts the model's spikes, {report.spikes.per_neuron:.3f} per neuron"
        return Verdict("Spike counts", True, "equal", detail)
    return Verdict("Spike counts", False, "differ", "the RTL's counters and the model do not agree")


def fits(report: Report) -> Verdict:
    used, limits = report.resources, report.resources.limits
    over = [
        f"{label} {getattr(used, key):,g} of {getattr(limits, key):,g}"
        for key, label in RESOURCE_NAMES.items() if getattr(used, key) > getattr(limits, key)
    ]
    if over:
        return Verdict("Fits XC7Z020", False, "no", "over the limit: " + ", ".join(over))
    shares = ((key, getattr(used, key) / (getattr(limits, key) or 1)) for key in RESOURCE_NAMES)
    key, share = max(shares, key=lambda pair: pair[1])
    return Verdict("Fits XC7Z020", True, "yes", f"fullest: {RESOURCE_NAMES[key]} {share:.0%}; before place and route")


def latency(report: Report) -> Verdict:
    timing = report.timing
    detail = (
        f"estimate: {report.estimates.latency_us:.3g} µs at {timing.clock_mhz:g} MHz, clock {timing.source}; "
        f"{report.cycles.predicted_latency:,.0f} cycles were predicted"
    )
    return Verdict("Latency", None, f"{report.cycles.latency:,} cycles", detail)


def against_svm(report: Report) -> Verdict:
    """Float network against the SVM, mean balanced accuracy over the seeds."""
    runs = report.balanced_by_seed
    ours = mean(runs.float_)
    detail = f"LSNNet {ours:.1%}, SVM {runs.svm:.1%}: balanced accuracy, {_over(runs.seeds)}"
    return Verdict("Not below the SVM", ours >= runs.svm, "yes" if ours >= runs.svm else "no", detail)


def quantised(report: Report) -> Verdict:
    """At most one point of balanced accuracy lost to quantisation, mean over the seeds."""
    runs = report.balanced_by_seed
    before, after = mean(runs.float_), mean(runs.quantised)
    # Means of decimals: without rounding, a drop of exactly one point may come out as a hair more.
    ok = round(before - after, 9) <= QUANTISED_DROP
    detail = f"float {before:.1%}, INT{report.bits} {after:.1%}: balanced accuracy, {_over(runs.seeds)}"
    return Verdict(f"INT{report.bits} within 1 point", ok, "yes" if ok else "no", detail)


def _over(seeds: list[int]) -> str:
    return f"mean over {len(seeds)} seeds" if len(seeds) > 1 else "one seed"
