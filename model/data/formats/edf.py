"""One EDF file to a checked signal: the layout's electrodes and rate, microvolt, conditioned.

EDF: Kemp et al., Electroencephalogr. Clin. Neurophysiol. 82, 391 (1992). mne reads it; what mne only
warns about (a file cut short) or passes on (a dead channel) is an error here, named by file and field.
"""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np

from base.errors import UserError, expected
from model.data.recording import Layout
from model.data.signal.conditioning import check_signal, condition

_LOWEST_HZ = 2 * 50  # slower sampling could not carry the pass band's 45 Hz with room for a filter
_FIXED_HEADER_BYTES = 256
_SIGNAL_HEADER_BYTES = 256
_BEFORE_SAMPLE_COUNTS_BYTES = 216  # label 16, transducer 80, dimension and four ranges 5 x 8, prefilter 80


def read_signal(path: Path, dropped: tuple[str, ...], layout: Layout) -> np.ndarray:
    """Read the layout's electrodes: float64 (electrodes, samples), microvolt, at its rate, conditioned.

    path: an EDF or EDF+ file; labels may carry the prefix `EEG ` and any case. `dropped`: labels of signals
    that are allowed and left out, upper case. Raises UserError on a damaged file, missing or unknown
    channels, NaN or flat channels, too low a rate or too short a recording.
    """
    try:
        check_size(path)
        raw = mne.io.read_raw_edf(path, preload=False, verbose="ERROR")
        picks = _pick(path, raw.ch_names, dropped, layout.electrodes)
        raw.pick(picks).load_data(verbose="ERROR")
    except (ValueError, RuntimeError, OSError, IndexError, KeyError) as error:
        raise UserError(f"{path}: not a readable EDF file: {' '.join(str(error).split())}") from error
    return _prepare(path, raw, picks, layout)


def _prepare(path: Path, raw: mne.io.BaseRaw, picks: list[str], layout: Layout) -> np.ndarray:
    """Check, resample and condition what was read; rows in the order of `picks`."""
    rate = float(raw.info["sfreq"])
    if rate < _LOWEST_HZ:
        raise expected(f"{path}: sampling rate", f"{rate:g} Hz", f"at least {_LOWEST_HZ} Hz")
    if raw.n_times < layout.sample_s * rate:
        raise expected(f"{path}: length", f"{raw.n_times / rate:.1f} s", f"at least {layout.sample_s:g} s")
    check_signal(raw.get_data() * 1e6, tuple(picks), f"{path}: channel")
    if rate != layout.sampling_hz:
        raw.resample(layout.sampling_hz, method="polyphase", verbose="ERROR")
    return condition(raw.get_data() * 1e6, layout.sampling_hz)  # mne holds volts


def _pick(path: Path, labels: list[str], dropped: tuple[str, ...], electrodes: tuple[str, ...]) -> list[str]:
    """The file's own label of each electrode, in the order of `electrodes`."""
    known = {name.upper(): name for name in electrodes}
    found: dict[str, str] = {}
    unknown = []
    for label in labels:
        name = label.strip().upper()
        electrode = known.get(name.removeprefix("EEG").strip())
        if electrode is not None and electrode not in found:
            found[electrode] = label
        elif name not in dropped:
            unknown.append(label)
    missing = [name for name in electrodes if name not in found]
    if missing or unknown:
        parts = [("missing", missing), ("unknown", unknown)]
        got = " and ".join(f"{kind} {', '.join(names)}" for kind, names in parts if names)
        raise expected(f"{path}: channels", got, f"the {len(electrodes)} electrodes {' '.join(electrodes)}")
    return [found[name] for name in electrodes]


def check_size(path: Path, sample_bytes: int = 2) -> None:
    """Compare the file's size with what its header promises; mne pads or drops silently.

    sample_bytes: 2 in EDF, 3 in BDF. Raises UserError.
    """
    with path.open("rb") as file:
        fixed = file.read(_FIXED_HEADER_BYTES)
        try:
            header_bytes, records, signals = int(fixed[184:192]), int(fixed[236:244]), int(fixed[252:256])
            counts = file.read(signals * _SIGNAL_HEADER_BYTES)[signals * _BEFORE_SAMPLE_COUNTS_BYTES :]
            samples = [int(counts[8 * i : 8 * i + 8]) for i in range(signals)]
        except ValueError as error:
            raise UserError(f"{path}: header: got a damaged or truncated one, expected an EDF header") from error
    wanted = header_bytes + sample_bytes * records * sum(samples)
    size = path.stat().st_size
    if records < 1 or size != wanted:
        seen = (size - header_bytes) / (sample_bytes * max(1, sum(samples)))
        raise expected(f"{path}: data records", f"{seen:.4g} ({size} bytes)", f"{records} ({wanted} bytes)")
