"""Whole sample sets through the Verilated top, by a C++ harness over its AXI streams.

`build` compiles a design folder (cached by content: other weights alone need no new build), `run` sends
packets through it, `simulate` does both for an emitted design, in two passes.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import UserError
from base.records import digest
from rtl import verilator
from rtl.emit import TOP, sources
from spec import packets
from spec.netspec import NetSpec
from spec.registers import REGISTERS

HARNESS = Path(__file__).parent / "harness.cpp"


class SimulationError(Exception):
    """The simulated design broke the stream protocol or came to a halt: a fault of the design."""


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
        """Mean cycles between results in steady state: the first quarter, while the pipeline fills, left out."""
        steady = np.diff(self.finished)[len(self.finished) // 4:]
        return float(steady.mean()) if len(steady) else 0.0

    def cycles(self) -> dict[str, object]:
        """The report's `cycles`: worst and mean latency, mean interval, mean completion of each stage."""
        return {"latency": int(self.latency.max()), "latency_mean": float(self.latency.mean()),
                "interval": self.interval,
                "per_stage_of": f"mean of {len(self.latency)} samples, one at a time in an empty pipeline",
                "per_stage": dict(zip(self.units, self.stage_cycles.mean(axis=0).tolist(), strict=True))}


def build(sources: list[Path], cache: Path, spec_digest: str, harness: Sequence[Path] = (HARNESS,)) -> Path:
    """Compile `sources` with the harness, a program in C++; return the executable, cache/<key>/Vtop.

    The key covers every source (the digest in its comments aside), the harness and Verilator.
    """
    version = importlib.metadata.version("verilator")
    texts = [[source.name, source.read_text().replace(spec_digest, "")] for source in [*sources, *harness]]
    program = cache / digest([version, texts])[:16] / f"V{TOP}"
    if program.exists():
        return program
    runtime = cache / f"runtime-{version}"  # Verilator's own objects, the greater part of a build, kept
    runtime.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".part-") as part:
        _call([str(verilator.executable()), "--cc", "--exe", "-O3", "--x-initial", "unique", "-Wall", "--quiet",
               "--Mdir", part, "--top-module", TOP, "-CFLAGS", "-std=c++17 -O1",
               *(str(path.resolve()) for path in [*sources, *harness])])
        for kept in runtime.glob("verilated*.o"):
            shutil.copy(kept, part)  # after the makefile, on which they depend, was written
        _call(["make", "-s", "-C", part, "-f", f"V{TOP}.mk", program.name])
        for made in Path(part).glob("verilated*.o"):
            os.replace(made, runtime / made.name)
        program.parent.mkdir(exist_ok=True)
        os.replace(Path(part) / program.name, program)
    return program


def _call(command: list[str]) -> None:
    done = subprocess.run(command, env=verilator.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed\n{done.stderr}{done.stdout}")


def run(program: Path, folder: Path, mode: str, beats: np.ndarray, beats_out: int, seed: int = 0,
        addresses: tuple[int, ...] = ()) -> np.ndarray:
    """Run the harness in the design's folder, where the ROMs are; return the words it wrote (see harness.cpp).

    Raises SimulationError, in the harness's words, where the design breaks the protocol.
    """
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        source, target = Path(scratch) / "in.bin", Path(scratch) / "out.bin"
        source.write_bytes(np.ascontiguousarray(beats, "<u4").tobytes())
        command = [str(program.resolve()), mode, str(source), str(target), str(len(beats)), str(beats.shape[1]),
                   str(beats_out), str(seed), *map(str, addresses)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SimulationError(f"{folder.name}: {(done.stderr or done.stdout).strip()}")
        return np.frombuffer(target.read_bytes(), "<u4")


def single(spec: NetSpec, program: Path, folder: Path, words: np.ndarray, finished: np.ndarray) -> SimResult:
    """One sample at a time: outputs, latency, and the registers after each sample."""
    spiking, units = len(spec.spiking), len(spec.units)
    addresses = (*(REGISTERS["SPIKES_LAST"].address(i) for i in range(spiking)), REGISTERS["LATENCY"].address(),
                 *(REGISTERS["STAGE_CYCLES"].address(i) for i in range(units)))
    rows = run(program, folder, "single", packets.pack(spec, words), spec.readout.beats, addresses=addresses)
    rows = rows.reshape(len(words), -1)
    outputs, latency, spikes, counted, stages = np.split(
        rows, np.cumsum([spec.readout.beats, 1, spiking, 1]), axis=1)
    if (counted != latency).any():
        raise SimulationError(f"LATENCY register: {counted[counted != latency][0]}, harness: "
                              f"{latency[counted != latency][0]}")
    return SimResult(tuple(unit.name for unit in spec.units), packets.unpack(outputs), spikes.astype(np.int64),
                     latency[:, 0].astype(np.int64), stages.astype(np.int64), finished)


def stream(spec: NetSpec, program: Path, folder: Path, words: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Back to back, with random stalls if seed is not 0: (outputs (N, classes + 1), finished (N,), spikes (units,)).

    spikes are the totals per spiking unit over all samples.
    """
    addresses = tuple(REGISTERS["SPIKES_TOTAL"].address(i) for i in range(len(spec.spiking)))
    rows = run(program, folder, "stream", packets.pack(spec, words), spec.readout.beats, seed, addresses)
    totals = rows[len(rows) - len(addresses):].astype(np.int64)
    rows = rows[: len(rows) - len(addresses)].reshape(len(words), -1)
    return packets.unpack(rows[:, :-1]), rows[:, -1].astype(np.int64), totals


def simulate(spec: NetSpec, words: np.ndarray, folder: Path, cache: Path) -> SimResult:
    """Build the design of `spec` that lies in `folder` (see rtl.emit), run `words` (N, C, H, W) through it.

    A build of the same sources is taken from `cache`.

    Two passes, one sample at a time and back to back; that they agree is checked.
    Raises UserError for a bad input, SimulationError where the design breaks the protocol or the passes differ.
    """
    if not len(words):
        raise UserError("words: got no sample, expected at least one")
    program = build(sources(folder), cache, spec.digest)
    outputs, finished, totals = stream(spec, program, folder, words)
    result = single(spec, program, folder, words, finished)
    if not np.array_equal(outputs, result.outputs) or not np.array_equal(totals, result.spikes.sum(axis=0)):
        raise SimulationError(f"{folder.name}: back to back and one at a time give different results")
    return result
