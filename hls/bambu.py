"""The Bambu project: the same kernels in one flat dataflow region, synthesis, and co-simulation by Verilator.

What Bambu takes otherwise than Vitis HLS is decided here, in kernels/pragmas.hpp and in kernels/axis.hpp. Its dataflow
region is a method, its channels are members; it has no place for a region in a template, or for arrays between
processes. So the kernels' regions are opened: their channels and calls stand in the top, read from the kernels' text.
"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from base.errors import ToolError, expected
from base.files import write_text
from base.processes import run_tool
from hls.csim import collect
from hls.emit import HERE, emit_kernels, kernel_calls, kernel_name, render
from hls.packets import pack, pack_answer
from hls.vitis import COSIM_SAMPLES, write_beats
from spec import packets
from spec.netspec import NetSpec
from spec.units import Unit

PROGRAM = "bambu"
SCRIPT = "run_bambu.sh"
DEVICES = {"xc7z020": "xc7z020,-1,clg484,VVD"}  # those that it has numbers for; the package means nothing to HLS
ONE_PROCESS = {"encoder": "encoder_serial"}  # instead of processes with arrays between
RESULTS = "bambu_results_*.xml"
# What its results say, by the names of ours; resources only where it has run Vivado, too.
FIGURES = {"CYCLES": "cycles per call", "SLICE_LUTS": "LUT", "REGISTERS": "FF", "BRAMS": "BRAM", "DSPS": "DSP"}


def device(part: str) -> str:
    """Its name for a part. Raises UserError where it has none."""
    for family, name in DEVICES.items():
        if part.startswith(family):
            return name
    raise expected("board.part", part, f"one of {', '.join(DEVICES)} with HLS=bambu")


def processes(unit: Unit, call: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Channels, (type, name) each, and calls that a kernel's call consists of, opened where it is a dataflow region."""
    name = kernel_name(unit)
    if name in ONE_PROCESS:
        return [], [call.replace(name, ONE_PROCESS[name], 1)]
    text = (HERE / "kernels" / f"{name}.hpp").read_text(encoding="utf-8")
    found = re.search(rf"^void {name}\((.*?)\) {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise AssertionError(f"kernels/{name}.hpp: no function {name}")
    parameters, body = found.groups()
    if "HLS(DATAFLOW)" not in body:
        return [], [call]
    given = dict(zip(re.findall(r"& (\w+)(?:,|$)", parameters), re.findall(r"\w+", call[call.index(">(") + 2:]),
                     strict=True))
    given |= {"Cfg": f"{unit.name}_cfg", "Rom": f"{unit.name}_rom"}
    channels = re.findall(r"CHANNEL\((\w+), \w+, (.*)\)$", body, re.MULTILINE)
    given |= {channel: f"{unit.name}_{channel}" for channel, _ in channels}

    def here(said: str) -> str:
        return re.sub(r"\w+", lambda word: given.get(word.group(), word.group()), " ".join(said.split()))

    calls = re.findall(r"^    (\w+<[^;]*\));$", body, re.MULTILINE)
    return [(here(kind), given[channel]) for channel, kind in channels], [here(inner) for inner in calls]


def emit(spec: NetSpec, folder: Path) -> None:
    """Write the sources into `folder`, which then stands alone."""
    opened = [processes(unit, call) for unit, call in zip(spec.units[1:], kernel_calls(spec), strict=True)]
    more = {"inner": [channel for channels, _ in opened for channel in channels],
            "calls": [call for _, calls in opened for call in calls]}
    emit_kernels(spec, folder)
    for name in ("config.hpp", "weights.hpp"):
        write_text(folder / name, render(spec, HERE / "templates" / f"{name}.j2", bambu=True))
    for name in ("top.hpp", "top.cpp", "testbench.cpp"):
        write_text(folder / name, render(spec, HERE / "templates" / "bambu" / f"{name}.j2", bambu=True, **more))


def write_project(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> None:
    """Write sources, run_bambu.sh, and beats in and out for the first input words (N, C, H, W) into `folder`.

    part: the FPGA's part number. clock_ns: target clock period in ns.
    """
    emit(spec, folder)
    write_text(folder / SCRIPT, render(spec, HERE / "templates" / "bambu" / f"{SCRIPT}.j2", device=device(part),
                                       clock_ns=clock_ns))
    beats = pack(spec, words[:COSIM_SAMPLES])
    write_beats(folder / "stimulus.bin", beats)
    write_beats(folder / "expected.bin", pack_answer(packets.answer(spec, beats)))


def bambu(spec: NetSpec, words: np.ndarray, folder: Path, part: str, clock_ns: float) -> str:
    """Write the project and run it where Bambu is on PATH. Returns one line that says what was done.

    Raises ToolError where it fails, or its co-simulation differs from golden.
    """
    write_project(spec, words, folder, part, clock_ns)
    if shutil.which(PROGRAM) is None:
        return f"{PROGRAM}: not on PATH; synthesis and co-simulation skipped (project: {folder / SCRIPT})"
    outputs, status = folder / "outputs.bin", folder / "status.bin"
    for stale in (outputs, status, *folder.glob(RESULTS)):
        stale.unlink(missing_ok=True)
    run_tool(PROGRAM, ["/bin/sh", SCRIPT], folder / "run_bambu.log", cwd=folder)
    samples = words[:COSIM_SAMPLES]
    result, answer = collect(spec, outputs, status), packets.answer(spec, pack(spec, samples))
    if not (np.array_equal(result.packets, answer.outputs) and np.array_equal(result.spikes, answer.spikes)):
        raise ToolError(f"{PROGRAM}: its co-simulation differs from golden")
    found = ", ".join(f"{value:,.0f} {name}" for name, value in figures(folder).items())
    return f"{PROGRAM}: co-simulation equals golden on {len(samples)} samples; {found}: {folder}"


def figures(folder: Path) -> dict[str, float]:
    """What it says of the design in bambu_results_*.xml, by our names. Raises ToolError where it says nothing."""
    said: dict[str, float] = {}
    for path in sorted(folder.glob(RESULTS)):
        for element in _root(path):
            if element.tag in FIGURES:
                said[FIGURES[element.tag]] = float(element.get("value", "nan"))
    if "cycles per call" not in said:
        raise ToolError(f"{PROGRAM}: {folder / RESULTS}: got no CYCLES, expected them after a simulation")
    return said


def _root(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ToolError(f"{path}: {error}, expected Bambu's results") from error
