"""The Bambu project: what is written, what is said without the tool, how it is called, and how its end is judged."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from base.files import write_text
from hls.bambu import SCRIPT, bambu, write_project
from hls.csim import QUICK, build, run
from hls.packets import pack
from spec import packets
from spec.fold import fold
from spec.netspec import NetSpec

PART, CLOCK_NS = "xc7z020clg400-1", 8.0
SPECS = {
    "ticks": fold(make_spec(bits=4, blocks=(4,), hidden=(4,)), (2,), neurons=(2,), multipliers="packed"),
    "dsp": fold(make_spec(bits=4, blocks=(4,), hidden=(4,)), (2,), pe=(2,), features=2, core="dsp"),
}
# What the tool has to be told, by names of bambu --help, 2024.10.
WANTED = ("top.cpp --top-fname=firstspike --generate-interface=INFER --std=c++14 --compiler=I386_CLANG16 "
          "--device-name=xc7z020,-1,clg484,VVD --clock-period=8.0 --generate-tb=testbench.cpp --tb-arg=stimulus.bin "
          "--tb-arg=outputs.bin --tb-arg=status.bin --tb-arg=expected.bin --simulate --simulator=VERILATOR "
          "--evaluation=CYCLES,TOTAL_CYCLES")
RESULTS = """<?xml version="1.0"?>
<bambu_results bambu_version="2024.10"><CYCLES value="1234"/><SLICE_LUTS value="5678"/><DSPS value="9"/></bambu_results>
"""


@pytest.fixture(scope="module", params=SPECS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[NetSpec, Path]:
    spec, folder = SPECS[request.param], tmp_path_factory.mktemp("bambu with a blank")
    write_project(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    return spec, folder


def built(folder: Path) -> Path:
    write_text(folder / "whole.cpp", '#include "top.cpp"\n#include "testbench.cpp"\n')  # one file: compiled sooner
    return build(folder, ("whole.cpp",), QUICK)


def fake_bambu(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a tool on PATH that checks how it is called and does what the script says, in the project's folder."""
    write_text(folder / "bin" / "bambu", f'#!/bin/sh\n[ "$*" = "{WANTED}" ] && [ -f top.cpp ] || exit 9\n{script}\n')
    (folder / "bin" / "bambu").chmod(0o755)
    write_text(folder / "results.xml", RESULTS)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")


def test_its_top_equals_golden(project: tuple[NetSpec, Path]) -> None:
    """All regions opened into one, transfers that end inside a sample included."""
    spec, folder = project
    beats = packets.transfers(packets.pack(spec, make_words(spec, 8)), [1, 3, 4])
    beats = np.concatenate([beats[:1] | packets.LAST, beats])
    result, wanted = run(built(folder), spec, beats), packets.answer(spec, beats)
    np.testing.assert_array_equal(result.packets, wanted.outputs)
    np.testing.assert_array_equal(result.last, wanted.last)
    np.testing.assert_array_equal(result.spikes, wanted.spikes)
    assert result.errors == wanted.errors == 1


def test_its_region_is_flat_and_its_pragmas_stand_in_the_text(project: tuple[NetSpec, Path]) -> None:
    """One producer and one consumer per channel; each pragma where Bambu's compiler looks for it."""
    top = (project[1] / "top.cpp").read_text()
    body = top[top.index("#pragma HLS dataflow"):top.index("#pragma HLS interface")]
    calls = re.findall(r"^        (\w+)(?:<.*?>)?\((.*)\);$", body, re.MULTILINE)
    assert len(calls) == body.count(";") - 1  # of the struct's end
    kernels = "".join(path.read_text() for path in project[1].glob("kernels/*.hpp"))
    regions = set(re.findall(r"^void (\w+)\((?:[^{}]*)\) \{\n    HLS\(DATAFLOW\)", kernels, re.MULTILINE))
    assert len(regions) == 6
    assert not regions & {name for name, _ in calls}
    channels = re.findall(r"^    hls::stream<.*> (\w+);$", top, re.MULTILINE)
    for channel in channels:
        assert sum(channel in re.findall(r"\w+", given) for _, given in calls) == 2, channel
    assert re.findall(r"#pragma HLS (.*)", top) == [
        "dataflow", *(f"interface port={port} mode=axis" for port in ("s_axis", "m_axis", "status"))]


def test_without_bambu_the_skip_is_said(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    monkeypatch.setenv("PATH", str(folder))
    said = bambu(spec, make_words(spec, 5), folder, PART, CLOCK_NS)
    assert re.fullmatch(rf"bambu: not on PATH; .* skipped \(project: .*{SCRIPT}\)", said)


def test_its_end_is_judged(project: tuple[NetSpec, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    spec, folder = project
    words = make_words(spec, 5)
    bench = f"'{built(folder)}' stimulus.bin outputs.bin status.bin expected.bin"
    fake_bambu(folder, monkeypatch, f"{bench} && cp results.xml bambu_results_0.xml")
    said = bambu(spec, words, folder, PART, CLOCK_NS)
    assert said == ("bambu: co-simulation equals golden on 3 samples; 1,234 cycles per call, 5,678 LUT, 9 DSP: "
                    f"{folder}")
    fake_bambu(folder, monkeypatch, bench)
    with pytest.raises(RuntimeError, match="got no CYCLES"):  # those of the run before are gone
        bambu(spec, words, folder, PART, CLOCK_NS)
    spoil = r"printf '\001\002\003' | dd of=outputs.bin bs=1 conv=notrunc 2> dd.log"
    fake_bambu(folder, monkeypatch, f"{bench}; cp results.xml bambu_results_0.xml; {spoil}")
    with pytest.raises(RuntimeError, match="differs from golden"):
        bambu(spec, words, folder, PART, CLOCK_NS)
    fake_bambu(folder, monkeypatch, "echo 'error -> Unexpected token'; exit 1")
    with pytest.raises(RuntimeError, match="Unexpected token"):
        bambu(spec, words, folder, PART, CLOCK_NS)
    fake_bambu(folder, monkeypatch, f"{bench}; head -c 60 results.xml > bambu_results_0.xml")
    with pytest.raises(RuntimeError, match="expected Bambu's results"):
        bambu(spec, words, folder, PART, CLOCK_NS)


def test_its_test_bench_tells_right_from_wrong(project: tuple[NetSpec, Path]) -> None:
    spec, folder = project
    wrong = folder / "wrong.bin"
    wrong.write_bytes((folder / "expected.bin").read_bytes()[:-8])
    call = [str(built(folder)), "stimulus.bin", "outputs.bin", "status.bin"]
    for expected, code in (("expected.bin", 0), ("wrong.bin", 1)):
        assert subprocess.run([*call, expected], cwd=folder, stderr=subprocess.DEVNULL).returncode == code
    assert len(pack(spec, make_words(spec, 3))) * 8 == (folder / "stimulus.bin").stat().st_size


def test_a_part_that_it_does_not_know_is_refused(tmp_path: Path) -> None:
    spec = SPECS["dsp"]
    with pytest.raises(UserError, match=r"^board\.part: got xczu3eg, expected one of xc7z020 with HLS=bambu"):
        write_project(spec, make_words(spec, 1), tmp_path, "xczu3eg", CLOCK_NS)
