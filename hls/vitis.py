"""The Vitis HLS project: C simulation with the vendor's headers, C synthesis, co-simulation and IP export."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from base.errors import ToolError
from base.files import atomic_path, write_text
from base.processes import run_tool
from hls.csim import collect
from hls.emit import HERE, emit, render
from hls.packets import pack, pack_answer
from spec import packets
from spec.netspec import NetSpec

COSIM_SAMPLES = 3  # enough that one is inside while another one enters and a third one leaves
# The tool under each of its names, and how it is told to run a script. Both came with 2023.2 to 2024.1.
PROGRAMS = {"vitis_hls": ("-f",), "vitis-run": ("--mode", "hls", "--tcl")}
SCRIPT = "run_hls.tcl"
SOLUTION = Path("firstspike_hls", "solution")  # where it leaves what it has made
BUILD = SOLUTION / "csim" / "build"  # where its C simulation runs, and leaves its files


def write_project(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> None:
    """Write sources, run_hls.tcl, and beats in and out for input words (N, C, H, W) into `folder`.

    part: the FPGA's part number. clock_ns: target clock period in ns.
    """
    emit(spec, folder)
    write_text(folder / SCRIPT, render(spec, HERE / "templates" / f"{SCRIPT}.j2", part=part, clock_ns=clock_ns))
    for name, beats in (("", pack(spec, words)), ("cosim_", pack(spec, words[:COSIM_SAMPLES]))):
        write_beats(folder / f"{name}stimulus.bin", beats)
        write_beats(folder / f"{name}expected.bin", pack_answer(packets.answer(spec, beats)))


def write_beats(path: Path, beats: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(beats.tobytes())


def vitis(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> str:
    """Write the project and run it where Vitis HLS is on PATH. Returns one line that says what was done.

    Raises ToolError where it fails, or its C simulation or co-simulation differs from golden.
    """
    write_project(spec, words, folder, part, clock_ns)
    program = next(filter(shutil.which, PROGRAMS), None)
    if program is None:
        names = ", ".join(PROGRAMS)
        return f"{names}: not on PATH; C synthesis, co-simulation and IP export skipped (project: {folder / SCRIPT})"
    outputs, status = folder / BUILD / "outputs.bin", folder / BUILD / "status.bin"
    for stale in (outputs, status):
        stale.unlink(missing_ok=True)
    run_tool(program, [program, *PROGRAMS[program], SCRIPT], folder / "run_hls.log", cwd=folder)
    result, answer = collect(spec, outputs, status), packets.answer(spec, pack(spec, words))
    if not (np.array_equal(result.packets, answer.outputs) and np.array_equal(result.spikes, answer.spikes)):
        raise ToolError(f"{program}: its C simulation differs from golden")
    return (f"{program}: C simulation equals golden on {len(words)} samples, co-simulation on "
            f"{min(len(words), COSIM_SAMPLES)}; IP exported: {folder}")
