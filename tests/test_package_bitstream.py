"""make package takes a bitstream only where the record of make overlay says that it is this network's, and whole."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from rich.console import Console
from synthetic import make_spec
from test_overlay import TIMING

from base.errors import UserError, one_line
from base.files import write_json
from board.preset import load_board
from flow.packaging import bitstream, remark
from flow.reading import read
from flow.run import STAGES, run_target
from package.bitstream import find, given, missing
from simboard import handoff

SPEC = make_spec()

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


def bit(design: str = "", part: str = "7z020clg400", data: bytes = b"\xff" * 40) -> bytes:
    """As Vivado writes it, of SPEC unless said otherwise."""
    design = design or f"firstspike_wrapper;UserID=0X{SPEC.digest_word:08X};Version=2024.1"
    fields = [(b"a", design), (b"b", part), (b"c", "2026/01/02"), (b"d", "03:04:05")]
    head = bytes.fromhex("00090ff00ff00ff00ff0000001") + b"".join(
        letter + (len(text) + 1).to_bytes(2, "big") + text.encode() + b"\0" for letter, text in fields)
    return head + b"e" + len(data).to_bytes(4, "big") + data


BOARD = load_board("pynq-z2")
ELSEWHERE = {"a.bit": bit(), "a.hwh": handoff.text("dma", 26).encode(), "timing.txt": TIMING.format(wns="0.1").encode()}


@pytest.mark.parametrize(("change", "remark"), [
    ({}, ""), ({"a.bit": bit(part="xc7z020clg400-1")}, ""),
    ({"timing.txt": None}, "no timing.txt beside it: whether its timing is met is not known"),
])
def test_one_that_was_built_elsewhere_goes_in(change: dict[str, bytes | None], remark: str, tmp_path: Path) -> None:
    files = leave(tmp_path, change)
    found = given(tmp_path / "a.bit", BOARD, SPEC)
    assert found.files == {"firstspike.bit": files["a.bit"], "firstspike.hwh": files["a.hwh"]}
    assert found.why == remark
    assert given(tmp_path / "a.bit", BOARD, None) == found


def test_a_part_has_hyphens_in_one_file_and_none_in_another(tmp_path: Path) -> None:
    ultrascale = ELSEWHERE["a.hwh"].replace(b'"7z020"', b'"xczu3eg"').replace(b'"clg400"', b'"sfvc784"')
    assert b"xczu3eg" in ultrascale
    leave(tmp_path, {"a.bit": bit(part="xczu3eg-sfvc784-2-e"), "a.hwh": ultrascale})
    assert given(tmp_path / "a.bit", load_board("aup-zu3"), SPEC).files
    (tmp_path / "a.bit").write_bytes(bit(part=""))
    with pytest.raises(UserError, match=r"a\.bit: got part , expected"):
        given(tmp_path / "a.bit", load_board("aup-zu3"), SPEC)


def leave(folder: Path, change: dict[str, bytes | None]) -> dict[str, bytes]:
    files = {name: data for name, data in {**ELSEWHERE, **change}.items() if data is not None}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


@pytest.mark.parametrize(("change", "words"), [
    ({"a.bit": None}, "a.bit"),
    ({"a.hwh": None}, "a.hwh"),
    ({"a.bit": b""}, "a.bit: got no .bit of Vivado's, expected a bitstream of make overlay's scripts"),
    ({"a.bit": bit()[:30]}, "a.bit: got no .bit that is whole: no field a"),
    ({"a.bit": bit()[:-1]}, "a.bit: got no .bit that is whole: 39 bytes of 40"),
    ({"a.bit": bit() + b"x"}, "a.bit: got no .bit that is whole: 41 bytes of 40"),
    ({"a.bit": bit(part="xczu3eg-sfvc784")}, "a.bit: got part xczu3eg-sfvc784, expected xc7z020clg400-1, of BOARD"),
    ({"a.bit": bit("top;UserID=0XFFFFFFFF;Version=2024.1")}, "a.bit: got user ID ffffffff, expected"),
    ({"a.bit": bit("top")}, "a.bit: got no user ID, expected"),
    ({"a.hwh": b"<a>"}, r"a.hwh: got no .hwh \("),
    ({"a.hwh": b"<a/>"}, "a.hwh: got no .hwh: no SYSTEMINFO, expected the handoff of that build"),
    ({"a.hwh": ELSEWHERE["a.hwh"].replace(b"7z020", b"7z010")}, "a.bit: got part 7z010clg400, expected xc7z020clg400"),
    ({"a.hwh": ELSEWHERE["a.hwh"].replace(b"firstspike_top", b"other")}, "got no firstspike_top in its .hwh"),
    ({"timing.txt": b"nothing"}, "timing.txt: got no Design Timing Summary, expected a report of Vivado's"),
    ({"timing.txt": TIMING.format(wns="-0.25").encode()}, "timing.txt: got timing is not met: worst slack -0.25 ns"),
])
def test_one_that_is_damaged_or_of_something_else_is_refused(
    change: dict[str, bytes | None], words: str, tmp_path: Path
) -> None:
    leave(tmp_path, change)
    with pytest.raises((UserError, OSError), match=words) as caught:
        given(tmp_path / "a.bit", BOARD, SPEC)
    assert "\n" not in str(one_line(caught.value))


def test_it_is_looked_at_before_anything_is_trained(tmp_path: Path) -> None:
    settings = read("package", {"OUT": str(tmp_path / "out"), "BITSTREAM": str(tmp_path / "none.bit")})
    with pytest.raises(FileNotFoundError, match=r"none\.bit"):
        run_target("package", settings, Console(file=io.StringIO()))
    assert not (tmp_path / "out").exists()
