"""One frozen dataclass per hardware unit, one unit a file: integer arrays, shifts, and all that is derived from them.

A unit answers for itself what emitters, reference and cycle model ask: see unit.py. No torch here.
"""

from __future__ import annotations

from typing import Any

from spec.units.b1_layer import B1Layer
from spec.units.dwconv import KERNEL, STRIDES, Depthwise
from spec.units.encoder import Encoder
from spec.units.input import Input
from spec.units.pwconv import Pointwise
from spec.units.readout import EARLY, Readout
from spec.units.unit import (
    BITS,
    CORES,
    MAX_SHIFT,
    MULTIPLIERS,
    Joint,
    Unit,
    check_bits,
    index_bits,
    signed_bits,
    value_range,
)

__all__ = ["BITS", "CORES", "EARLY", "KERNEL", "MAX_SHIFT", "MULTIPLIERS", "STRIDES", "UNIT_KINDS", "B1Layer",
           "Depthwise", "Encoder", "Input", "Joint", "Pointwise", "Readout", "Unit", "check_bits", "index_bits",
           "signed_bits", "value_range"]

UNIT_KINDS: dict[str, type[Any]] = {
    unit.kind: unit for unit in (Input, Depthwise, Pointwise, Encoder, B1Layer, Readout)
}
