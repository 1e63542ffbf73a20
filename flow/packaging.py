"""`make package`: the run's network for a board, in one archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_json, read_npz
from flow.settings import Settings
from model.data.folds.splits import SPLIT_CODES
from package import bare_metal, contents
from package.archive import archive_name, write_archive
from package.bitstream import Bitstream, find, given, missing
from package.readme import first_said
from spec.netspec import NetSpec


def archive(settings: Settings) -> Path:
    return settings.out / archive_name(digest(settings))


def bitstream(settings: Settings, network: NetSpec | None = None) -> Bitstream:
    """BITSTREAM, or what `make overlay` has left of this network for this board, if anything.

    network: that BITSTREAM must be of; None where it may still be made anew.
    """
    if settings.bitstream is not None:
        return given(settings.bitstream, settings.board_facts, network)
    record, spec = settings.out / "overlay.json", digest(settings)
    return find(settings.overlay_folder(spec), read_json(record) if record.is_file() else {}, spec,
                settings.board_facts.name, settings.route)


def write_package(settings: Settings) -> None:
    spec, (x, y) = NetSpec.load(settings.quant_folder(settings.bits)), _samples(settings)
    report, found = _report(settings), bitstream(settings, spec)
    write_archive(archive(settings), network(settings, found.files), bare_metal.files(spec, x, y), spec.digest, found,
                  report, first_said(spec, x, y, report["dataset"]["class_names"]))


def network(settings: Settings, bitstream: Mapping[str, bytes]) -> dict[str, bytes]:
    """Name -> content of the folder on the board."""
    return contents.network(settings.quant_folder(settings.bits), bitstream, *_samples(settings), _report(settings),
                            read_json(settings.out / "dataset.json")["grid"])


def _report(settings: Settings) -> dict[str, Any]:
    report: dict[str, Any] = read_json(settings.out / "report.json")
    return report


def _samples(settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the test set."""
    samples = read_npz(settings.out / "samples.npz")
    test = samples["split"] == SPLIT_CODES["test"]
    return samples["x"][test], samples["y"][test]


def remark(settings: Settings) -> str:
    """Where it is, and what is missing in it."""
    return "; ".join([str(archive(settings)), *missing(bitstream(settings))])


def digest(settings: Settings) -> str:
    return str(read_json(settings.quant_folder(settings.bits) / "spec.json")["digest"])
