"""A bitstream goes into the archive where it is known to be this network's, for this board, and whole.

By the record of `make overlay`; or, of one that its scripts have made elsewhere (BITSTREAM), by what it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from base.errors import expected
from board.preset import Board
from firstspike_board.places import TOP
from overlay.reports import read_timing
from overlay.vivado import NAME
from package.bitfile import read_handoff, read_head
from spec.netspec import NetSpec

BIT, HWH = NAMES = (f"{NAME}.bit", f"{NAME}.hwh")


@dataclass(frozen=True)
class Bitstream:
    """files: name -> content, none where there is no bitstream to be had; why: then, or what is to be known of one."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    why: str = ""


def find(folder: Path, record: Mapping[str, Any], digest: str, board: str, route: str) -> Bitstream:
    """What lies in `folder`, held to the record, OUT/overlay.json; {} where there is none."""
    hashes: Mapping[str, str] = record.get("files", {})
    if BIT not in hashes:
        return Bitstream(why="not built (make overlay, with its tools on PATH)")
    for name, got, wanted in (("a network with digest", record["digest"][:8], digest[:8]),
                              ("board", record["board"], board), ("route", record["route"], route)):
        if got != wanted:
            return Bitstream(why=f"what was built last is for {name} {got}, expected {wanted} (make overlay)")
    if record.get("met") is False:
        return Bitstream(why=f"its timing is not met: worst slack {record['wns_ns']:g} ns of setup, "
                             f"{record['whs_ns']:g} ns of hold; a lower clock in board/*.toml, then make overlay")
    files = {name: (folder / name).read_bytes() for name in NAMES if name in hashes and (folder / name).is_file()}
    for name in NAMES:
        if name in hashes and (name not in files or sha256(files[name]).hexdigest() != hashes[name]):
            return Bitstream(why=f"{name} {'has changed' if name in files else 'is gone'} since it was built "
                                 "(make overlay)")
    return Bitstream(files, "" if HWH in files else f"no {HWH}: the driver takes the chip to be at its usual address")


def _plain(part: str) -> str:
    """A part's number as its files have it: in a .hwh device and package stand together, in a .bit without xc."""
    return part.lower().removeprefix("xc").replace("-", "")


def given(path: Path, board: Board, spec: NetSpec | None) -> Bitstream:
    """One that was built elsewhere, its .hwh beside it, and timing.txt where it lies there as well.

    spec: None where it is not made yet. UserError where a file is missing or damaged, for another part or network, has
    no chip of ours in it, or where its timing is not met.
    """
    def wrong(got: object, wanted: str, file: Path = path) -> Exception:
        return expected(f"BITSTREAM: {file}", got, wanted)

    files = {name: place.read_bytes() for name, place in ((BIT, path), (HWH, path.with_suffix(".hwh")))}
    try:
        head = read_head(files[BIT])
    except ValueError as error:
        raise wrong(error, "a bitstream of make overlay's scripts") from error
    try:
        part, modules = read_handoff(files[HWH])
    except ValueError as error:
        raise wrong(error, "the handoff of that build", path.with_suffix(".hwh")) from error
    for found in (head.part, part):
        if not found or not _plain(board.part).startswith(_plain(found)):
            raise wrong(f"part {found}", f"{board.part}, of BOARD={board.name}")
    if TOP not in modules:
        raise wrong(f"no {TOP} in its .hwh", "one")
    if spec is not None and head.user_id != spec.digest_word:
        got = "no user ID" if head.user_id is None else f"user ID {head.user_id:08x}"
        raise wrong(got, f"{spec.digest_word:08x}, the digest of the network that is packaged")
    return Bitstream(files, _timing(path.with_name("timing.txt"), wrong))


def _timing(path: Path, wrong: Any) -> str:
    """A remark, or none where it is met."""
    if not path.is_file():
        return f"no {path.name} beside it: whether its timing is met is not known"
    try:
        found = read_timing(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise wrong(error, "a report of Vivado's", path) from error
    if not found["met"]:
        raise wrong(f"timing is not met: worst slack {found['wns_ns']:g} ns of setup, {found['whs_ns']:g} ns of hold",
                    "none below 0", path)
    return ""


def missing(found: Bitstream) -> list[str]:
    """What a board would need, and is not there: a line for each."""
    if BIT not in found.files:
        return [f"no bitstream: {found.why}; until {BIT} lies beside spec.json, the driver refuses on a board, and "
                "elsewhere the golden model computes"]
    return [found.why] if found.why else []


def lie_in(folder: Path) -> dict[str, bytes]:
    """Of a simulated board: whatever lies there."""
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).is_file()}
