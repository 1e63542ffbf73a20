"""One EDF file to a checked signal: 19 electrodes, 128 Hz, microvolt, conditioned.

EDF: Kemp et al., Electroencephalogr. Clin. Neurophysiol. 82, 391 (1992). mne reads it; what mne only
warns about (a file cut short) or passes on (a dead channel) is an error here, named by file and field.
"""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np

from flow.errors import UserError, expected
from model.data.conditioning import condition
from model.data.grid import ELECTRODES
from model.data.recording import FRAME_S, FRAMES_PER_SAMPLE, SAMPLING_HZ

_LOWEST_HZ = 2 * 50  # slower sampling could not carry the pass band's 45 Hz with room for a filter
_SHORTEST_S = FRAME_S * FRAMES_PER_SAMPLE
_FIXED_HEADER_BYTES = 256
_SIGNAL_HEADER_BYTES = 256
_BEFORE_SAMPLE_COUNTS_BYTES = 216  # label 16, transducer 80, dimension and four ranges 5 x 8, prefilter 80


def read_signal(path: Path, dropped: tuple[str, ...]) -> np.ndarray:
    """Read the electrodes of grid.ELECTRODES: float64 (19, samples), microvolt, SAMPLING_HZ, conditioned.

    path: an EDF or EDF+ file; labels may carry the prefix `EEG ` and any case. `dropped`: labels of signals
    that are allowed and left out, upper case. Raises UserError on a damaged file, missing or unknown
    channels, NaN or flat channels, too low a rate or too short a recording.
    """
    try:
        _check_size(path)
        raw = mne.io.read_raw_edf(path, preload=False, verbose="ERROR")
        picks = _pick(path, raw.ch_names, dropped)
        raw.pick(picks).load_data(verbose="ERROR")
    except (ValueError, RuntimeError, OSError, IndexError, KeyError) as error:
        raise UserError(f"{path}: not a readable EDF file: {' '.join(str(error).split())}") from error
    return _prepare(path, raw, picks)


def _prepare(path: Path, raw: mne.io.BaseRaw, picks: list[str]) -> np.ndarray:
    """Check, resample and condition what was read; rows in the order of `picks`."""
    rate = float(raw.info["sfreq"])
    if rate < _LOWEST_HZ:
        raise expected(f"{path}: sampling rate", f"{rate:g} Hz", f"at least {_LOWEST_HZ} Hz")
    if raw.n_times < _SHORTEST_S * rate:
        raise expected(f"{path}: length", f"{raw.n_times / rate:.1f} s", f"at least {_SHORTEST_S:g} s")
    for name, row in zip(picks, raw.get_data(), strict=True):
        if not np.isfinite(row).all():
            raise expected(f"{path}: channel {name}", "NaN or infinite values", "a finite signal")
        if np.ptp(row) == 0:
            raise expected(f"{path}: channel {name}", "a flat line", "a signal that moves")
    if rate != SAMPLING_HZ:
        raw.resample(SAMPLING_HZ, method="polyphase", verbose="ERROR")
    return condition(raw.get_data() * 1e6)  # mne holds volts


def _pick(path: Path, labels: list[str], dropped: tuple[str, ...]) -> list[str]:
    """The file's own label of each electrode, in the order of ELECTRODES."""
    known = {name.upper(): name for name in ELECTRODES}
    found: dict[str, str] = {}
    unknown = []
    for label in labels:
        name = label.strip().upper()
        electrode = known.get(name.removeprefix("EEG").strip())
        if electrode is not None and electrode not in found:
            found[electrode] = label
        elif name not in dropped:
            unknown.append(label)
    missing = [name for name in ELECTRODES if name not in found]
    if missing or unknown:
        parts = [("missing", missing), ("unknown", unknown)]
        got = " and ".join(f"{kind} {', '.join(names)}" for kind, names in parts if names)
        raise expected(f"{path}: channels", got, f"the 19 electrodes {' '.join(ELECTRODES)}")
    return [found[name] for name in ELECTRODES]


def _check_size(path: Path) -> None:
    """Compare the file's size with what its header promises; mne pads or drops silently."""
    with path.open("rb") as file:
        fixed = file.read(_FIXED_HEADER_BYTES)
        try:
            header_bytes, records, signals = int(fixed[184:192]), int(fixed[236:244]), int(fixed[252:256])
            counts = file.read(signals * _SIGNAL_HEADER_BYTES)[signals * _BEFORE_SAMPLE_COUNTS_BYTES :]
            samples = [int(counts[8 * i : 8 * i + 8]) for i in range(signals)]
        except ValueError as error:
            raise UserError(f"{path}: header: got a damaged or truncated one, expected an EDF header") from error
    wanted = header_bytes + 2 * records * sum(samples)  # two bytes per sample
    size = path.stat().st_size
    if records < 1 or size != wanted:
        seen = (size - header_bytes) / (2 * max(1, sum(samples)))
        raise expected(f"{path}: data records", f"{seen:.4g} ({size} bytes)", f"{records} ({wanted} bytes)")
