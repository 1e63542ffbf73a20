"""The Vitis HLS project: what is written, what is said without the tool, and how its end is judged."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from synthetic import make_spec, make_words

from base.files import write_text
from hls.csim import build
from hls.vitis import vitis, write_project
from spec.netspec import NetSpec

PART, CLOCK_NS = "xc7z020clg400-1", 8.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[NetSpec, Path]:
    folder, spec = tmp_path_factory.mktemp("vitis"), make_spec(bits=4, blocks=(4,), hidden=(4,))
    write_project(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    return spec, folder


def fake_vitis(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a `vitis_hls` on PATH that checks how it is called and then does what the script says."""
    program = folder / "bin" / "vitis_hls"
    write_text(program, f'#!/bin/sh\n[ "$*" = "-f run_hls.tcl" ] && [ -f run_hls.tcl ] || exit 9\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_project_names_the_part_the_clock_and_every_source(project: tuple[NetSpec, Path]) -> None:
    spec, folder = project
    tcl = (folder / "run_hls.tcl").read_text()
    assert spec.digest in tcl.splitlines()[0]
    assert str(folder) not in tcl
    for line in (f"set_part {{{PART}}}", f"create_clock -period {CLOCK_NS} ", "set_top firstspike",
                 "csim_design", "csynth_design", "export_design"):
        assert f"\n{line}" in tcl
    for source in re.findall(r"^add_files (?:-tb )?(\S+)", tcl, re.MULTILINE):
        assert (folder / source).exists()


def test_without_vitis_the_skip_is_said(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    monkeypatch.setenv("PATH", str(folder))
    said = vitis(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    assert re.match(r"vitis_hls: not on PATH; .* skipped", said)


def test_a_failing_run_shows_its_last_lines(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    fake_vitis(folder, monkeypatch, "echo 'ERROR: no licence'; exit 1")
    with pytest.raises(RuntimeError, match="no licence"):
        vitis(spec, make_words(spec, 5), folder, PART, CLOCK_NS)


def test_its_c_simulation_is_held_to_golden(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    words = make_words(spec, 5)
    fake_vitis(folder, monkeypatch, f"{build(folder)} stimulus.bin outputs.bin status.bin")
    assert vitis(spec, words, folder, PART, CLOCK_NS).startswith("vitis_hls: C simulation equals golden on 5 samples")
    # A first logit off by one.
    spoil = r"printf '\001\002\003' | dd of=outputs.bin bs=1 conv=notrunc 2> dd.log"
    fake_vitis(folder, monkeypatch, f"{build(folder)} stimulus.bin outputs.bin status.bin; {spoil}")
    with pytest.raises(RuntimeError, match="differs from golden"):
        vitis(spec, words, folder, PART, CLOCK_NS)
