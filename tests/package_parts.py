"""A small network as `make package` puts it together, from a random spec and a report in the usual form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from report_parts import make_parts
from synthetic import make_spec

from base.records import ROOT
from flow.report.assemble import assemble
from flow.report.schema import Parts
from model.data.grid import TEN_TWENTY
from package import bare_metal, contents
from package.bitstream import lie_in
from package.wheel import write_tree
from spec.netspec import NetSpec

SAMPLES = 24


def a_report(simulated: bool = False) -> dict[str, Any]:
    parts = make_parts()
    parts["dataset"] |= {"simulated": simulated, "name": "simulated" if simulated else "eegmat"}
    return assemble(Parts.model_validate_json(json.dumps(parts))).model_dump(mode="json", by_alias=True)


def a_spec() -> NetSpec:
    """Of the report's samples: 4 frames, 3 features, 5x5."""
    return make_spec(channels=12, height=5, width=5, blocks=(8, 8), hidden=(16, 8))


def samples(spec: NetSpec) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    shape = (SAMPLES, spec.input.channels, spec.input.height, spec.input.width)
    return rng.normal(0, 1, shape).astype(np.float32), np.arange(SAMPLES) % spec.readout.classes


def a_network(folder: Path, simulated: bool = False, built: Path | None = None, spec: NetSpec | None = None,
              grid: contents.Grid = TEN_TWENTY, **data: Any) -> dict[str, bytes]:
    """What lies in one folder on the board; `folder`: where the spec is written to. data: what dataset has else."""
    spec = spec or a_spec()
    spec.save(folder)
    report = a_report(simulated) | {"spec_digest": spec.digest}
    report["dataset"] |= data
    return contents.network(folder, lie_in(built or folder / "none"), *samples(spec), report, grid)


def c_files() -> dict[str, str]:
    return bare_metal.files(a_spec(), *samples(a_spec()))


def clean_python(folder: Path, python: str, packages: list[str]) -> str:
    """A new environment's Python with these packages, by pip; it has no pip itself, which takes long to make."""
    subprocess.run([python, "-m", "venv", "--without-pip", "--clear", str(folder)], check=True, capture_output=True)
    made = str(folder / "bin" / "python")
    if packages:
        pip(made, packages)
    return made


def pip(python: str, arguments: list[str]) -> str:
    """`pip install` into that Python's environment. RuntimeError with pip's last words where it fails."""
    done = subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *arguments], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def installed_tree(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Unpack a wheel's tree; the environment in which it goes before this repository."""
    write_tree(files, folder)
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "MPLBACKEND": "agg"}
