"""A bitstream goes into the archive where the record of `make overlay` says that it is this network's, and whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from overlay.vivado import NAME

BIT, HWH = NAMES = (f"{NAME}.bit", f"{NAME}.hwh")


@dataclass(frozen=True)
class Bitstream:
    """files: name -> content, none where there is no bitstream to be had; why: then, or where one lacks its .hwh."""

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


def missing(found: Bitstream) -> list[str]:
    """What a board would need, and is not there: a line for each."""
    if BIT not in found.files:
        return [f"no bitstream: {found.why}; until {BIT} lies beside spec.json, the driver refuses on a board, and "
                "elsewhere the golden model computes"]
    return [found.why] if found.why else []


def lie_in(folder: Path) -> dict[str, bytes]:
    """Of a simulated board: whatever lies there."""
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).is_file()}
