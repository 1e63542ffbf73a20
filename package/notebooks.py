"""The notebook from its source in jupytext's percent format, and running it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FORMAT = (4, 5)  # which JupyterLab 3.4 reads


def to_notebook(source: str) -> Any:
    """A notebook without results; cells are numbered, so that the same source gives the same bytes."""
    import jupytext
    import nbformat

    notebook = jupytext.reads(source, fmt="py:percent")
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        cell.metadata = {}
    notebook.metadata = nbformat.from_dict({
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = FORMAT
    nbformat.validate(notebook)
    return notebook


def text_of(notebook: Any) -> str:
    import nbformat

    return str( nbformat.writes(notebook)) + "\n"


def notebook_of(text: bytes) -> Any:
    """What text_of has written."""
    import nbformat

    return nbformat.reads(text.decode(), as_version=FORMAT[0])


def execute(notebook: Any, folder: Path, environment: Mapping[str, str], first: Sequence[str] = (),
            python: str = sys.executable, limit_s: int = 600) -> Any:
    """Run it in `folder` by `python`, which has ipykernel, and return it with its results.

    first: lines that run before its cells. Raises nbclient's CellExecutionError, with the traceback, where one fails.
    """
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    before = [nbformat.v4.new_code_cell("\n".join(first), id="before")] if first else []
    notebook = nbformat.from_dict({**notebook, "cells": [*before, *notebook["cells"]]})
    manager = AsyncKernelManager(kernel_name="python3")
    assert manager.kernel_spec is not None
    manager.kernel_spec.argv[0] = python  # whatever other Python the machine calls python3
    client = NotebookClient(notebook, km=manager, timeout=limit_s, resources={"metadata": {"path": str(folder)}},
                            extra_arguments=["--log-level=ERROR"])  # not that this machine listens to itself
    return client.execute(env=dict(environment))


def printed(notebook: Any) -> str:
    """All that its cells have printed."""
    return "".join(output.text for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
                   if output.output_type == "stream")
