"""The report's first line: what was claimed, and whether this run holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from flow.report.schema import Report
from model.intervals import Decision, Interval, interval

# Every run shows these for each of its widths; further rows must be as clean.
REQUIRED_PAIRS = ("qonnx=golden", "golden=csim", "golden=rtl")
RESOURCE_NAMES = {"lut": "LUT", "lutram": "LUTRAM", "ff": "FF", "bram36": "BRAM36", "dsp": "DSP"}
QUANTISED_DROP = 0.01  # balanced accuracy that quantisation may cost

# figure: a number without a bound to hold it to. undecided: the bound lies within the interval.
State = Literal["yes", "no", "undecided", "figure"]


@dataclass(frozen=True)
class Verdict:
    name: str
    state: State
    value: str
    detail: str


def verdicts(report: Report) -> list[Verdict]:
    """All verdicts, in the order in which they are shown."""
    return [bit_exact(report), spikes(report), fits(report), latency(report), against_linear(report),
            quantised(report)]


def bit_exact(report: Report) -> Verdict:
    """Yes only if every required pair was compared and every row covers the whole test set without a mismatch."""
    name, test = "Bit-exact", report.dataset.samples_test
    compared = {(row.pair, row.bits) for row in report.bit_exact}
    wanted = [(pair, bits) for bits in report.widths for pair in REQUIRED_PAIRS]
    faults = [f"{pair} at {bits} bits not compared" for pair, bits in wanted if (pair, bits) not in compared]
    for row in report.bit_exact:
        if row.mismatches:
            faults.append(f"{row.pair} at {row.bits} bits: {row.mismatches:,} of {row.samples:,} samples differ")
        if row.samples != test:
            faults.append(f"{row.pair} at {row.bits} bits: {row.samples:,} samples, the test set has {test:,}")
    if faults:
        return Verdict(name, "no", "no", "; ".join(faults))
    bits = ", ".join(f"INT{bits}" for bits in sorted({row.bits for row in report.bit_exact}, reverse=True))
    count = len(report.bit_exact)
    return Verdict(name, "yes", "yes", f"{count} comparisons ({bits}) of {test:,} samples, 0 mismatches")


def spikes(report: Report) -> Verdict:
    if report.spikes.rtl_equals_model:
        detail = f"the RTL counts the model's spikes, {report.spikes.per_neuron:.3f} per neuron"
        return Verdict("Spike counts", "yes", "equal", detail)
    return Verdict("Spike counts", "no", "differ", "the RTL's counters and the model do not agree")


def fits(report: Report) -> Verdict:
    used, limits = report.resources, report.resources.limits
    over = [
        f"{label} {getattr(used, key):,g} of {getattr(limits, key):,g}"
        for key, label in RESOURCE_NAMES.items() if getattr(used, key) > getattr(limits, key)
    ]
    name = f"Fits {device(report)}"
    if over:
        return Verdict(name, "no", "no", "over the limit: " + ", ".join(over))
    shares = ((key, getattr(used, key) / (getattr(limits, key) or 1)) for key in RESOURCE_NAMES)
    key, share = max(shares, key=lambda pair: pair[1])
    return Verdict(name, "yes", "yes", f"fullest: {RESOURCE_NAMES[key]} {share:.0%}; {used.basis}")


def device(report: Report) -> str:
    """`xc7z020clg400-1` -> `XC7Z020`: the device without package and speed grade; another spelling as it is."""
    family = re.match(r"xc\d[a-z]\d+", report.part)
    return family[0].upper() if family else report.part


def latency(report: Report) -> Verdict:
    timing = report.timing
    cycles = report.cycles
    detail = (
        f"worst of the test samples; mean {cycles.latency_mean:,.0f}, no sample takes more than {cycles.bound:,.0f}; "
        f"estimate: {report.estimates.latency_us:.3g} µs at {timing.clock_mhz:g} MHz, clock {timing.source}"
    )
    return Verdict("Latency", "figure", f"{cycles.latency:,} cycles", detail)


def against_linear(report: Report) -> Verdict:
    """Float network against the linear teacher, which it imitates: the stronger bar where people are few."""
    return _compared(report, "Not below the linear teacher", "float", "linear", 0.0)


def quantised(report: Report) -> Verdict:
    """At most one point of balanced accuracy lost to quantisation."""
    return _compared(report, f"INT{report.bits} within 1 point", "quantised", "float", -QUANTISED_DROP)


def paired(report: Report, first: str, second: str) -> Interval:
    """first - second in balanced accuracy over the test subjects, each the mean over its seeds."""
    ours, theirs = (report.classifier(key).subject_means() for key in (first, second))
    return interval([ours[who] - theirs[who] for who in ours])


def _compared(report: Report, name: str, first: str, second: str, bar: float) -> Verdict:
    """Balanced accuracy of first - second, at least `bar`; the paired interval decides, not the means."""
    gap = paired(report, first, second)
    ours, theirs = report.classifier(first), report.classifier(second)
    people = len(ours.by_subject[0])
    spread = "one subject has no interval" if people == 1 else (
        f"95 % interval {points(gap.low)} to {points(gap.high)} over {people} subjects")
    means = " and ".join(f"{row.label} {mean(row.subject_means().values()):.1%}" for row in (ours, theirs))
    states: dict[Decision, State] = {"holds": "yes", "fails": "no", "undecided": "undecided"}
    state = states[gap.decides(bar - 1e-9)]  # means of decimals: exactly one point may come out as a hair more
    return Verdict(name, state, state, f"{points(gap.mean)} points ({spread}): {means}, {_over(ours.seeds)}")


def points(share: float) -> str:
    """0.031 -> `+3.1`: a difference in percentage points."""
    return f"{100 * share:+.1f}".replace("-", "−")


def _over(seeds: list[int]) -> str:
    return f"mean over {len(seeds)} seeds" if len(seeds) > 1 else "one seed"
