"""Whole sample sets through the Verilated top, by a C++ harness over its AXI streams.

`build` compiles a design folder (cached by content: other weights alone need no new build), `run` sends
transfers through it, `simulate` does both for an emitted design, in two passes.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import ToolError, UserError
from base.files import atomic_path, scratch
from base.processes import run_tool
from base.records import Record, digest
from rtl import cycles, verilator
from rtl.emit import TOP, sources
from spec import packets
from spec.netspec import NetSpec
from spec.registers import REGISTERS

HARNESS = Path(__file__).parent / "harness.cpp"
FAST = ("-CFLAGS", "-O2")  # options of a build for long runs: three times as fast, and twice as long to compile


class SimulationError(ToolError):
    """The simulated design broke the stream protocol or came to a halt: a fault of the design."""


def interval(finished: np.ndarray) -> float:
    """Mean cycles between results in steady state: the first quarter, while the pipeline fills, left out."""
    steady = np.diff(finished)[len(finished) // 4:]
    return float(steady.mean()) if len(steady) else 0.0


@dataclass(frozen=True, eq=False)
class SimResult:
    """What the chip answered. N samples; latency and stage cycles count from the first input beat taken.

    outputs (N, classes + 1): logits and class. spikes (N, spiking units), read through AXI4-Lite.
    latency (N,): to the last output beat. stage_cycles (N, units): to each unit's last beat.
    finished (N,): back to back, the cycle of each result.
    """

    units: tuple[str, ...]
    outputs: np.ndarray
    spikes: np.ndarray
    latency: np.ndarray
    stage_cycles: np.ndarray
    finished: np.ndarray

    @property
    def interval(self) -> float:
        return interval(self.finished)

    def cycles(self) -> dict[str, object]:
        """The report's `cycles`: worst and mean latency, mean interval, mean completion of each stage."""
        return {"latency": int(self.latency.max()), "latency_mean": float(self.latency.mean()),
                "interval": self.interval,
                "per_stage_of": f"mean of {len(self.latency)} samples, one at a time in an empty pipeline",
                "per_stage": dict(zip(self.units, self.stage_cycles.mean(axis=0).tolist(), strict=True))}


def build(
    sources: list[Path], cache: Path, spec_digest: str, harness: Sequence[Path] = (HARNESS,),
    options: Sequence[str] = (),
) -> Path:
    """Compile `sources` with the harness, a program in C++; return the executable, cache/<key>/Vtop.

    options: more of Verilator's. The key covers every source (the digest in its comments aside), the harness, Verilator
    and the options. What lies there is taken
    only if it is what was written there; else it is made anew.
    """
    version = importlib.metadata.version("verilator")
    texts = [[source.name, source.read_text(encoding="utf-8").replace(spec_digest, "")]
             for source in [*sources, *harness]]
    folder = cache / digest([version, texts, *options])[:16]
    program = folder / f"V{TOP}"
    record = Record(folder / "record.json", version, lambda: [program])
    if not record.fresh:
        record.run(lambda: _compile([*sources, *harness], cache, version, program, options))
    return program


def _compile(sources: list[Path], cache: Path, version: str, program: Path, options: Sequence[str]) -> None:
    kept = cache / f"runtime-{digest([version, *options])[:16]}"  # Verilator's own objects, the greater part of a build
    record = Record(kept / "record.json", version, lambda: sorted(kept.glob("verilated*.o")))
    with scratch(cache) as part:
        _call(cache, [str(verilator.executable()), "--cc", "--exe", "-O3", "--x-initial", "unique", "-Wall", "--quiet",
                      "--Mdir", str(part), "--top-module", TOP, "-CFLAGS", "-std=c++17 -O1", *options,
                      *(str(path.resolve()) for path in sources)])
        known = record.fresh
        if known:
            for source in kept.glob("verilated*.o"):
                shutil.copy(source, part)  # after the makefile, on which they depend, was written
        _call(cache, ["make", "-s", "-C", str(part), "-f", f"V{TOP}.mk", program.name])
        if not known:
            record.run(lambda: _keep(part, kept))
        _keep_file(part / program.name, program)


def _keep(part: Path, kept: Path) -> None:
    for path in part.glob("verilated*.o"):
        _keep_file(path, kept / path.name)


def _keep_file(source: Path, target: Path) -> None:
    with atomic_path(target, mode=0o755) as temporary:
        shutil.copyfile(source, temporary)


def _call(cache: Path, command: list[str]) -> None:
    name = Path(command[0]).name
    run_tool(name, command, cache / f"{name}.log", env=verilator.environment())


def run(spec: NetSpec, program: Path, folder: Path, mode: str, beats: np.ndarray, seed: int = 0,
        addresses: tuple[int, ...] = (), coverage: Path | None = None, settle: int = 0) -> np.ndarray:
    """Run the harness in the design's folder, where the ROMs are; return the words it wrote (see harness.cpp).

    beats: flat uint64, whole transfers, as spec.packets makes them. Raises SimulationError, in the harness's words,
    where the design breaks the protocol, a TLAST too few or too many included. coverage: a file for what a design
    that was built for it says of its coverage. settle: cycles that mode `single` waits after each answer.
    """
    with scratch() as folder_of_words:
        source, target = folder_of_words / "in.bin", folder_of_words / "out.bin"
        source.write_bytes(np.ascontiguousarray(beats, "<u8").tobytes())
        command = [str(program.resolve()), mode, str(source), str(target), str(spec.input.beats),
                   str(spec.readout.beats), str(seed), str(settle), *map(str, addresses)]
        try:
            run_tool(f"RTL simulation of {folder}", command, folder / "simulation.log", cwd=folder)
        except ToolError as error:
            raise SimulationError(error.line, error.words) from None
        if coverage is not None:
            shutil.move(f"{target}.coverage", coverage)
        return np.frombuffer(target.read_bytes(), "<u4")


def single(spec: NetSpec, program: Path, folder: Path, words: np.ndarray, finished: np.ndarray) -> SimResult:
    """One sample at a time, each into an empty pipeline: outputs, latency, and the registers after each sample."""
    spiking, units = len(spec.spiking), len(spec.units)
    addresses = (*(REGISTERS["SPIKES_LAST"].address(i) for i in range(spiking)), REGISTERS["LATENCY"].address(),
                 *(REGISTERS["STAGE_CYCLES"].address(i) for i in range(units)))
    beats = packets.transfers(packets.pack(spec, words), [1] * len(words))
    settle = 0 if spec.readout.early == "off" else cycles.worst_latency(spec)
    rows = run(spec, program, folder, "single", beats, addresses=addresses, settle=settle)
    rows = rows.reshape(len(words), -1)
    outputs, latency, spikes, counted, stages = np.split(
        rows, np.cumsum([spec.readout.beats, 1, spiking, 1]), axis=1)
    if (counted != latency).any():
        raise SimulationError(f"LATENCY register: {counted[counted != latency][0]}, harness: "
                              f"{latency[counted != latency][0]}")
    return SimResult(tuple(unit.name for unit in spec.units), packets.unpack(outputs), spikes.astype(np.int64),
                     latency[:, 0].astype(np.int64), stages.astype(np.int64), finished)


def stream(
    spec: NetSpec, program: Path, folder: Path, beats: np.ndarray, seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Transfers back to back, with random stalls if seed is not 0; beats: flat uint64 (spec.packets).

    Returns outputs (N, classes + 1), finished (N,), spikes (units,): totals per spiking unit over all samples,
    and ERRORS.
    """
    addresses = (*(REGISTERS["SPIKES_TOTAL"].address(i) for i in range(len(spec.spiking))),
                 REGISTERS["ERRORS"].address())
    rows, counted = np.split(run(spec, program, folder, "stream", beats, seed, addresses), [-len(addresses)])
    rows = rows.reshape(-1, spec.readout.beats + 1)
    totals = counted.astype(np.int64)
    return packets.unpack(rows[:, :-1]), rows[:, -1].astype(np.int64), totals[:-1], int(totals[-1])


def simulate(spec: NetSpec, words: np.ndarray, folder: Path, cache: Path) -> SimResult:
    """Build the design of `spec` that lies in `folder` (see rtl.emit), run `words` (N, C, H, W) through it.

    A build of the same sources is taken from `cache`.

    Two passes, all samples in one transfer and one at a time; that they agree is checked.
    Raises UserError for a bad input, SimulationError where the design breaks the protocol or the passes differ.
    """
    if not len(words):
        raise UserError("words: got no sample, expected at least one")
    program = build(sources(folder), cache, spec.digest)
    outputs, finished, totals, _ = stream(spec, program, folder, packets.transfers(packets.pack(spec, words)))
    result = single(spec, program, folder, words, finished)
    if not np.array_equal(outputs, result.outputs) or not np.array_equal(totals, result.spikes.sum(axis=0)):
        raise SimulationError(f"{folder.name}: back to back and one at a time give different results")
    return result
