"""Text files and programs' output are UTF-8 whatever the locale: LC_ALL=zh_CN.GBK, C or POSIX change nothing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_rooms import FLOOR

ROOT = Path(__file__).resolve().parents[1]


def without_encoding(source: str) -> Iterator[int]:
    """Lines of calls that read or write text in the locale's encoding."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        method = isinstance(node.func, ast.Attribute)
        process = "text" in named or "universal_newlines" in named
        path = method and len(node.args) < {"read_text": 1, "write_text": 2}.get(function, 0)
        file = function in ("open", "NamedTemporaryFile", "TemporaryFile") and not _binary(node, method)
        if "encoding" not in named and (process or path or file):
            yield node.lineno


def _binary(node: ast.Call, method: bool) -> bool:
    """Whether a mode with `b` is among the arguments, or numbers are, as os.open has them."""
    modes = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    texts = [argument.value for argument in modes if isinstance(argument, ast.Constant)]
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    other = method and isinstance(owner, ast.Name) and owner.id in ("os", "tempfile", "archive", "Image")
    return other or any(isinstance(text, str) and "b" in text for text in texts)


@pytest.mark.parametrize("room", FLOOR)
def test_text_has_an_encoding(room: str) -> None:
    found = {str(path.relative_to(ROOT)): lines for path in sorted((ROOT / room).rglob("*.py"))
             if (lines := sorted(without_encoding(path.read_text(encoding="utf-8"))))}
    assert found == {}


def test_the_check_would_see_them() -> None:
    wrong = ["p.read_text()", "p.write_text(t)", "open(p)", "p.open('w')", "run(c, text=True)"]
    right = ["p.read_text('utf-8')", "p.write_text(t, 'utf-8')", "p.open('rb')", "run(c, text=True, encoding='utf-8')",
             "write_text(p, t)", "open(p, encoding='utf-8')", "open(p, mode='wb')", "os.open(p, os.O_RDONLY)"]
    assert [line for line in wrong if not list(without_encoding(line))] == []
    assert [line for line in right if list(without_encoding(line))] == []


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
                                    {"PYTHONIOENCODING": "gbk"}, {"PYTHONIOENCODING": "ascii"}])
def test_help_and_refusals_in_any_locale(locale: dict[str, str], tmp_path: Path) -> None:
    """Characters that the terminal does not have are shown as others; no traceback."""
    preset = tmp_path / "mine.toml"
    preset.write_text("# größer, 大\n[network]\nchannels = [8]\nhidden = []\n[fold]\nlanes = [1]\n", encoding="utf-8")
    environment = {**{k: v for k, v in os.environ.items() if k not in ("LANG", "LC_ALL", "PYTHONUTF8")}, **locale}
    for arguments, code in ((["help"], 0), (["demo", "--bits", "3"], 2), (["demo", "--preset", str(preset)], 2)):
        done = subprocess.run([sys.executable, "-m", "flow", *arguments, *["--out", str(tmp_path)][: 2 * (code > 0)]],
                              cwd=ROOT, capture_output=True, check=False, env=environment)
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == (1 if code else 0)
    assert b"network.hidden: got []" in done.stderr
