"""`make package`: the run's network for a board, in one archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from base.files import read_json, read_npz
from flow.settings import Settings
from model.data.folds.splits import SPLIT_CODES
from package import bare_metal, contents
from package.archive import archive_name, write_archive
from spec.netspec import NetSpec


def archive(settings: Settings) -> Path:
    return settings.out / archive_name(digest(settings))


def built(settings: Settings) -> Path:
    """Where `make overlay` leaves bitstream and .hwh."""
    return settings.overlay_folder(digest(settings))


def bitstream(settings: Settings) -> list[Path]:
    """Those of its files that are there."""
    return [path for name in contents.BITSTREAM if (path := built(settings) / name).is_file()]


def write_package(settings: Settings) -> None:
    c = bare_metal.files(NetSpec.load(settings.quant_folder(settings.bits)), *_samples(settings))
    write_archive(archive(settings), network(settings, built(settings)), c, digest(settings),
                  read_json(settings.out / "report.json"))


def network(settings: Settings, bitstream: Path) -> dict[str, bytes]:
    """Name -> content of the folder on the board; `bitstream`: the folder where one lies, if there is one."""
    return contents.network(settings.quant_folder(settings.bits), bitstream, *_samples(settings),
                            read_json(settings.out / "report.json"), read_json(settings.out / "dataset.json")["grid"])


def _samples(settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the test set."""
    samples = read_npz(settings.out / "samples.npz")
    test = samples["split"] == SPLIT_CODES["test"]
    return samples["x"][test], samples["y"][test]


def remark(settings: Settings) -> str:
    """Where it is, and what is missing in it."""
    return "; ".join([str(archive(settings)), *contents.missing([path.name for path in bitstream(settings)])])


def digest(settings: Settings) -> str:
    return str(read_json(settings.quant_folder(settings.bits) / "spec.json")["digest"])
