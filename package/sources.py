"""The driver's sources as the wheel has them: what they need of spec and base lies inside their own package.

`spec` and `base` are too general names for somebody's board, so imports of them are rewritten here.
"""

from __future__ import annotations

import ast
from pathlib import Path

from base.records import ROOT
from base.sources import closure

DRIVER = "firstspike_board"
TAKEN_IN = ("base", "spec")  # rooms that come to lie in the driver's package
NOTEBOOK = ROOT / "notebook"  # its sources are scripts beside each other, no room that others import


def modules() -> dict[str, str]:
    """Path inside the wheel -> source, of the driver and of all that it and the notebook reach."""
    names = [f"{DRIVER}.{path.stem}".removesuffix(".__init__") for path in sorted((ROOT / DRIVER).glob("*.py"))]
    wanted = [name for path in scripts() for name in _imported(path.read_text(encoding="utf-8"))]
    found = {}
    for path in closure([*names, *wanted]):
        place = path if path.startswith(f"{DRIVER}/") else f"{DRIVER}/{path}"
        found[place] = under_own_name((ROOT / path).read_text(encoding="utf-8"))
    return found


def scripts() -> list[Path]:
    """The notebook's sources: firstspike.py, which becomes firstspike.ipynb, and what it imports from beside it."""
    return sorted(NOTEBOOK.glob("*.py"))


def under_own_name(source: str) -> str:
    """The source, importing `spec` and `base` from inside the driver's package.

    Raises ValueError on an import that cannot be rewritten so that all names stay: `import spec.netspec`.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(_room(alias.name) in TAKEN_IN for alias in node.names):
            raise ValueError(f"line {node.lineno}: got import {node.names[0].name}, expected from … import …")
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _room(str(node.module)) in TAKEN_IN:
            line = lines[node.lineno - 1]
            start = node.col_offset + len("from ")  # offsets are in bytes, and before them are spaces alone
            if not line[start:].startswith(str(node.module)):
                raise ValueError(f"line {node.lineno}: got {line.strip()!r}, expected from {node.module} import …")
            lines[node.lineno - 1] = f"{line[:start]}{DRIVER}.{line[start:]}"
    return "".join(lines)


def _room(module: str) -> str:
    return module.split(".")[0]


def _imported(source: str) -> list[str]:
    return [str(node.module) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
