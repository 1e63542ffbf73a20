"""The stages after model.onnx: C simulation, RTL, co-simulation, resources. No torch here.

They read the specs that quantisation left and write OUT/<digest>/hls and OUT/<digest>/rtl, and for the
report hls.json, cosim.json, spikes.json, cycles.json and resources.json; `make timing` writes placed.json.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_npz, write_json
from flow.settings import Settings
from flow.workers import tell
from hls import schedule
from hls.bambu import bambu
from hls.csim import csim
from hls.vitis import SOLUTION, vitis
from model.data.folds.splits import SPLIT_CODES
from overlay import open_route, vivado
from rtl import activity, cycles, exported, gates, synth, timing, verilator
from rtl.emit import TOP, emit, sources
from rtl.sim import simulate
from rtl.system import WAYS, wrap
from simboard.build import build, drive
from spec import golden
from spec.netspec import NetSpec


class Design:
    """One spec of the run, its build folder, and what the golden model says of the whole test set."""

    def __init__(self, settings: Settings, bits: int, quantised: Path | None = None) -> None:
        """quantised: the folder of its spec, where it is not one of the run's own."""
        self.bits = bits
        self.spec = NetSpec.load(quantised or settings.quant_folder(bits))
        self.folder = settings.build_folder(self.spec.digest)
        samples = read_npz(settings.out / "samples.npz")
        self.words = self.spec.input.quantise(samples["x"][samples["split"] == SPLIT_CODES["test"]])

    @cached_property
    def trace(self) -> golden.Trace:
        return golden.run(self.spec, self.words)

    def compare(self, pair: str, packets: np.ndarray, spikes: np.ndarray) -> dict[str, Any]:
        """A row of bit_exact: a sample counts as a mismatch where its packet or a spike count is not golden's.

        packets (N, classes + 1): logits and class; spikes (N, spiking units).
        """
        found = np.column_stack([packets, spikes])
        wanted = np.column_stack([self.trace.logits, self.trace.predicted, self.trace.spike_counts(self.spec)])
        if found.shape != wanted.shape:
            raise RuntimeError(f"{pair}: got results of shape {found.shape}, expected {wanted.shape}")
        mismatches = int((found != wanted).any(axis=1).sum())
        return {"pair": pair, "bits": self.bits, "samples": len(wanted), "mismatches": mismatches}


def run_csim(settings: Settings) -> None:
    """C simulation of the whole test set at every width; then the tool of HLS where it is on PATH."""
    rows = []
    for done, bits in enumerate(settings.widths):
        tell("C simulation", done, len(settings.widths), f"int{bits}")
        design = Design(settings, bits)
        result = csim(design.spec, design.words, design.folder / "hls")
        rows.append(design.compare("golden=csim", result.packets, result.spikes))
    tell("C simulation", 1, 1)
    design, board = Design(settings, settings.bits), settings.board_facts
    tool, folder = {"vitis": (vitis, "hls"), "bambu": (bambu, "bambu")}[settings.hls]
    said = tool(design.spec, design.words, design.folder / folder, board.part, 1000 / board.clock_mhz)
    estimate = schedule.estimate(design.spec, design.trace).summary()
    write_json(settings.out / "hls.json", {"bit_exact": rows, "said": said, "cycles": estimate})


def emit_rtl(settings: Settings) -> None:
    """Write the RTL of every width and lint it."""
    for bits in settings.widths:
        design = Design(settings, bits)
        folder = design.folder / "rtl"
        verilator.lint(emit(design.spec, folder), TOP, {}, folder)


def run_cosim(settings: Settings) -> None:
    """Verilated RTL against the golden model over the whole test set at every width: outputs, spikes, cycles."""
    rows, spikes_equal = [], True
    for done, bits in enumerate(settings.widths):
        tell("RTL simulation", done, len(settings.widths), f"int{bits}")
        design = Design(settings, bits)
        result = simulate(design.spec, design.words, design.folder / "rtl", settings.out / "verilated")
        rows.append(design.compare("golden=rtl", result.outputs, result.spikes))
        spikes_equal &= bool((result.spikes == design.trace.spike_counts(design.spec)).all())
        if bits == settings.bits:
            predicted = cycles.predicted_latency(design.spec, design.trace)
            write_json(settings.out / "cycles.json", {**result.cycles(), "predicted_latency": int(predicted.max()),
                                                       "bound": cycles.worst_latency(design.spec)})
    tell("RTL simulation", 1, 1)
    design = Design(settings, settings.bits)
    _write_spikes(settings, design, spikes_equal)
    said = ""
    if settings.rtl == "hls":
        row, said = run_exported(design, settings.out / "verilated")
        rows += row
    write_json(settings.out / "cosim.json", {"bit_exact": rows, "exported": said})


def run_exported(design: Design, cache: Path) -> tuple[list[dict[str, Any]], str]:
    """The IP that Vitis HLS has exported of this spec, on the same transfers: a row, and one line on it."""
    solution = design.folder / "hls" / SOLUTION
    if not exported.sources(solution):
        return [], f"RTL=hls: no IP in {solution}, its simulation skipped (make hls, with Vitis HLS on PATH)"
    found = exported.simulate(design.spec, design.words, solution, cache)
    row = design.compare("golden=exported", found.outputs, found.spikes)
    return [row], (f"RTL=hls: {row['mismatches']} of {row['samples']} samples differ from golden; latency "
                   f"{found.latency.max():,} cycles at most, interval {found.interval:,.1f} ({solution})")


def run_driver(settings: Settings) -> None:
    """The board's driver on a simulated board, whose chip is the RTL at BITS, over the whole test set."""
    design = Design(settings, settings.bits)
    spec, rtl = design.spec, design.folder / "rtl"
    rows, ways = [], {}
    for done, way in enumerate(WAYS):
        tell("driver", done, len(WAYS), way)
        folder = settings.board_folder(spec.digest, way)
        build(spec, rtl, settings.out / "verilated", folder / "firstspike.bit", way)
        results, ways[way] = drive(design.words, folder)
        rows.append(design.compare("golden=driver", results["outputs"], results["spikes"]))
        if way == "dma" and (results["latency"] != cycles.predicted_latency(spec, design.trace)).any():
            raise RuntimeError(f"{way}: the latencies that the chip counts are not the predicted ones")
    tell("driver", 1, 1)
    worst = max(rows, key=lambda row: row["mismatches"])  # a sample must be right whichever way it goes in
    write_json(settings.out / "driver.json", {"digest": spec.digest, "bit_exact": [worst], "ways": ways})


def _write_spikes(settings: Settings, design: Design, equal: bool) -> None:
    """spikes.json: from the golden model's earliness; `equal`: the RTL counted the same, at every width."""
    spec, trace = design.spec, design.trace
    layers = {unit.name: trace.values[unit.name] for unit in spec.spiking}
    fired = sum(int((values > 0).sum()) for values in layers.values())
    write_json(settings.out / "spikes.json", {
        "per_neuron": fired / sum(values.size for values in layers.values()),
        "per_layer": [float((values > 0).mean()) for values in layers.values()],
        "layers": list(layers),
        "rtl_equals_model": equal,
        "histogram": {name: np.bincount(values.ravel(), minlength=spec.encoder.window + 1).tolist()
                      for name, values in layers.items()},
    })


def run_synth(settings: Settings) -> None:
    """Resources of the design at BITS, against the board's limits."""
    design = Design(settings, settings.bits)
    folder = design.folder / "rtl"
    counts = synth.synth(sources(folder), TOP, folder, settings.out / "synthesised")
    board = settings.board_facts
    basis = synth.BASIS + ("" if board.part.startswith("xc7") else f", in cells of the 7 series, for a {board.part}")
    write_json(settings.out / "resources.json", {**counts, "basis": basis, "limits": board.limits.model_dump()})


def run_energy(settings: Settings) -> None:
    """What an energy depends on and what can be counted here: toggles over the test set, gates, bits of memory."""
    design = Design(settings, settings.bits)
    folder = design.folder / "rtl"
    tell("toggles", 0, 2)
    toggles = activity.toggles(design.spec, design.words, folder, settings.out / "verilated")
    tell("gates", 1, 2)
    found = gates.gates(sources(folder), TOP, folder)
    write_json(settings.out / "energy.json", {
        "digest": design.spec.digest, "samples": len(design.words), "basis": gates.BASIS,
        "units": {unit: {**row, "toggles": toggles.get(unit, 0)} for unit, row in found.items()}})


def run_overlay(settings: Settings) -> None:
    """The chip at BITS with its system, as a bitstream where there is a tool for it."""
    design, board = Design(settings, settings.bits), settings.board_facts
    rtl = design.folder / "rtl"
    folder = settings.overlay_folder(design.spec.digest)
    if settings.route == "open":
        found = open_route.build(wrap(design.spec, rtl, "registers"), rtl, folder, board)
    else:
        found = vivado.build(wrap(design.spec, rtl, "dma"), folder, board, design.spec.digest_word)
    write_json(settings.out / "overlay.json", {
        "digest": design.spec.digest, "board": board.name, "route": settings.route, **found})


def run_timing(settings: Settings) -> None:
    """The clock of the design at BITS, by place and route where there is a tool for it."""
    design, board = Design(settings, settings.bits), settings.board_facts
    folder = design.folder / "rtl"
    emitted = sources(folder)
    top = synth.netlists(emitted, TOP, folder, settings.out / "synthesised")[-1]
    found = timing.measure(emitted, top, folder, board.part, board.clock_mhz)
    write_json(settings.out / "placed.json", {"digest": design.spec.digest, "clock_mhz": board.clock_mhz, **found})
