"""The C example for a board without an operating system: compiled strictly, and run on the Verilated chip."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.records import ROOT
from firstspike_board import header
from package.bare_metal import EXAMPLE, samples
from rtl.emit import emit
from simboard.build import build
from spec import golden

CACHE = ROOT / "build" / "verilated"
SPEC = make_spec(bits=6, classes=3)  # that of test_board_sim.py, whose builds it shares
WORDS = make_words(SPEC, 8)


def compiled(folder: Path, digest: int, *more: str) -> Path:
    (folder / "firstspike.h").write_text(header.text())
    text = samples(SPEC, WORDS * 2.0**SPEC.input.exponent, np.zeros(len(WORDS), int))
    (folder / "samples.h").write_text(text.replace(f"{SPEC.digest_word:08x}", f"{digest:08x}"))
    program = folder / "example"
    command = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", f"-I{folder}", str(EXAMPLE), *more]
    subprocess.run([*command, "-o", str(program)], check=True)
    return program


def on_the_chip(program: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    emit(SPEC, folder / "rtl")
    build(SPEC, folder / "rtl", CACHE, folder / "firstspike.bit", "registers")
    found = json.loads((folder / "firstspike.bit").read_text())
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    with subprocess.Popen([found["program"], "0", "20"], cwd=found["folder"], stdin=to_read, stdout=from_write) as chip:
        for end in (to_read, from_write):
            os.close(end)
        script = f'exec "$0" 3>&{to_write} 4<&{from_read}'
        done = subprocess.run(["bash", "-c", script, str(program)], pass_fds=(to_write, from_read),
                              capture_output=True, text=True, check=False, timeout=60)
        for end in (to_write, from_read):
            os.close(end)
        chip.wait(10)
    return done


@pytest.mark.parametrize("digest", [SPEC.digest_word, SPEC.digest_word ^ 1], ids=["right", "another network"])
def test_example_on_the_verilated_chip(digest: int, tmp_path: Path) -> None:
    program = compiled(tmp_path, digest, "-DFIRSTSPIKE_MOCK", "-D_POSIX_C_SOURCE=200809L",
                       str(Path(__file__).parent / "bare_metal_bus.c"))
    done = on_the_chip(program, tmp_path)
    if digest != SPEC.digest_word:
        assert done.returncode == 1
        assert done.stdout == f"a chip of another network: digest {SPEC.digest_word:08x}, expected {digest:08x}\n"
        return
    assert done.returncode == 0, done.stdout + done.stderr
    trace = golden.run(SPEC, WORDS)
    lines = [line.split(", ")[0] for line in done.stdout.splitlines()]
    assert lines == [f"{chosen}: {' '.join(map(str, logits))}"
                     for chosen, logits in zip(trace.predicted, trace.logits, strict=True)]
    assert np.unique(trace.predicted).size > 1


def test_example_compiles_without_a_mock(tmp_path: Path) -> None:
    """As it is for a board; it would only run there."""
    assert compiled(tmp_path, SPEC.digest_word).exists()
    assert len(EXAMPLE.read_text().splitlines()) <= 100
