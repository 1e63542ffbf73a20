"""The variables of a run, checked before anything starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from base.errors import expected
from board.preset import load_preset
from model.data import registry
from spec.units import BITS

COMPARED_BITS = (8, 4)  # always built and compared bit for bit, beside BITS
BOARD = "pynq-z2"
SEEDS = 3  # trainings per run: SEED, SEED + 1, SEED + 2; the first is built into hardware
DOWNLOADS = Path("data")  # where `make data` puts a data set if DATA_ROOT does not say otherwise


@dataclass(frozen=True)
class Settings:
    """What `make <target>` was given. data_root is None for simulated EEG; test_subjects None is the fixed split."""

    dataset: str
    data_root: Path | None
    test_subjects: str | None
    preset: str
    bits: int
    seed: int
    out: Path

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(range(self.seed, self.seed + SEEDS))

    @property
    def widths(self) -> tuple[int, ...]:
        """Bit widths that are quantised, built and compared: BITS first, then the others of COMPARED_BITS."""
        return (self.bits, *(bits for bits in COMPARED_BITS if bits != self.bits))

    def train_folder(self, network: str, seed: int) -> Path:
        return self.out / "train" / f"{network}-seed{seed}"

    @property
    def quantised(self) -> tuple[tuple[int, int], ...]:
        """Quantised networks, (bits, seed): every seed's at BITS, the first seed's at the other widths."""
        return (*((self.bits, seed) for seed in self.seeds), *((bits, self.seed) for bits in self.widths[1:]))

    def tune_folder(self, bits: int, seed: int) -> Path:
        """Of one quantised network's model.onnx."""
        return self.out / "tune" / f"int{bits}-seed{seed}"

    def quant_folder(self, bits: int, seed: int | None = None) -> Path:
        """Of one quantised network's spec; without a seed, of the one that is built."""
        return self.out / "quant" / f"int{bits}-seed{self.seed if seed is None else seed}"

    def build_folder(self, digest: str) -> Path:
        """What is generated from the spec with this digest, and built from that."""
        return self.out / digest[:8]


def check(dataset: str, data_root: str, test_subjects: str, preset: str, bits: str, seed: str, out: str) -> Settings:
    """Settings from the text of the variables. Raises UserError naming the variable that is wrong."""
    known = registry.entry(dataset)
    if data_root and not known.needs_root:
        raise expected("DATA_ROOT", repr(data_root), f"none with DATASET={dataset} (or DATASET=eegmat)")
    root = Path(data_root or DOWNLOADS / dataset).expanduser() if known.needs_root else None
    preset = preset or known.preset
    load_preset(preset)
    if not out or any(character.isspace() or character in "'\"$" for character in out):
        raise expected("OUT", repr(out), "a folder without spaces or quotes in its name, as makefiles need it")
    folder = Path(out).expanduser()
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise expected("OUT", repr(out), "a folder that can be written")
    return Settings(
        dataset, root, test_subjects or None, preset,
        _integer("BITS", bits, BITS[0], BITS[-1]), _integer("SEED", seed, 0, 2**31 - 1 - SEEDS), folder,
    )


def _integer(name: str, text: str, low: int, high: int) -> int:
    wanted = f"a whole number, {low} … {high}"
    try:
        value = int(text)
    except ValueError:
        raise expected(name, repr(text), wanted) from None
    if not low <= value <= high:
        raise expected(name, value, wanted)
    return value


def refuse_ignored(target: str, values: dict[str, str]) -> None:
    """UserError on a variable that this target would ignore."""
    for name, value in values.items():
        if value:
            raise expected(name, repr(value), f"none with `make {target}`")
