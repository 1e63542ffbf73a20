"""`make cosim RTL=hls`: an exported IP under the harness of our own RTL, on a stand-in for it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from exported_ip import HEADERS, export
from synthetic import make_spec, make_words

from base.errors import ToolError
from base.files import write_text
from base.records import ROOT
from rtl.exported import HEADER, TOP, VERILOG, addresses, check, registers, simulate, sources
from rtl.sim import SimulationError
from spec import golden

SPEC = make_spec(bits=4, height=2, width=2, blocks=(4,), hidden=(4,))
WORDS = make_words(SPEC, 8)
CACHE = ROOT / "build" / "verilated"


@pytest.fixture(scope="module")
def ip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    solution = tmp_path_factory.mktemp("a solution")
    export(SPEC, solution)
    return solution


def test_it_equals_golden(ip: Path) -> None:
    found, wanted = simulate(SPEC, WORDS, ip, CACHE), golden.run(SPEC, WORDS)
    np.testing.assert_array_equal(found.outputs, np.column_stack([wanted.logits, wanted.predicted]))
    np.testing.assert_array_equal(found.spikes, wanted.spike_counts(SPEC))
    assert (found.latency > found.interval).all()
    assert found.interval > SPEC.input.beats


def test_a_wrong_weight_is_seen(ip: Path) -> None:
    rom = next(path for path in sorted((ip / VERILOG / "rom").glob("*.hex")) if path.name.startswith("pw0"))
    right = rom.read_text()
    write_text(rom, right.replace("f", "0").replace("1", "e"))
    try:
        found, wanted = simulate(SPEC, WORDS, ip, CACHE), golden.run(SPEC, WORDS)
    finally:
        write_text(rom, right)
    assert not np.array_equal(found.outputs, np.column_stack([wanted.logits, wanted.predicted]))


@pytest.mark.long
def test_an_ip_that_never_starts_is_told(ip: Path) -> None:
    """Its start bits lie elsewhere: no beat is taken."""
    top = ip / VERILOG / f"{TOP}.v"
    right = top.read_text()
    write_text(top, right.replace("s_axi_control_WDATA[7]", "s_axi_control_WDATA[6]"))
    try:
        with pytest.raises(SimulationError, match="no beat for"):
            simulate(SPEC, WORDS[:1], ip, CACHE)
    finally:
        write_text(top, right)


def test_another_network_and_counted_errors_are_refused() -> None:
    with pytest.raises(ToolError, match=f"digest 00000001, expected {SPEC.digest_word:08x}; it is of another network"):
        check(SPEC, 1, 0)
    with pytest.raises(SimulationError, match="3 errors counted"):
        check(SPEC, SPEC.digest_word, 3)


def test_its_header_says_the_addresses(ip: Path, tmp_path: Path) -> None:
    assert registers(ip / HEADERS / HEADER) == {
        "DIGEST": 0x10, "SPIKES_B1_0": 0x20, "SPIKES_ENCODER": 0x30, "ERRORS": 0x40}
    assert sources(ip)[0] == ip / HEADERS / HEADER
    assert not sources(tmp_path)
    write_text(tmp_path / HEADER, (ip / HEADERS / HEADER).read_text().replace("SPIKES_B1_0", "SPIKES"))
    with pytest.raises(ToolError, match="no register SPIKES_B1_0, expected"):
        addresses(SPEC, tmp_path / HEADER)


def test_without_one_the_skip_is_said(tmp_path: Path) -> None:
    from flow.hardware import Design, run_exported

    design = Design.__new__(Design)
    design.folder = tmp_path
    rows, said = run_exported(design, tmp_path)
    assert rows == []
    assert re.fullmatch(r"RTL=hls: no IP in .*solution, its simulation skipped .*", said)
