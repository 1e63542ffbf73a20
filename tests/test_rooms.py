"""The house: rooms stand on each other, and what comes after model.onnx needs neither torch nor mne."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each room may import from those of the rows above its own, and from itself.
FLOORS = (("base",), ("spec", "board", "model"), ("quant", "hls", "rtl", "firstspike_board", "live"),
          ("overlay", "simboard"), ("package",), ("flow",), ("study", "peers"))
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
HEAVY = ("torch", "brevitas", "mne")
# quant's second half, which begins with model.onnx
AFTER_ONNX = ("quant.graph", "quant.lower", "quant.execute")

SCRIPT = """
import importlib, pkgutil, sys
def load(name):
    module = importlib.import_module(name)
    for entry in pkgutil.iter_modules(getattr(module, "__path__", []), name + "."):
        load(entry.name)
for name in sys.argv[2:]:
    load(name)
print(sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[1].split(","))))
"""


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a source file imports from, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names.add(node.module)
    return {name.split(".")[0] for name in names} & set(FLOOR)


def upward(room: str, found: set[str]) -> set[str]:
    return {other for other in found - {room} if FLOOR[other] >= FLOOR[room]}


@pytest.mark.parametrize("room", FLOOR)
def test_no_import_runs_upwards(room: str) -> None:
    wrong = {str(path.relative_to(ROOT)): sorted(bad) for path in sorted((ROOT / room).rglob("*.py"))
             if (bad := upward(room, imported_rooms(path)))}
    assert wrong == {}


def test_every_package_has_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(FLOOR)


def test_the_check_would_see_an_upward_import(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import numpy\n\ndef late():\n    from flow.settings import Settings\n")
    assert upward("hls", imported_rooms(path)) == {"flow"}
    assert upward("hls", {"rtl"}) == {"rtl"}  # nor sideways
    assert upward("study", imported_rooms(path)) == set()


def heavy(*names: str) -> str:
    done = subprocess.run([sys.executable, "-c", SCRIPT, ",".join(HEAVY), *names], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("names", [("base", "spec"), ("board",), ("hls",), ("rtl",), ("live",), AFTER_ONNX,
                                   ("flow.hardware",)], ids=lambda names: names[0])
def test_hardware_side_imports_neither_torch_nor_mne(names: tuple[str, ...]) -> None:
    assert heavy(*names) == "[]"


def test_the_base_install_is_enough_for_the_chips_own_rooms() -> None:
    """numpy alone, which a board has; base.checked is for files that people write."""
    script = ("import sys, pkgutil, importlib, base, spec\n"
              "for room in (base, spec):\n"
              "    for entry in pkgutil.iter_modules(room.__path__, room.__name__ + '.'):\n"
              "        entry.name == 'base.checked' or importlib.import_module(entry.name)\n"
              "from importlib.metadata import packages_distributions as known\n"
              "print(sorted({name.split('.')[0] for name in sys.modules} & set(known()) - {'base', 'spec'}))")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert [name for name in ast.literal_eval(done.stdout) if name[0] != "_"] == ["numpy"]


def test_the_check_would_see_torch_and_mne() -> None:
    assert heavy("quant.quantnet", "model.data.formats.fif") == "['brevitas', 'mne', 'torch']"
