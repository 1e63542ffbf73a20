"""What the report says beyond the stages' own files: which run it was, with which tools, the layers that were built."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from base.files import read_json, write_json
from base.records import seconds
from flow.report.layers import layer_rows
from flow.settings import Settings
from flow.tools import TOOLS, versions
from rtl import timing
from spec.netspec import NetSpec
from spec.work import work


def gather(settings: Settings) -> None:
    """Write run.json, layers.json, work.json, hls_cycles.json, bit_exact.json, timing.json, system.json, wall.json."""
    out, board = settings.out, settings.board_facts
    quant = read_json(out / "quant.json")
    hls, cosim = read_json(out / "hls.json"), read_json(out / "cosim.json")
    write_json(out / "run.json", {
        "spec_digest": quant[f"int{settings.bits}-seed{settings.seed}"]["digest"], "preset": settings.network.name,
        "recipe": settings.recipe_facts.name,
        "bits": settings.bits, "time_bits": settings.time_of(settings.bits), "widths": settings.widths,
        "seed": settings.seed, "repeat": repeat_line(settings.variables()), "board": board.name, "part": board.part,
        "power": board.power.model_dump() if board.power else None, "vitis": hls["said"], "tools": _tools(),
    })
    spec, spikes = NetSpec.load(settings.quant_folder(settings.bits)), read_json(out / "spikes.json")
    write_json(out / "layers.json", layer_rows(spec))
    fired = {unit.name: share * unit.sends.values
             for unit, share in zip(spec.spiking, spikes["per_layer"], strict=True)}
    write_json(out / "work.json", asdict(work(spec, fired)))
    own = [quant[f"int{bits}-seed{settings.seed}"]["bit_exact"] for bits in settings.widths]
    write_json(out / "hls_cycles.json", hls["cycles"])
    write_json(out / "bit_exact.json", own + hls["bit_exact"] + cosim["bit_exact"] + _driver_rows(out, spec))
    write_json(out / "timing.json", {"clock_mhz": board.clock_mhz,
                                     "source": timing.of_clock(out / "placed.json", spec.digest, board.clock_mhz)})
    write_json(out / "system.json", _system(out, spec.digest, board.name))
    write_json(out / "wall.json", _wall_seconds(settings))


def _driver_rows(out: Path, spec: NetSpec) -> list[dict[str, Any]]:
    """What `make board-sim` compared, if it ran on this network."""
    found = _left(out / "driver.json")
    return found["bit_exact"] if found["digest"] == spec.digest else []


def _system(out: Path, digest: str, board: str) -> dict[str, Any] | None:
    """What `make overlay` has left for this network and board, but the files."""
    found = _left(out / "overlay.json")
    if found["digest"] != digest or found["board"] != board:
        return None
    return {name: value for name, value in found.items() if name not in ("digest", "board", "files")}


def _left(path: Path) -> dict[str, Any]:
    """By a stage that this target does not run, if it ever ran."""
    found: dict[str, Any] = read_json(path) if path.is_file() else {"digest": ""}
    return found


def repeat_line(variables: Mapping[str, str]) -> str:
    """Variables of make (Settings.variables) as one types them."""
    return " ".join(f"{name}={shlex.quote(text)}" for name, text in variables.items())


def _tools() -> dict[str, str]:
    """Version of every tool of every stage: stages are stale where it is not the one that they ran with."""
    found = {tool: text for stage in TOOLS for tool, text in versions(stage).items()}
    return {tool: text.splitlines()[0] for tool, text in found.items()}


def _wall_seconds(settings: Settings) -> dict[str, float]:
    """Seconds in which each step was at work: its jobs, where it has some, whichever call they ran in."""
    jobs = {"train": ["train"], "quant": ["tune", "quant"]}
    spans = {step: [span for file in files for result in read_json(settings.out / f"{file}.json").values()
                    for span in result["spans"]] for step, files in jobs.items()}
    stages = {"csim": "hls", "rtl_sim": "cosim", "synth": "synth"}
    spans |= {step: read_json(settings.out / "stages" / f"{stage}.json")["spans"] for step, stage in stages.items()}
    return {step: round(seconds(own), 2) for step, own in spans.items()}
