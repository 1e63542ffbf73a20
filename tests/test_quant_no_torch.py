"""What comes after model.onnx runs without torch: importing it must not pull torch in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ["board.preset", "spec.netspec", "spec.golden", "quant.graph", "quant.lower", "quant.execute", "hls", "rtl"]

SCRIPT = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for entry in pkgutil.iter_modules(getattr(module, "__path__", []), name + "."):
        importlib.import_module(entry.name)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("torch", "brevitas")))
"""


def _loaded(*names: str) -> str:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *names], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_hardware_side_imports_no_torch() -> None:
    assert _loaded(*NAMES) == "[]"


def test_the_check_would_see_torch() -> None:
    assert "'torch'" in _loaded("quant.quantnet")
