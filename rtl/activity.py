"""How often the nets of a design toggle while it classifies, by Verilator's coverage of toggles.

Every named net of every unit counts, bit by bit, both ways, clocks left out. A net with several names counts for
each of them, so this compares units and runs of one design; it is no power.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from base.files import scratch
from rtl import sim
from rtl.elaborate import PREFIX
from rtl.emit import sources
from spec import packets
from spec.netspec import NetSpec

OPTIONS = ("--coverage-toggle", "--coverage-max-width", "1000000")  # all widths
# A point of the file: kind, net and instance, then how often.
_POINT = re.compile(r"\x01t\x02toggle\x01.*\x01o\x02([^\x01]*):[01]->[01]\x01h\x02([^\x01']*)' (\d+)$")
_CLOCKS = ("clk", "ap_clk")


def toggles(spec: NetSpec, words: np.ndarray, folder: Path, cache: Path) -> dict[str, float]:
    """{unit: toggles per inference}, "total" among them, of the emitted design in `folder` over words (N, C, H, W)."""
    program = sim.build(sources(folder), cache, spec.digest, options=OPTIONS)
    beats = packets.transfers(packets.pack(spec, words), [len(words)])
    with scratch() as part:
        sim.run(spec, program, folder, "stream", beats, coverage=part / "coverage.dat")
        with (part / "coverage.dat").open(encoding="utf-8", errors="replace") as file:
            found = count(file)
    return {unit: number / len(words) for unit, number in found.items()}


def count(lines: Iterable[str]) -> dict[str, int]:
    """Toggles of each unit in the lines of a coverage file; the top's own are in "total" alone."""
    found: Counter[str] = Counter()
    for line in lines:
        if (point := _POINT.search(line)) and point[1] not in _CLOCKS:
            instances = point[2].split(".")[2:]  # TOP, top, the unit, what is in it
            found["total"] += int(point[3])
            if instances and instances[0] != "*":
                found[instances[0].removeprefix(PREFIX)] += int(point[3])
    return dict(found)
