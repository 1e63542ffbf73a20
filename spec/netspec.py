"""NetSpec: the one description of the hardware. spec.json + params.npz, with a digest. No torch here.

Golden model, HLS, RTL, driver and reports read a NetSpec and nothing else; what can be derived is a
property of it or of its units (spec/units.py).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import expected
from base.files import write_json, write_npz
from spec.reading import PARAMS, SPEC, checked_unit, content_digest, read
from spec.units import UNIT_KINDS, B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit

FORMAT = 1


@dataclass(frozen=True, eq=False)
class NetSpec:
    """Units in stream order: input, (dwconv, pwconv) x blocks, encoder, b1_layer x n, readout."""

    preset: str
    units: tuple[Unit, ...]

    def __post_init__(self) -> None:
        kinds = [unit.kind for unit in self.units]
        blocks = kinds.count("dwconv")
        layers = kinds.count("b1_layer")
        order = ["input", *["dwconv", "pwconv"] * blocks, "encoder", *["b1_layer"] * layers, "readout"]
        if kinds != order or blocks == 0:
            raise expected("spec.units", " ".join(kinds), " ".join(order))
        for before, after in zip(self.units, self.units[1:], strict=False):
            _check_joint(before, after)

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
    def digest_word(self) -> int:
        """The digest's first 32 bits, as the AXI-Lite register shows them."""
        return int(self.digest[:8], 16)

    def save(self, folder: Path) -> None:
        """Write params.npz, then spec.json, whose digest covers both."""
        write_npz(folder / PARAMS, **self._arrays())
        write_json(folder / SPEC, {**self._document(), "digest": self.digest})

    @classmethod
    def load(cls, folder: Path) -> NetSpec:
        """Read what `save` wrote. Raises UserError naming the file that is missing, changed, damaged or not a spec."""
        document, arrays = read(folder, FORMAT)
        path, units = folder / SPEC, document.get("units")
        if not isinstance(units, list) or not isinstance(document.get("preset"), str) or len(document) != 3:
            raise expected(str(path), ", ".join(document), "format, preset (text), units (a list)")
        return cls(document["preset"], tuple(checked_unit(path, entry, UNIT_KINDS, arrays) for entry in units))

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


def _out(unit: Unit) -> dict[str, Any]:
    """What a unit sends: number of values, their bits, and lanes where the joint has lanes."""
    match unit:
        case Input():
            return {"values": unit.values, "bits": unit.bits}
        case Depthwise():
            return {"values": unit.channels * unit.height * unit.width, "bits": unit.out_bits, "lanes": unit.lanes}
        case Pointwise():
            return {"values": unit.out_channels * unit.pixels, "bits": unit.out_bits, "lanes": unit.out_lanes}
        case Encoder():
            return {"values": unit.features, "bits": unit.time_bits}
        case B1Layer():
            return {"values": unit.out_features, "bits": unit.time_bits}
        case _:
            return {}


def _in(unit: Unit) -> dict[str, Any]:
    """What a unit takes, in the same terms."""
    match unit:
        case Depthwise():
            return {"values": unit.channels * unit.height * unit.width, "bits": unit.in_bits, "lanes": unit.lanes}
        case Pointwise():
            return {"values": unit.in_channels * unit.pixels, "bits": unit.in_bits, "lanes": unit.lanes}
        case Encoder():
            return {"values": unit.features, "bits": unit.in_bits, "lanes": 1}
        case B1Layer() | Readout():
            return {"values": unit.in_features, "bits": unit.time_bits}
        case _:
            return {}


def _check_joint(before: Unit, after: Unit) -> None:
    sent, taken = _out(before), _in(after)
    for key in sent.keys() & taken.keys():
        if sent[key] != taken[key]:
            raise expected(f"{after.name}: {key} in", taken[key], f"{sent[key]}, which {before.name} sends")
