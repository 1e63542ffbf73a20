"""The notebook on the simulated board, which `driver` has left: part of `make board-sim`."""

from __future__ import annotations

import os
from pathlib import Path

from base.files import scratch, write_text
from base.records import ROOT
from flow.packaging import digest, network
from flow.settings import Settings
from flow.workers import tell
from overlay.vivado import NAME
from package.bitstream import lie_in
from package.notebooks import execute, notebook_of, text_of
from package.wheel import tree, write_tree
from rtl.system import WAYS
from simboard import environment


def notebooks(settings: Settings) -> list[Path]:
    """With the results that they had on the simulated board, samples going in each way."""
    return [settings.out / "notebook" / f"{way}.ipynb" for way in WAYS]


def run_notebooks(settings: Settings) -> None:
    """What a board would get, run by .venv-board on the boards that `driver` has left; its cells compare every sample.

    Raises nbclient's CellExecutionError where one of them fails.
    """
    python = str(environment.python())
    for way, path in zip(WAYS, notebooks(settings), strict=True):
        tell("notebook", WAYS.index(way), len(WAYS), way)
        files = network(settings, lie_in(settings.board_folder(digest(settings), way)))
        with scratch() as folder:
            write_tree(tree({}, {}), folder / "site")
            write_tree(files, folder / "network")
            known = {**os.environ, environment.VARIABLE: "1", "PYTHONPATH": f"{folder / 'site'}{os.pathsep}{ROOT}"}
            found = execute(notebook_of(files[f"{NAME}.ipynb"]), folder / "network", known,
                            ["import simboard.device"], python)
        write_text(path, text_of(found))
    tell("notebook", 1, 1)
