"""The generated top on its pins: cocotb_top.py runs in the simulator, on a small network."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import BUILD_DIR, patch
from synthetic import make_spec, make_words

from base.errors import UserError
from rtl import verilator
from rtl.emit import emit
from spec import golden, packets, registers
from spec.netspec import NetSpec

SAMPLES = 8


def prepare(folder: Path) -> list[Path]:
    """Emit a small network with its case; returns the sources. The digest register differs, the build does not."""
    spec = replace(make_spec(bits=6, channels=3, height=3, width=3, blocks=(6, 5), hidden=(9, 4), classes=3),
                   date="2026-11-26")
    words = make_words(spec, SAMPLES)
    trace = golden.run(spec, words)
    spec.save(folder / "spec")
    beats = packets.pack(spec, words)
    cut = packets.transfers(beats[:, :-1], [1] * SAMPLES)
    np.savez(folder / "case.npz", beats=beats, spikes=trace.spike_counts(spec), short=packets.answer(spec, cut).outputs,
             results=np.concatenate([trace.logits, trace.predicted[:, None]], axis=1))
    return emit(spec, folder)


def run(sources: list[Path], folder: Path) -> str | None:
    here = Path(__file__).parent
    return verilator.run_cocotb("top", sources, {}, "cocotb_top", BUILD_DIR, folder,
                                {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])})


def test_chip(tmp_path: Path) -> None:
    log = run(prepare(tmp_path), tmp_path)
    assert log is None, log


@pytest.mark.long  # tests/test_mutants.py has others, make faults all
@pytest.mark.parametrize(("line", "broken", "failing"), [
    pytest.param("!ap_rst_n || soft_reset", "!ap_rst_n", "soft_reset_drops_what_is_in_flight", id="no soft reset"),
    pytest.param("encoder_out_ready && encoder_out_data[6]", "encoder_out_data[6]", "results_under_stalls",
                 id="spikes counted while they wait"),
    pytest.param(".s_axis_tlast(tag_in_last)", ".s_axis_tlast(1'b1)", "results_under_stalls",
                 id="TLAST with every result"),
])
def test_notices_a_broken_top(line: str, broken: str, failing: str, tmp_path: Path) -> None:
    sources = prepare(tmp_path)
    patch(sources[-1], line, broken, tmp_path)
    log = run(sources, tmp_path)
    assert log is not None
    assert re.search(rf"{failing}\S* +FAIL", log)


def test_register_map_has_no_overlap() -> None:
    taken = [register.address(index) for register in registers.REGISTERS.values() for index in range(register.count)]
    assert len(taken) == len(set(taken))
    assert max(taken) < 1 << registers.ADDRESS_BITS
    assert all(address % 4 == 0 for address in taken)
    for register in registers.REGISTERS.values():
        bits = [bit for _, low, width in register.fields for bit in range(low, low + width)]
        assert len(bits) == len(set(bits))
        assert all(bit < 32 for bit in bits)


def test_build_record() -> None:
    spec = NetSpec("a-preset_with.a-name-of-36-characters", make_spec(bits=6).units, "2026-11-26")
    record = registers.identity(spec)
    assert record["MAGIC"] + record["VERSION"] == (registers.MAGIC, 2)
    assert struct.pack("<8I", *record["PRESET"]) == b"a-preset_with.a-name-of-36-chara"
    assert record["SPEC_DATE"] == (0x20261126,)
    assert record["CORE"] == (0,)
    assert registers.REGISTERS["BITS"].field("weight_bits", record["BITS"][0]) == 6
    assert registers.identity(make_spec())["SPEC_DATE"] == (0,)
    # They are the first registers, in this order.
    places = [registers.REGISTERS[name].address(index) for name, words in record.items() for index in range(len(words))]
    assert places == list(range(0, registers.REGISTERS["CONTROL"].address(), 4))


def test_too_many_layers_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="spiking units: got 18, expected at most 16"):
        emit(make_spec(hidden=(2,) * 17), tmp_path)


def test_same_spec_gives_same_files(tmp_path: Path) -> None:
    spec = make_spec()
    for name in ("a", "b"):
        emit(spec, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)
    generated = [file for file in files if file.suffix in (".hex", ".f") or file.name == "top.sv"]
    assert len(generated) > 10
    assert all(spec.digest in (tmp_path / "a" / file).read_text() for file in generated)
