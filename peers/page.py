"""docs/peers.md from what `make peers` found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flow.report.gather import repeat_line
from peers.published import table as published

HEAD = """# Peers

<!-- Written by `make peers`. -->

The same quantised network through other people's tools and ours, and what others have published. Our cycles are
counted in the Verilated RTL over the whole test set, our resources by Yosys, before place and route. **FINN's and
hls4ml's resources are their own estimates**: without Vivado neither can synthesise. No clock is compared: all cycles
are taken at the same one."""
METHOD = """## What each was given, and why that is fair

A B1 layer computes `y = clamp((W x + b) >> s, 0, max)`, however it does it: that is a plain quantised dense layer, so
a tool that knows nothing of spikes can run the network, all weights, widths and results being the same.

- **FINN** (`peers/finn_graph.py`): integer weights, and every clamp and shift as a MultiThreshold node, exactly. The
  encoder is a step function of the values before it and is merged into their thresholds: FINN pays nothing for it.
  The largest logit is not searched for. "Equal to golden" is its graph of hardware layers, executed in Python. 8-bit
  activations are built both ways that FINN has: as thresholds, whose LUTs it estimates, and as Requant layers, **for
  which it reports 0 LUT**, as it does for padding, so that this is a lower bound; its folding leaves Requant layers
  at one value per cycle, and so the interval at ours. FINN multiplies in LUTs where it takes HLS layers (the
  depthwise ones above all): its LUT and DSP are to be read together. Its latency is the sum over layers, as if none
  overlapped: pessimistic. FIFOs are in none of its numbers. Listed are the build for our interval and the shortest
  interval that fits the part.
- **hls4ml** (`peers/hls4ml_layers.py`): layers with every `ap_fixed` type set, floor and saturation as ours;
  io_stream, resource strategy, reuse factors within our interval. "Equal to golden" is its C simulation. Without
  Vitis HLS there are no resources: the table has the multipliers that the reuse factors ask for, which Vitis would
  make of DSP slices or LUTs, and the interval that they allow.
- **rule4ml** 0.2.0, which predicts hls4ml's resources, was tried apart (it needs TensorFlow) and is not used: it
  stops at depthwise layers with a TypeError, and for the dense layers alone (800-64-32-2, PYNQ-Z2, resource strategy,
  reuse 800) it predicts 1.9 BRAM18 and 0 DSP for 427 kbit of 8-bit weights, which cannot be: the network is outside
  of what it was fitted to.
- **Dense back end on our fabric** (`peers/dense.py`): pointwise convolutions of one pixel behind the same front end;
  each value is multiplied, zero or not, one per cycle, all outputs at once. Encoder and choice of the class cost it
  nothing. Its second and third layers wait most of the time: folded, they would need far fewer of its 98 DSP slices,
  and so would those of core dsp."""


@dataclass(frozen=True)
class Row:
    """A design at one width. None: not known. remark: on the latency."""

    name: str
    interval: float | None
    latency: float | None
    lut: float | None
    ff: float | None
    bram36: float | None
    dsp: float | None
    exact: Mapping[str, int]
    basis: str
    remark: str = ""


def page(found: Mapping[str, Any]) -> str:
    repeat = repeat_line(found["variables"])
    simulated = "**SIMULATED EEG.** " if found["variables"]["DATASET"] == "simulated" else ""
    parts = [HEAD, f"{simulated}Run on {found['date']}: `make peers {repeat}`, {found['part']}, "
                   f"cycles also as time at {found['clock_mhz']:g} MHz."]
    for width in found["widths"]:
        parts += _width(width, found["limits"], found["clock_mhz"])
    return "\n\n".join([*parts, METHOD, "## Published", published(), PUBLISHED]) + "\n"


PUBLISHED = """\
Other tasks, other networks, other parts: these say what is usual, not who is better. Whole-board energies contain the
processor. Plainly: SYNtzulu's 0.5 µs and the TTFS design's 0.1375 µs per inference are shorter than any latency of
ours, and Flexi-NeurA's area is smaller; FINN's and hls4ml's numbers were measured on a board, which ours never saw."""


SUM = " (sum of layers)"  # FINN's latency, no more to be compared with than that


def _width(width: Mapping[str, Any], limits: Mapping[str, float], clock_mhz: float) -> list[str]:
    rows = table_rows(width, limits)
    lines = ["| design | interval, cycles | latency, cycles | LUT | FF | BRAM36 | DSP | equal to golden | how |",
             "|---|---|---|---|---|---|---|---|---|"]
    lines += [f"| {row.name} | {_number(row.interval)} | {_number(row.latency)}{row.remark} | {_number(row.lut)} | "
              f"{_number(row.ff)} | {_number(row.bram36)} | {_number(row.dsp)} | {_exact(row.exact)} | {row.basis} |"
              for row in rows]
    ours = next(iter(width["ours"].values()))
    head = (f"Network: {width['shape']}; weights of {width['bits']} bits, time of {width['time_bits']}; spec "
            f"`{width['digest'][:8]}`. Our interval is {ours['interval'] / clock_mhz:.3g} µs, our latency "
            f"{ours['latency'] / clock_mhz:.3g} µs at {clock_mhz:g} MHz.")
    return [f"## INT{width['bits']}", head, "\n".join(lines), f"Against {rows[0].name}:", "\n".join(verdicts(rows)),
            _back_end(width)]


def table_rows(width: Mapping[str, Any], limits: Mapping[str, float]) -> list[Row]:
    """Ours first, then the dense back end, FINN's builds near our interval and its fastest that fits, hls4ml."""
    rows = [Row(f"ours, core {core}", one["interval"], one["latency"], one["lut"], one["ff"], one["bram36"], one["dsp"],
                one["execution"], f"measured: {one['tool']}") for core, one in width["ours"].items()]
    rows.append(_dense_row(width))
    rows += [_finn_row(build, width["finn"]) for build in chosen(width["finn"]["builds"], width["target"], limits)]
    peer = width["hls4ml"]
    rows.append(Row("hls4ml", peer["interval"], None, None, None, None, None, peer["execution"],
                    f"{peer['tool']}: C simulation; interval, and {peer['multipliers']} multipliers, from the reuse "
                    "factors, no synthesis"))
    return rows


def _dense_row(width: Mapping[str, Any]) -> Row:
    """Our front end with the dense back end: sums of two measurements."""
    one, ann = next(iter(width["ours"].values())), width["dense"]
    counts = {name: one[name] - one["back"][name] + ann["back"][name] for name in ("lut", "ff", "bram36", "dsp")}
    return Row("our front end, dense ANN back end", max(one["interval"], ann["interval"]),
               one["front"] + ann["back_latency"], **counts, exact=ann["execution"],
               basis=f"measured in two parts, added: {ann['tool']}")


def _finn_row(build: Mapping[str, Any], finn: Mapping[str, Any]) -> Row:
    note = " (Requant layers uncounted)" if build["activations"] == "requant" else ""
    return Row(f"FINN, {build['activations']}", build["interval"], build["latency"], build["lut"], None,
               build["bram36"], build["dsp"], finn["execution"], f"estimate of {finn['tool']}{note}", SUM)


def chosen(builds: list[Mapping[str, Any]], target: int, limits: Mapping[str, float]) -> list[Mapping[str, Any]]:
    """Per kind of activation: the build for our interval, and the one of the smallest interval that fits the part."""
    found = []
    for kind in dict.fromkeys(build["activations"] for build in builds):
        same = [build for build in builds if build["activations"] == kind]
        near = next(build for build in same if build["target"] == target)
        fits = [build for build in same if all(build[name] <= limits[name] for name in ("lut", "bram36", "dsp"))]
        fastest = min(fits, key=lambda build: build["interval"], default=near)
        found += [near] if fastest["interval"] >= near["interval"] else [near, fastest]
    return found


COMPARED = {"interval": "interval", "latency": "latency", "lut": "LUT", "bram36": "BRAM36", "dsp": "DSP"}
SAME = 0.005  # of a number; a smaller difference is none


def verdicts(rows: list[Row]) -> list[str]:
    """Where the others are ahead of the first row and where they are behind, from the numbers alone."""
    ours, lines = rows[0], []
    for row in rows[1:]:
        ahead: list[str] = []
        behind: list[str] = []
        for name, label in COMPARED.items():
            mine, other = getattr(ours, name), getattr(row, name)
            if mine is None or other is None or abs(other - mine) <= SAME * mine or (name == "latency" and row.remark):
                continue
            (ahead if other < mine else behind).append(f"{label} {_number(other)} against {_number(mine)}")
        if not ahead and not behind:
            continue
        lines.append(f"- **{row.name}**, interval {_number(row.interval)}: better in {', '.join(ahead) or 'nothing'}; "
                     f"worse in {', '.join(behind) or 'nothing'}.")
    return lines


def _back_end(width: Mapping[str, Any]) -> str:
    """What sparsity buys: the spiking back ends beside the dense one, by themselves."""
    work = width["work"]
    dense, synops = sum(work["dense"].values()), sum(work["synops"].values())
    lines = [f"**The back end alone.** Dense it is {dense:,} multiply-adds an inference, spiking {synops:,.0f} "
             f"additions (SynOps, mean of the test set), {100 * synops / dense:.1f} %; the convolutions before it are "
             f"{sum(work['macs'].values()):,} multiply-adds in each design.", "",
             "| back end | last feature to last output, cycles, worst | LUT | FF | BRAM36 | DSP |",
             "|---|---|---|---|---|---|"]
    backs = {**{f"spiking, core {core}": one for core, one in width["ours"].items()}, "dense": width["dense"]}
    for name, one in backs.items():
        counts = " | ".join(_number(one["back"][key]) for key in ("lut", "ff", "bram36", "dsp"))
        lines.append(f"| {name} | {one['back_latency']:,} | {counts} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}".removesuffix(".0")


def _exact(execution: Mapping[str, int]) -> str:
    samples = execution["samples"]
    return f"{samples - execution['mismatches']} of {samples}"
