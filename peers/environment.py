"""The peers' own environment, .venv-peers: their pins contradict ours, so their code runs in processes of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from base.errors import UserError
from base.files import read_json
from base.processes import run_tool
from base.records import ROOT

FOLDER = ROOT / ".venv-peers"
# FINN starts no Vivado in its estimate flow, but wants to be told of one.
NO_VIVADO = "/nonexistent/vivado"


def python(folder: Path = FOLDER) -> Path:
    """Its interpreter. Raises UserError where the environment is not there or not whole."""
    found = folder / "bin" / "python"
    if not found.exists() or not (folder / ".ready").exists():
        raise UserError(f"{folder.name}: got no whole environment, expected FINN and hls4ml in it, run `make peers`")
    return found


def run(module: str, spec: Path, words: Path, out: Path, *options: str, folder: Path = FOLDER) -> dict[str, Any]:
    """`python -m module spec words out options` there; returns its out/result.json. Raises ToolError where it fails."""
    result = out / "result.json"
    out.mkdir(parents=True, exist_ok=True)
    result.unlink(missing_ok=True)
    places = [str(path.resolve()) for path in (spec, words, out)]
    command = [str(python(folder)), "-m", module, *places, *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "XILINX_VIVADO": NO_VIVADO}
    run_tool(module, command, out / "run.log", cwd=out, env=env)
    return dict(read_json(result))
