"""What a board gets of one run: network, bitstream where there is one, test samples, what the report says, notebook."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from overlay.vivado import NAME
from package.notebooks import text_of, to_notebook
from package.sources import scripts, under_own_name
from spec.reading import PARAMS, SPEC

Grid = Sequence[Sequence[str | None]]
# Of report.json: what the notebook shows and what says which run it was. No path of the machine that ran it is in it.
REPORTED = ("spec_digest", "preset", "bits", "time_bits", "seed", "board", "part", "dataset", "accuracy", "confusion",
            "bit_exact", "cycles", "resources", "timing", "estimates")


def network(spec: Path, bitstream: Mapping[str, bytes], x: np.ndarray, y: np.ndarray, report: dict[str, Any],
            grid: Grid) -> dict[str, bytes]:
    """Name -> content, of the files that lie in one folder on the board.

    spec: folder of spec.json and params.npz. bitstream: firstspike.bit and firstspike.hwh, the first alone, or nothing;
    see bitstream.py. x (N, C, H, W), y (N,): test samples, standardised features, and their classes.
    report: the run's. grid: names of electrodes, None where there is none.
    """
    files = {name: (spec / name).read_bytes() for name in (SPEC, PARAMS)}
    files |= bitstream
    files["samples.npz"] = _arrays(x=x, y=y)
    data = {key: value for key, value in report["dataset"].items() if key != "notes"}  # which have paths
    files["report.json"] = _json({**{key: report[key] for key in REPORTED},
                                   "dataset": {**data, "grid": grid}})
    for path in scripts():
        text = under_own_name(path.read_text(encoding="utf-8"))
        if path.stem == NAME:
            files[f"{NAME}.ipynb"] = text_of(to_notebook(text)).encode()
        else:
            files[path.name] = text.encode()
    return files


def _arrays(**arrays: np.ndarray) -> bytes:
    """An .npz; NumPy writes no time into it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _json(values: Any) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()
