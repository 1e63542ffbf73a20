"""C simulation: compile the generated top with g++ and run samples through it back to back."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import ToolError, UserError
from base.files import atomic_path, scratch
from base.processes import run_tool
from base.records import Record, digest
from hls.emit import HERE, emit
from hls.packets import pack, unpack
from spec.netspec import NetSpec

# HLS pragmas and loop labels mean nothing to g++. The ap_int headers normalise words before they are set,
# which g++ reports wherever they are inlined, although they are system headers to it.
QUIET = ("-Wno-unknown-pragmas", "-Wno-unused-label", "-Wno-uninitialized", "-Wno-maybe-uninitialized")
WARNINGS = ("-Wall", "-Wextra", *QUIET)
# The ap_int headers sign-extend by shifting negative numbers left: undefined before C++20, defined by g++.
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize=shift-base", "-fno-sanitize-recover=all")
TESTBENCH = ("testbench.cpp", "top.cpp")
FAST = ("-O2",)
QUICK = ("-O0",)  # built sooner than it runs: for a few samples
# Warnings are errors, and address and undefined-behaviour sanitizers watch every run.
CHECKED = ("-O0", "-g1", "-Werror", *SANITIZERS)


@dataclass(frozen=True, eq=False)
class Result:
    """What the top sent for N samples.

    packets: (N, classes + 1) int64, the logits and the class. last: (N,) bool, which carry TLAST.
    spikes: (N, spiking units) int64. errors: samples that a transfer ended inside of.
    """

    packets: np.ndarray
    last: np.ndarray
    spikes: np.ndarray
    errors: int


def _compiler() -> str:
    path = shutil.which("g++")
    if path is None:
        raise UserError("g++: not on PATH, expected the GNU C++ compiler for the C simulation (package g++)")
    return path


def _ap_types() -> Path:
    """Folder of the ap_int headers, found without importing hls4ml."""
    package = importlib.util.find_spec("hls4ml")
    if package is None or package.origin is None:
        raise UserError("hls4ml: not installed, expected its ap_int headers for the C simulation")
    return Path(package.origin).parent / "templates" / "vivado" / "ap_types"


def _key(compiler: str, flags: tuple[str, ...], sources: list[Path]) -> str:
    """Digest of all that the binary depends on: compiler, flags, sources and their names."""
    said = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    version = said.decode("utf-8", "replace")
    return digest([version, *flags], *(part for source in sources for part in (source.name, source)))[:16]


def build(folder: Path, sources: tuple[str, ...] = TESTBENCH, flags: tuple[str, ...] = FAST) -> Path:
    """Compile the sources as they lie in `folder`; an unchanged program is not compiled again.

    flags: FAST, QUICK or CHECKED.
    Raises UserError where g++ or the ap_int headers are missing, ToolError where g++ fails.
    """
    compiler = _compiler()
    flags = ("-std=c++14", *WARNINGS, *flags)
    headers = sorted([*folder.glob("*.hpp"), *folder.glob("kernels/*.hpp"), *(HERE / "shim").glob("*.h")])
    paths = [folder / source for source in sources]
    binary = folder / f"{paths[0].stem}-{_key(compiler, flags, [*paths, *headers])}"
    record = Record(binary.with_suffix(".json"), flags, lambda: [binary])
    if not record.fresh:
        record.run(lambda: _compile([compiler, *flags], paths, binary))
    return binary


def _compile(command: list[str], paths: list[Path], binary: Path) -> None:
    with atomic_path(binary, mode=0o755) as temporary:
        run_tool("g++", [*command, f"-I{HERE / 'shim'}", "-isystem", str(_ap_types()), *map(str, paths),
                         "-o", str(temporary)], binary.parent / "g++.log")


def execute(command: list[str]) -> None:
    """Run a simulation binary. Raises ToolError with its message where it does not end well."""
    run_tool("C simulation", command, Path(command[0]).parent / "csim.log")


def run(binary: Path, spec: NetSpec, beats: np.ndarray) -> Result:
    """Feed input beats (uint64, see spec.packets), of whatever transfers, and collect all that comes out.

    Raises ToolError where a stream is read empty or left with data, or a result is not whole.
    """
    with scratch() as folder:
        stimulus, outputs, status = (folder / name for name in ("stimulus", "outputs", "status"))
        stimulus.write_bytes(np.ascontiguousarray(beats, np.uint64).tobytes())
        execute([str(binary), str(stimulus), str(outputs), str(status)])
        return collect(spec, outputs, status)


def collect(spec: NetSpec, outputs: Path, status: Path) -> Result:
    """Read what a testbench wrote."""
    packets, last = unpack(spec, np.fromfile(outputs, np.uint64))
    table = np.fromfile(status, np.uint32).astype(np.int64).reshape(-1, 1 + len(spec.spiking))
    if len(table) != len(packets):
        raise ToolError(f"output: {len(packets)} packets, expected {len(table)}, one per call of the top")
    return Result(packets, last, table[:, 1:], int(table[-1, 0]) if len(table) else 0)


def csim(spec: NetSpec, words: np.ndarray, folder: Path, flags: tuple[str, ...] = FAST) -> Result:
    """Emit into `folder`, compile, and run input words (N, C, H, W) through the top, one transfer each."""
    emit(spec, folder)
    result = run(build(folder, flags=flags), spec, pack(spec, words))
    if len(result.packets) != len(words):
        raise ToolError(f"output: {len(result.packets)} packets, expected {len(words)}, one per sample")
    return result
