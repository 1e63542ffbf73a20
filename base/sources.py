"""Which source files a result was made by: what a module imports of this repository, found by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from base import records


def closure(modules: Iterable[str], without: Collection[str] = ()) -> list[str]:
    """Files of the modules and of all that they import, directly or not, wherever in them: sorted, named from ROOT.

    A module in `without` is left out, and so is what only it imports. What is imported by a name that is put
    together while the program runs is not seen.
    """
    todo, found = list(modules), set[str]()
    while todo:
        name = todo.pop()
        path = _file(name)
        if name in without or path is None or path in found:
            continue
        found.add(path)
        file = records.ROOT / path
        todo += _imported(file, file.stat().st_mtime_ns)
    return sorted(found)


def _file(module: str) -> str | None:
    """A module's file, named from ROOT; None where it is not of this repository."""
    stem = module.replace(".", "/")
    return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if (records.ROOT / path).is_file()), None)


@cache
def _imported(path: Path, _mtime_ns: int) -> list[str]:
    """Names of what a source file imports, each with the packages in which it lies."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            # What is imported may be a module, too.
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parts = [name.split(".") for name in names]
    return sorted({".".join(own[:end]) for own in parts for end in range(1, len(own) + 1)})
