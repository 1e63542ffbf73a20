"""`make peers`: one quantised network through FINN, hls4ml, a dense back end on our fabric, and ours; docs/peers.md."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from base.errors import expected
from base.files import read_npz, write_json, write_npz, write_text
from flow.run import run_target
from flow.settings import Settings
from model.data.folds.splits import SPLIT_CODES
from peers import dense, environment
from peers.page import page
from rtl import emit, sim, synth
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec
from spec.work import work

FASTER = (400, 200, 100)  # cycles per sample that FINN is asked for besides our interval
OURS = ("ticks", "dsp")  # cores
COUNTS = ("lut", "ff", "bram36", "dsp")


def peers(settings: Settings, console: Console) -> None:
    """Bring the run's networks to NetSpec where they are not, compare at every width, write OUT/peers and the page.

    The page goes to docs/ for EEGMAT with no other choice than where it lies and who is tested; else into OUT.
    """
    if not settings.network.channels or max(settings.network.strides) > 1:
        raise expected(f"PRESET {settings.network.name}", settings.network.shape,
                       "blocks of stride 1, which is what the graphs for FINN and hls4ml are written for")
    run_target("lower", settings, console)
    widths = [_compare(settings, bits, settings.out / "peers" / f"int{bits}", console) for bits in settings.widths]
    console.print(os.path.relpath(write(settings, widths)))


def write(settings: Settings, widths: list[dict[str, Any]]) -> Path:
    """peers.json and the page, of what `_compare` found at each width; the page's path."""
    board = settings.board_facts
    found = {"date": datetime.now(UTC).strftime("%Y-%m-%d"), "variables": settings.variables(places=False),
             "part": board.part, "clock_mhz": board.clock_mhz, "limits": board.limits.model_dump(), "widths": widths}
    write_json(settings.out / "peers" / "peers.json", found)
    path = settings.pages / "peers.md"
    write_text(path, page(found))
    return path


def _compare(settings: Settings, bits: int, folder: Path, console: Console) -> dict[str, Any]:
    """Everything about one width, as JSON: see peers.page for what is read from it."""
    spec = NetSpec.load(settings.quant_folder(bits))
    samples = read_npz(settings.out / "samples.npz")
    words = spec.input.quantise(samples["x"][samples["split"] == SPLIT_CODES["test"]])
    trace = golden.run(spec, words)
    said = f"INT{bits}: [{{}}/{len(OURS) + 3}] {{}}"
    ours = {}
    for number, core in enumerate(OURS, start=1):
        console.print(said.format(number, f"our RTL, core {core}: Verilator and Yosys"))
        ours[core] = _ours(settings, fold(spec, **{**settings.network.fold, "core": core}), words, trace, folder / core)
    console.print(said.format(len(OURS) + 1, "dense back end on our fabric: Verilator and Yosys"))
    ann = _dense(settings, spec, trace, folder / "dense")
    write_npz(folder / "words.npz", words=words)
    spec.save(folder / "spec")
    target = round(ours[OURS[0]]["interval"])
    options = (settings.board_facts.part, str(1000 / settings.board_facts.clock_mhz))
    console.print(said.format(len(OURS) + 2, "FINN's estimate flow, and its layers in Python"))
    finn = environment.run("peers.finn_flow", folder / "spec", folder / "words.npz", folder / "finn", *options,
                           *map(str, (target, *FASTER)))
    console.print(said.format(len(OURS) + 3, "hls4ml's C simulation (g++, minutes)"))
    hls4ml = environment.run("peers.hls4ml_flow", folder / "spec", folder / "words.npz", folder / "hls4ml", *options,
                             str(target))
    fired = {unit.name: float(count) for unit, count in
             zip(spec.spiking, trace.spike_counts(spec).mean(axis=0), strict=True)}
    done = work(spec, fired)
    return {"bits": bits, "time_bits": spec.time_bits, "digest": spec.digest, "shape": _shape(spec), "target": target,
            "work": {"macs": done.macs, "dense": done.dense, "synops": done.synops},
            "ours": ours, "dense": ann, "finn": finn, "hls4ml": hls4ml}


def _shape(spec: NetSpec) -> str:
    blocks = ", ".join(str(pointwise.out_channels) for _, pointwise in spec.blocks)
    hidden = ", ".join(str(layer.out_features) for layer in spec.layers)
    return (f"{spec.input.channels}x{spec.input.height}x{spec.input.width} in, blocks of {blocks} channels, layers of "
            f"{hidden}, {spec.readout.classes} classes")


def _ours(settings: Settings, spec: NetSpec, words: np.ndarray, trace: golden.Trace, folder: Path) -> dict[str, Any]:
    sources = emit.emit(spec, folder)
    result = sim.simulate(spec, words, folder, settings.out / "verilated")
    counts = synth.synth(sources, emit.TOP, folder, settings.out / "synthesised")
    wanted = np.column_stack([trace.logits, trace.predicted])
    front = result.stage_cycles[:, spec.units.index(spec.encoder) - 1]  # the encoder has its last feature
    back = [counts["per_unit"][unit.name] for unit in (*spec.spiking, spec.readout)]
    return {"tool": f"Verilator, {counts['tool']}", "execution": execution(result.outputs, wanted),
            "interval": result.interval, "latency": int(result.latency.max()), "front": int(front.max()),
            "back_latency": int((result.latency - front).max()), **{name: counts[name] for name in COUNTS},
            "back": {name: sum(unit[name] for unit in back) for name in COUNTS}}


def _dense(settings: Settings, spec: NetSpec, trace: golden.Trace, folder: Path) -> dict[str, Any]:
    result = dense.simulate(spec, trace, folder, settings.out / "verilated")
    counts = dense.resources(spec, folder, settings.out / "synthesised")
    return {"tool": f"Verilator, {counts['tool']}", "execution": execution(result.logits, trace.logits),
            "interval": result.interval, "back_latency": int(result.latency.max()),
            "back": {name: counts[name] for name in COUNTS}}


def execution(found: np.ndarray, wanted: np.ndarray) -> Mapping[str, int]:
    """Samples (rows), and how many of them differ."""
    return {"samples": len(wanted), "mismatches": int((found != wanted).any(axis=1).sum())}
