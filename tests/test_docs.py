"""What the pages name is there: links between pages, and paths of this repository in backticks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")),
         *sorted(ROOT.glob("examples/**/*.md"))]
TOP = {path.name for path in ROOT.iterdir() if path.name[0] != "."} - {"build", "data"}
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`([\w./*<>-]+)`")
MADE = (".json", ".npz", ".onnx")  # what a run leaves in OUT
ELSEWHERE = ("NAME", "<", "maxpool")  # placeholders, and the example that lives on no branch


def dead(page: Path, text: str) -> list[str]:
    """Links and quoted paths of a page that lead nowhere; a quoted path begins with a folder of the top."""
    links = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    quoted = [path for path in QUOTED.findall(text) if "/" in path and path.split("/")[0] in TOP
              and not path.endswith(MADE) and not any(word in path for word in ELSEWHERE)]
    return links + [path for path in quoted if not (list(ROOT.glob(path)) if "*" in path else (ROOT / path).exists())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    assert dead(page, page.read_text(encoding="utf-8")) == []


def test_the_check_would_see_a_dead_one() -> None:
    text = "[a](docs/none.md) `spec/none.py` `rtl/*.none` [b](README.md) `spec/golden.py`"
    assert dead(ROOT / "README.md", text) == ["docs/none.md", "spec/none.py", "rtl/*.none"]


def test_what_the_benchmarks_import_is_there() -> None:
    """They are run by hand: nothing else would see a module that has moved."""
    for path in sorted((ROOT / "tests" / "benchmarks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and (ROOT / node.module.split(".")[0]).is_dir():
                inside = ROOT.joinpath(*node.module.split("."))
                module = inside if inside.is_dir() else inside.with_suffix(".py")
                assert module.exists(), f"{path.name}: {node.module}"
                text = (module / "__init__.py" if module.is_dir() else module).read_text(encoding="utf-8")
                for name in node.names:
                    there = (inside / f"{name.name}.py").exists() or (inside / name.name).is_dir()
                    assert there or re.search(rf"\b{name.name}\b", text), f"{path.name}: {node.module}.{name.name}"
