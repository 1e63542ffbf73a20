"""What Vivado's report_utilization and report_timing_summary say after place and route."""

from __future__ import annotations

import re
from typing import Any

# Rows of the utilisation tables, as they are called for Zynq-7000 and for UltraScale+.
ROWS = {"lut": ("Slice LUTs", "CLB LUTs"), "lutram": ("LUT as Memory",), "ff": ("Slice Registers", "CLB Registers"),
        "bram36": ("Block RAM Tile",), "dsp": ("DSPs",)}


def read_utilisation(text: str) -> dict[str, Any]:
    """{tool, resources: {lut, lutram, ff, bram36, dsp}} of the whole design, DMA and buses included.

    Raises ValueError, naming the row, where one is not there.
    """
    version = re.search(r"Tool Version\s*:\s*Vivado v\.([\w.]+)", text)
    return {"tool": f"Vivado {version[1]}" if version else "Vivado, version not told",
            "resources": {name: _row(text, rows) for name, rows in ROWS.items()}}


def _row(text: str, names: tuple[str, ...]) -> float:
    for name in names:
        if found := re.search(rf"^\|\s*{re.escape(name)}\*?\s*\|\s*([\d.]+)\s*\|", text, re.MULTILINE):
            return float(found[1])
    raise ValueError(f"no row {' or '.join(names)}")


def read_timing(text: str) -> dict[str, Any]:
    """{wns_ns, whs_ns, met}: worst slack of setup and of hold. Raises ValueError where the summary is not there."""
    found = re.search(r"^\s*WNS\(ns\).*WHS\(ns\).*\n[\s-]*\n(.*)$", text, re.MULTILINE)
    if found is None:
        raise ValueError("no Design Timing Summary")
    columns = found[1].split()
    wns, whs = float(columns[0]), float(columns[4])
    return {"wns_ns": wns, "whs_ns": whs, "met": wns >= 0 and whs >= 0}
