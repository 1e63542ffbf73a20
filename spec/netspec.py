"""NetSpec: the one description of the hardware. spec.json + params.npz, with a digest. No torch here.

Golden model, HLS, RTL and reports read a NetSpec and nothing else; what can be derived is a
property of it or of its units (spec/units).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import expected
from base.files import write_json, write_npz
from spec.reading import PARAMS, SPEC, checked_unit, content_digest, read
from spec.units import UNIT_KINDS, B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit

FORMAT = 3
ORDER = "input (dwconv pwconv )*encoder (b1_layer )*readout"  # of units, a regular expression


@dataclass(frozen=True, eq=False)
class NetSpec:
    """Units in stream order: input, (dwconv, pwconv) x blocks, encoder, b1_layer x n, readout.

    date: on which it was lowered, YYYY-MM-DD, or empty. It is no part of the digest: the same network has the same one.
    """

    preset: str
    units: tuple[Unit, ...]
    date: str = ""

    def __post_init__(self) -> None:
        kinds = " ".join(unit.kind for unit in self.units)
        if not re.fullmatch(ORDER, kinds):
            raise expected("spec.units", kinds, ORDER)
        for before, after in pairwise(self.units):
            before.sends.check(after.name, after.takes, before.name)
        dense: list[B1Layer | Readout] = [*self.layers, self.readout]
        for layer in dense:
            if layer.core != self.core:
                raise expected(f"{layer.name}.core", layer.core, f"{self.core}, as in {self.encoder.name}")

    @property
    def input(self) -> Input:
        return next(unit for unit in self.units if isinstance(unit, Input))

    @property
    def blocks(self) -> list[tuple[Depthwise, Pointwise]]:
        depthwise = [unit for unit in self.units if isinstance(unit, Depthwise)]
        pointwise = [unit for unit in self.units if isinstance(unit, Pointwise)]
        return list(zip(depthwise, pointwise, strict=True))

    @property
    def encoder(self) -> Encoder:
        return next(unit for unit in self.units if isinstance(unit, Encoder))

    @property
    def layers(self) -> list[B1Layer]:
        return [unit for unit in self.units if isinstance(unit, B1Layer)]

    @property
    def readout(self) -> Readout:
        return next(unit for unit in self.units if isinstance(unit, Readout))

    @property
    def spiking(self) -> list[Encoder | B1Layer]:
        """The units whose neurons spike, in order: the encoder, then the B1 layers."""
        return [self.encoder, *self.layers]

    def parameters(self, unit: Unit) -> dict[str, int]:
        """Those of one of its units; what the input unpacks to is decided by the unit behind it."""
        values = unit.parameters()
        return {**values, "LANES": self.units[1].takes.lanes or 1} if isinstance(unit, Input) else values

    @property
    def weight_bits(self) -> int:
        return self.readout.weight_bits

    @property
    def time_bits(self) -> int:
        return self.encoder.time_bits

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every number of the spec, 64 hex digits."""
        return content_digest(self._document(), self._arrays())

    @property
    def core(self) -> str:
        return self.encoder.core

    @property
    def digest_word(self) -> int:
        """The digest's first 32 bits, as the AXI-Lite register shows them."""
        return int(self.digest[:8], 16)

    def save(self, folder: Path) -> None:
        """Write params.npz, then spec.json, whose digest covers both."""
        write_npz(folder / PARAMS, **self._arrays())
        write_json(folder / SPEC, {**self._document(), "date": self.date, "digest": self.digest})

    @classmethod
    def load(cls, folder: Path) -> NetSpec:
        """Read what `save` wrote. Raises UserError naming the file that is missing, changed, damaged or not a spec."""
        document, arrays = read(folder, FORMAT)
        path, units = folder / SPEC, document.get("units")
        if not isinstance(units, list) or not isinstance(document.get("preset"), str) or len(document) != 4:
            raise expected(str(path), ", ".join(document), "format, preset (text), units (a list), date")
        found = tuple(checked_unit(path, entry, UNIT_KINDS, arrays) for entry in units)
        return cls(document["preset"], found, document["date"])

    def _document(self) -> dict[str, Any]:
        units = [
            {"kind": unit.kind, **{f.name: getattr(unit, f.name) for f in fields(unit) if f.name not in unit.arrays}}
            for unit in self.units
        ]
        return {"format": FORMAT, "preset": self.preset, "units": units}

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{unit.name}.{array}": np.asarray(getattr(unit, array), np.int64)
            for unit in self.units for array in unit.arrays
        }
