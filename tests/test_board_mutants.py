"""The driver, broken: the cases of the simulated board must notice each. Run by `make nightly`."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from test_board_sim import built, run_cases

from base.records import ROOT

TIMEOUT_S = 180.0
ROOMS = ("base", "spec", "firstspike_board", "simboard")
MUTANTS = [
    ("by_dma", "for buffer in (given, taken):", "for buffer in (taken,):"),
    ("by_dma", "for buffer in (given, taken):", "for buffer in (given,):"),
    ("by_dma", "        taken.invalidate()\n", ""),
    ("by_dma", "        taken[:samples] = POISON\n", ""),
    ("by_dma", "        self._send.reset()\n", ""),
    ("by_dma", "        super()._drop()\n", ""),
    ("by_dma", "if self._receive.length != size:", "if self._receive.length > size:"),
    ("by_dma", "if any(getattr(buffer, \"freed\", False) for buffer in self._buffers):", "if False:"),
    ("by_dma", "min(TRANSFER_BYTES, (1 << length_bits) - 1)", "TRANSFER_BYTES"),
    ("dma", "        if found:\n", "        if False:\n"),
    ("dma", "        if time.monotonic() > end:\n", "        if time.monotonic() > end + 10:\n"),
    ("engines", "        if not self._clean:\n            self.reset()\n        units", "        units"),
    ("engines", "elif late:", "elif late and count:"),
    ("engines", "        if count > samples:\n", "        if False:\n"),
    ("engines", 'if self._registers.field("STATUS", "incomplete") or ', "if "),
    ("engines", "        if len(wrong):\n", "        if False:\n"),
    ("engines", "if self._count(len(outputs)) != len(outputs):", "if False:"),
    ("registers", "        if (got,) != wanted[name]:\n", "        if False:\n"),
    ("registers", "    if (digest,) == wanted[\"DIGEST\"]:\n", "    if True:\n"),
    ("chip", "            self_check(self.spec, engine)\n", ""),
    ("chip", "                _attempt(engine.reset)\n", ""),
    ("loading", "int(dma.get(\"parameters\", {}).get(places.DMA_LENGTH_PARAMETER, bits))", "bits"),
    ("by_registers", "        if register.field(\"lost\", word):\n", "        if False:\n"),
    ("by_registers", "        if not self._look(\"last\"):\n", "        if False:\n"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("board"))


@pytest.mark.long
@pytest.mark.parametrize(("module", "text", "broken"), MUTANTS)
def test_notices(module: str, text: str, broken: str, folder: Path, tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "firstspike_board" / f"{module}.py"
    source = path.read_text()
    assert source.count(text) == 1, f"{module}: {text!r} occurs {source.count(text)} times"
    path.write_text(source.replace(text, broken))
    shutil.copytree(folder, tmp_path / "board")
    with suppress(subprocess.TimeoutExpired):  # waits for ever: noticed, too
        found = run_cases(tmp_path / "board", tmp_path, TIMEOUT_S)
        assert any(found.values()), "no case notices it"
