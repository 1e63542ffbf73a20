"""The Vitis HLS project: what is written, what is said without the tool, and how its end is judged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from synthetic import make_spec, make_words

from base.files import write_text
from hls.csim import build
from hls.vitis import BUILD, PROGRAMS, vitis, write_project
from spec.netspec import NetSpec

PART, CLOCK_NS = "xc7z020clg400-1", 8.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[NetSpec, Path]:
    folder, spec = tmp_path_factory.mktemp("vitis with a blank"), make_spec(bits=4, blocks=(4,), hidden=(4,))
    write_project(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    return spec, folder


def fake_vitis(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """Put the tool on PATH under one of its names, alone; it checks how it is called and does what the script says.

    The script runs where the C simulation would, with the test bench's files beside it.
    """
    shutil.rmtree(folder / "bin", ignore_errors=True)
    wanted = " ".join([*PROGRAMS[name], "run_hls.tcl"])
    write_text(folder / "bin" / name, f"""#!/bin/sh
[ "$*" = "{wanted}" ] && [ -f run_hls.tcl ] || exit 9
mkdir -p {BUILD} && cp *.bin {BUILD} && cd {BUILD} || exit 9
{script}
""")
    (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")


def arguments(tcl: str, command: str) -> str:
    """What the script hands to the test bench with csim_design or cosim_design."""
    found = re.search(rf'^{command} .*-argv "([^"]*)"$', tcl, re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_project_names_the_part_the_clock_and_every_file(project: tuple[NetSpec, Path]) -> None:
    spec, folder = project
    tcl = (folder / "run_hls.tcl").read_text()
    assert spec.digest in tcl.splitlines()[0]
    assert str(folder) not in tcl
    for line in (f"set_part {{{PART}}}", f"create_clock -period {CLOCK_NS} ", "set_top firstspike",
                 "config_dataflow ", "csim_design", "csynth_design", "cosim_design", "export_design"):
        assert f"\n{line}" in tcl
    added = re.findall(r"^add_files (?:-tb )?(\S+)", tcl, re.MULTILINE)
    assert all((folder / name).exists() for name in added)
    assert set(re.findall(r'-cflags "(\S+)"', tcl)) == {"-std=c++14"}
    for command in ("csim_design", "cosim_design"):
        stimulus, outputs, status, expected = arguments(tcl, command).split()
        assert {stimulus, expected} <= set(added)
        assert not {outputs, status} & set(added)


@pytest.mark.parametrize("command", ["csim_design", "cosim_design"])
def test_its_test_bench_tells_right_from_wrong(project: tuple[NetSpec, Path], command: str) -> None:
    """The script's own arguments, in a folder with a blank in its name."""
    _, folder = project
    call = [str(build(folder)), *arguments((folder / "run_hls.tcl").read_text(), command).split()]
    assert subprocess.run(call, cwd=folder).returncode == 0
    expected = folder / call[-1]
    right = expected.read_bytes()
    expected.write_bytes(bytes([right[0] ^ 1]) + right[1:])
    try:
        assert subprocess.run(call, cwd=folder, stderr=subprocess.DEVNULL).returncode == 1
    finally:
        expected.write_bytes(right)


def test_without_vitis_the_skip_is_said(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    monkeypatch.setenv("PATH", str(folder))
    said = vitis(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    assert re.match(r"vitis_hls, vitis-run: not on PATH; .* skipped", said)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_failing_run_shows_its_last_lines(
    name: str, project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, folder = project
    fake_vitis(folder, monkeypatch, name, "echo 'ERROR: no licence'; exit 1")
    with pytest.raises(RuntimeError, match="no licence"):
        vitis(spec, make_words(spec, 5), folder, PART, CLOCK_NS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_its_c_simulation_is_held_to_golden(
    name: str, project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, folder = project
    words = make_words(spec, 5)
    bench = f"'{build(folder)}' stimulus.bin outputs.bin status.bin expected.bin"
    fake_vitis(folder, monkeypatch, name, bench)
    assert vitis(spec, words, folder, PART, CLOCK_NS).startswith(f"{name}: C simulation equals golden on 5 samples")
    # A first logit off by one.
    spoil = r"printf '\001\002\003' | dd of=outputs.bin bs=1 conv=notrunc 2> dd.log"
    fake_vitis(folder, monkeypatch, name, f"{bench}; {spoil}")
    with pytest.raises(RuntimeError, match="differs from golden"):
        vitis(spec, words, folder, PART, CLOCK_NS)
