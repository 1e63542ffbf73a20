"""The Vitis HLS project: C simulation with the vendor's headers, C synthesis and IP export."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from base.errors import ToolError
from base.files import atomic_path, write_text
from base.processes import run_tool
from hls.csim import collect
from hls.emit import HERE, emit, render
from hls.packets import pack
from spec import golden
from spec.netspec import NetSpec


def write_project(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> None:
    """Write sources, run_hls.tcl and stimulus.bin (input words (N, C, H, W)) into `folder`.

    part: the FPGA's part number. clock_ns: target clock period in ns.
    """
    emit(spec, folder)
    write_text(folder / "run_hls.tcl",
               render(spec, HERE / "templates" / "run_hls.tcl.j2", part=part, clock_ns=clock_ns))
    with atomic_path(folder / "stimulus.bin") as temporary:
        temporary.write_bytes(pack(spec, words).tobytes())


def vitis(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> str:
    """Write the project and run it where `vitis_hls` is on PATH. Returns one line that says what was done.

    Raises ToolError where vitis_hls fails or its C simulation differs from golden.
    """
    write_project(spec, words, folder, part, clock_ns)
    program = shutil.which("vitis_hls")
    if program is None:
        return f"vitis_hls: not on PATH; C synthesis and IP export skipped (project: {folder}/run_hls.tcl)"
    outputs, status = folder / "outputs.bin", folder / "status.bin"
    for stale in (outputs, status):
        stale.unlink(missing_ok=True)
    run_tool("vitis_hls", [program, "-f", "run_hls.tcl"], folder / "run_hls.log", cwd=folder)
    result, trace = collect(spec, outputs, status), golden.run(spec, words)
    expected = np.column_stack([trace.logits, trace.predicted])
    if not np.array_equal(result.packets, expected):
        raise ToolError("vitis_hls: its C simulation differs from golden")
    return f"vitis_hls: C simulation equals golden on {len(words)} samples; IP exported: {folder}"
