"""The generated top on its pins: cocotb_top.py runs in the simulator, on a small network."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import BUILD_DIR, patch
from synthetic import make_spec, make_words

from base.errors import UserError
from rtl import verilator
from rtl.emit import emit
from spec import golden, packets, registers

SAMPLES = 8


def prepare(folder: Path) -> list[Path]:
    """Emit a small network with its case; returns the sources. The digest register differs, the build does not."""
    spec = make_spec(bits=6, channels=3, height=3, width=3, blocks=(6, 5), hidden=(9, 4), classes=3)
    words = make_words(spec, SAMPLES)
    trace = golden.run(spec, words)
    spec.save(folder / "spec")
    np.savez(folder / "case.npz", beats=packets.pack(spec, words), spikes=trace.spike_counts(spec),
             results=np.concatenate([trace.logits, trace.predicted[:, None]], axis=1))
    return emit(spec, folder)


def run(sources: list[Path], folder: Path) -> str | None:
    here = Path(__file__).parent
    return verilator.run_cocotb("top", sources, {}, "cocotb_top", BUILD_DIR, folder,
                                {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])})


def test_chip(tmp_path: Path) -> None:
    log = run(prepare(tmp_path), tmp_path)
    assert log is None, log


@pytest.mark.parametrize(("line", "broken", "failing"), [
    pytest.param("!ap_rst_n || soft_reset", "!ap_rst_n", "soft_reset_drops_what_is_in_flight", id="no soft reset"),
    pytest.param("encoder_out_ready && encoder_out_data[6]", "encoder_out_data[6]", "results_under_stalls",
                 id="spikes counted while they wait"),
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
