"""make package takes a bitstream only where the record of make overlay says that it is this network's, and whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from base.files import write_json
from flow.packaging import bitstream, remark
from flow.reading import read
from flow.run import STAGES
from package.bitstream import find, missing

BUILT = {"firstspike.bit": b"bits", "firstspike.hwh": b"handoff"}
RECORD = {"digest": "ab" * 32, "board": "pynq-z2", "route": "vivado", "wns_ns": 0.2, "whs_ns": 0.05, "met": True,
          "files": {name: hashlib.sha256(data).hexdigest() for name, data in BUILT.items()}}
OPEN = {"digest": "ab" * 32, "board": "pynq-z2", "route": "open", "said": "yosys",
        "files": {"firstspike.bit": RECORD["files"]["firstspike.bit"]}}


@pytest.mark.parametrize(("record", "lie", "taken", "why"), [
    (RECORD, BUILT, BUILT, ""),
    (OPEN, {"firstspike.bit": b"bits"}, {"firstspike.bit": b"bits"}, "no firstspike.hwh: the driver"),
    (OPEN, BUILT, {"firstspike.bit": b"bits"}, "no firstspike.hwh: the driver"),  # of another route, left there
    ({}, BUILT, {}, "not built"),
    ({"digest": "ab" * 32, "board": "pynq-z2", "route": "vivado", "said": "vivado: not on PATH"}, BUILT, {},
     "not built"),
    (RECORD | {"digest": "cd" * 32}, BUILT, {}, "a network with digest cdcdcdcd, expected abababab"),
    (RECORD | {"board": "pynq-z1"}, BUILT, {}, "board pynq-z1, expected pynq-z2"),
    (RECORD | {"met": False, "wns_ns": -0.31}, BUILT, {}, "timing is not met: worst slack -0.31 ns of setup, 0.05 ns"),
    (RECORD, BUILT | {"firstspike.bit": b"x"}, {}, "firstspike.bit has changed since it was built"),
    (RECORD, BUILT | {"firstspike.hwh": b""}, {}, "firstspike.hwh has changed since it was built"),
    (RECORD, {"firstspike.bit": b"bits"}, {}, "firstspike.hwh is gone since it was built"),
    (RECORD, {}, {}, "firstspike.bit is gone since it was built"),
], ids=lambda value: value.split(",")[0] if isinstance(value, str) else "")
def test_a_bitstream_goes_in_only_as_make_overlay_has_left_it(
    record: dict, lie: dict[str, bytes], taken: dict[str, bytes], why: str, tmp_path: Path
) -> None:
    for name, data in lie.items():
        (tmp_path / name).write_bytes(data)
    found = find(tmp_path, record, "ab" * 32, "pynq-z2", record.get("route", "vivado"))
    assert found.files == taken
    assert why in found.why
    assert bool(found.why) == bool(why)
    lines = missing(found)
    assert len(lines) == bool(why)
    assert taken or lines[0].startswith("no bitstream: ")


def test_a_bitstream_of_another_route_is_not_taken(tmp_path: Path) -> None:
    for name, data in BUILT.items():
        (tmp_path / name).write_bytes(data)
    assert "route vivado, expected open" in find(tmp_path, RECORD, "ab" * 32, "pynq-z2", "open").why


def test_the_flow_looks_where_make_overlay_has_written(tmp_path: Path) -> None:
    """And a stage's key has it, so that what was built later is packaged."""
    settings = read("package", {"OUT": str(tmp_path), "BOARD": "pynq-z2"})
    write_json(settings.quant_folder(settings.bits) / "spec.json", {"digest": "ab" * 32})
    assert "no bitstream: not built" in remark(settings)
    before = STAGES["package"].also(settings)
    folder = settings.overlay_folder("ab" * 32)
    folder.mkdir(parents=True)
    for name, data in BUILT.items():
        (folder / name).write_bytes(data)
    assert STAGES["package"].also(settings) == before  # nothing says what they are
    write_json(settings.out / "overlay.json", RECORD)
    assert bitstream(settings).files == BUILT
    assert "no bitstream" not in remark(settings)
    assert STAGES["package"].also(settings) != before
