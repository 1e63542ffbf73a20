"""The IP that Vitis HLS has exported, simulated as our own RTL is: the same harness, transfers and comparisons.

Vitis HLS gives registers addresses of its own. They are read from the header that it writes for a driver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import ToolError
from rtl import sim
from spec import packets
from spec.netspec import NetSpec

ADAPTER = Path(__file__).parent / "exported.sv"
VERILOG = Path("syn", "verilog")  # in the solution's folder
TOP = "firstspike"
HEADER = f"x{TOP}_hw.h"
# What generated Verilog is not written for; our own is held to all of it.
OPTIONS = ("-Wno-lint", "-Wno-style", "-Wno-TIMESCALEMOD")
STALLS = 1  # seed


@dataclass(frozen=True, eq=False)
class Answers:
    """outputs (N, classes + 1): logits and class. spikes (N, spiking units). latency (N,): in cycles, each sample into
    an empty pipeline. interval: mean cycles between results in steady state."""

    outputs: np.ndarray
    spikes: np.ndarray
    latency: np.ndarray
    interval: float


def sources(solution: Path) -> list[Path]:
    """Its Verilog and its header, whose contents decide; none where nothing was exported."""
    headers = sorted(solution.rglob(HEADER))
    if not (solution / VERILOG / f"{TOP}.v").is_file() or not headers:
        return []
    return [headers[0], *sorted((solution / VERILOG).glob("*.v")), *sorted((solution / VERILOG).glob("*.dat"))]


def registers(header: Path) -> dict[str, int]:
    """Address of each argument of the top, by its name in capitals."""
    found = re.findall(r"^#define \w+_CONTROL_ADDR_(\w+)_DATA\s+(0x[0-9a-fA-F]+)\s*$",
                       header.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: int(address, 16) for name, address in found}


def addresses(spec: NetSpec, header: Path) -> tuple[int, ...]:
    """Of the digest, the errors, and the spikes of each spiking unit. Raises ToolError where one is missing."""
    known = registers(header)
    names = ["DIGEST", "ERRORS", *(f"SPIKES_{unit.name.upper()}" for unit in spec.spiking)]
    missing = [name for name in names if name not in known]
    if missing:
        raise ToolError(f"{header}: no register {', '.join(missing)}, expected those of the exported top")
    return tuple(known[name] for name in names)


def simulate(spec: NetSpec, words: np.ndarray, solution: Path, cache: Path) -> Answers:
    """Run `words` (N, C, H, W) through the IP in `solution`, where `sources` finds one.

    All samples in one transfer, the same with stalls on both streams, and one at a time.
    Raises SimulationError where it breaks the protocol or answers differently.
    """
    header, *files = sources(solution)
    places = addresses(spec, header)
    folder, options = solution / VERILOG, (f"-GADDRESS_W={max(places).bit_length()}", *OPTIONS)
    verilog = [path for path in files if path.suffix == ".v"]
    program = sim.build([ADAPTER, *verilog], cache, spec.digest, options=options)
    beats = packets.pack(spec, words)
    outputs, finished = [], []
    for seed in (0, STALLS):
        rows = sim.run(spec, program, folder, "stream", packets.transfers(beats), seed, places[:2])
        check(spec, rows[-2], int(rows[-1]))
        rows = rows[:-2].reshape(-1, spec.readout.beats + 1)
        outputs.append(packets.unpack(rows[:, :-1]))
        finished.append(rows[:, -1].astype(np.int64))
    rows = sim.run(spec, program, folder, "single", packets.transfers(beats, [1] * len(words)), addresses=places)
    found, latency, read = np.split(rows.reshape(len(words), -1), [spec.readout.beats, spec.readout.beats + 1], axis=1)
    check(spec, read[-1, 0], int(read[-1, 1]))
    singles = packets.unpack(found)
    for others in outputs:
        if not np.array_equal(others, singles):
            raise sim.SimulationError(f"{TOP}: back to back and one at a time give different results")
    return Answers(singles, read[:, 2:].astype(np.int64), latency[:, 0].astype(np.int64), sim.interval(finished[0]))


def check(spec: NetSpec, digest: int, errors: int) -> None:
    """ToolError where the IP is of another spec, SimulationError where it counted errors in whole transfers."""
    if digest != spec.digest_word:
        raise ToolError(f"{TOP}: digest {digest:08x}, expected {spec.digest_word:08x}; it is of another network")
    if errors:
        raise sim.SimulationError(f"{TOP}: {errors} errors counted, expected none")
