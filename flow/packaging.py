"""`make package`: the run's network for a board, in one archive."""

from __future__ import annotations

from pathlib import Path

from base.files import read_json, read_npz
from flow.settings import Settings
from model.data.folds.splits import SPLIT_CODES
from package import contents
from package.archive import archive_name, write_archive


def archive(settings: Settings) -> Path:
    return settings.out / archive_name(_digest(settings))


def built(settings: Settings) -> Path:
    """Where `make overlay` leaves bitstream and .hwh."""
    return settings.build_folder(_digest(settings)) / "overlay"


def bitstream(settings: Settings) -> list[Path]:
    """Those of its files that are there."""
    return [path for name in contents.BITSTREAM if (path := built(settings) / name).is_file()]


def write_package(settings: Settings) -> None:
    samples = read_npz(settings.out / "samples.npz")
    test = samples["split"] == SPLIT_CODES["test"]
    report, grid = read_json(settings.out / "report.json"), read_json(settings.out / "dataset.json")["grid"]
    write_archive(archive(settings), settings.quant_folder(settings.bits), built(settings), samples["x"][test],
                  samples["y"][test], report, grid)


def remark(settings: Settings) -> str:
    """Where it is, and what is missing in it."""
    there = dict.fromkeys((path.name for path in bitstream(settings)), b"")
    return "; ".join([str(archive(settings)), *contents.missing(there)])


def _digest(settings: Settings) -> str:
    return str(read_json(settings.quant_folder(settings.bits) / "spec.json")["digest"])
