"""npz of one's own: `signal` (electrodes, samples), `sampling_hz`, and perhaps `unit`, a text; else microvolt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.formats.recorded import Piece, Recorded
from model.data.formats.voltage import microvolt

_NUMBERS = "iuf"  # numpy's kinds of real numbers


def open_npz(path: Path, electrodes: Sequence[str]) -> Recorded:
    """Open one, its rows in the order of `electrodes`. UserError on missing arrays, other shapes, no real numbers."""
    with np.load(path, allow_pickle=False) as archive:
        for name in ("signal", "sampling_hz"):
            if name not in archive.files:
                raise expected(f"{path}: arrays", ", ".join(archive.files) or "none", f"one named {name}")
        signal, rate = archive["signal"], archive["sampling_hz"]
        unit = str(archive["unit"]) if "unit" in archive.files else "uV"
    for name, array in (("signal", signal), ("sampling_hz", rate)):
        if array.dtype.kind not in _NUMBERS:
            raise expected(f"{path}: {name}", f"values of type {array.dtype}", "real numbers")
    if signal.ndim != 2 or len(signal) != len(electrodes):
        raise expected(f"{path}: signal", f"shape {signal.shape}", f"({len(electrodes)}, samples)")
    if rate.size != 1 or not 0 < float(rate) < np.inf:
        raise expected(f"{path}: sampling_hz", rate.tolist(), "a number above 0")
    factor = microvolt(unit, str(path))
    return Recorded(path, tuple(electrodes), float(rate), (Piece(0.0, 0, signal.shape[1]),),
                    lambda first, stop: factor * signal[:, first:stop].astype(np.float64))
