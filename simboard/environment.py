"""The board's own environment, .venv-board: pynq and an older NumPy, so what drives a board runs in a process there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import IO

from base.errors import UserError
from base.processes import run_tool
from base.records import ROOT

FOLDER = ROOT / ".venv-board"
VARIABLE = "FIRSTSPIKE_SIMBOARD"  # of a process in which simboard.device is imported: its board is the active one


def python(folder: Path = FOLDER) -> Path:
    """Its interpreter. Raises UserError where the environment is not there or not whole."""
    found = folder / "bin" / "python"
    if not found.exists() or not (folder / ".ready").exists():
        raise UserError(f"{folder.name}: got no whole environment, expected pynq in it, run `make board-sim`")
    return found


def run(arguments: list[str], log: Path, paths: tuple[Path, ...] = (ROOT,)) -> str:
    """`python arguments` there; returns what it printed. Raises ToolError where it fails, `log` keeps its words."""
    return run_tool(f"python {' '.join(arguments[:2])}", [str(python()), *arguments], log, env=_known(paths))


def start(arguments: list[str], words: IO[str]) -> subprocess.Popen[str]:
    """The same, going on beside this process, whose number is its last argument. words: where its errors go."""
    return subprocess.Popen([str(python()), *arguments, str(os.getpid())], env=_known((ROOT,)), stdout=subprocess.PIPE,
                            stderr=words, text=True, encoding="utf-8", start_new_session=True)


def _known(paths: tuple[Path, ...]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
