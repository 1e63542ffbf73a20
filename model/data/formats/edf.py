"""EDF and BDF: the electrodes alone are opened, at their own rate, with the times that EDF+ and BDF+ give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.formats import channels
from model.data.formats.edf_header import EdfHeader, EdfSignal, read_header
from model.data.formats.recorded import Piece, Recorded

# A record's time, at the start of its first annotation signal: onset, perhaps a duration, and an empty text.
_ONSET = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15[\d.]*)?\x14")
_JITTER_S = 0.01  # onsets are rounded, some to two decimals
_DRIFT = 1e-3  # and may be another clock's


def open_edf(path: Path, electrodes: Sequence[str], others: Sequence[str] | None = None) -> Recorded:
    """Open the electrodes of an EDF, EDF+, BDF or BDF+ file. others: upper-case labels that may be there as well.

    Without `others` any may. Raises UserError on a damaged header, a file of another length than it says, electrodes
    that are missing or there twice, labels not in `others`, a unit or limits that give no microvolt, unequal rates.
    """
    header = read_header(path)
    labels = [signal.label for signal in header.channels]
    if others is not None:
        _refuse_others(labels, channels.find(labels, electrodes, path), electrodes, others, path)
    signals = [header.channels[place] for place in channels.pick(labels, electrodes, path)]
    for signal in signals:
        if signal.samples != signals[0].samples:
            rates = " and ".join(f"{s.label} at {s.samples / header.record_s:g} Hz" for s in (signals[0], signal))
            raise expected(f"{path}: sampling rates", rates, "one for all electrodes")
    if not signals[0].samples:
        raise expected(f"{path}: channel {signals[0].label}", "no samples in a record", "some")
    scales = np.array([signal.scale(str(path), header.sample_bytes) for signal in signals])
    return Recorded(path, tuple(signal.label for signal in signals), signals[0].samples / header.record_s,
                    _pieces(header, signals[0].samples),
                    lambda first, stop: _read(header, signals, scales, first, stop))


def _refuse_others(
    labels: Sequence[str], places: Sequence[int | None], electrodes: Sequence[str], others: Sequence[str], path: Path
) -> None:
    """UserError on labels that are neither electrodes nor in `others`; it names missing electrodes as well."""
    unknown = [label for i, label in enumerate(labels) if i not in places and label.upper() not in others]
    missing = [name for name, place in zip(electrodes, places, strict=True) if place is None]
    if missing or unknown:
        parts = [("missing", missing), ("unknown", unknown)]
        got = " and ".join(f"{kind} {', '.join(names)}" for kind, names in parts if names)
        raise expected(f"{path}: channels", got, f"the {len(electrodes)} electrodes {' '.join(electrodes)}")


def _read(
    header: EdfHeader, signals: Sequence[EdfSignal], scales: np.ndarray, first: int, stop: int
) -> np.ndarray:
    """Samples first … stop - 1 in microvolt: float64 (signals, samples). Whole records are read."""
    per_record, width = signals[0].samples, header.sample_bytes
    record, end = first // per_record, -(-stop // per_record)
    raw = np.fromfile(header.path, np.uint8, (end - record) * header.record_bytes,
                      offset=header.header_bytes + record * header.record_bytes)
    records = raw.reshape(end - record, header.record_bytes)
    rows = np.empty((len(signals), stop - first))
    for row, signal, (gain, offset) in zip(rows, signals, scales, strict=True):
        own = records[:, width * signal.before : width * (signal.before + per_record)]
        digital = _integers(own.reshape(-1, width))[first - record * per_record :][: stop - first]
        row[:] = gain * digital + offset
    return rows


def _integers(samples: np.ndarray) -> np.ndarray:
    """Bytes (samples, 2 or 3), lowest first, two's complement -> int32 (samples,)."""
    low, top = samples[:, :-1].astype(np.int32), samples[:, -1].view(np.int8).astype(np.int32)
    return sum((low[:, i] << 8 * i for i in range(low.shape[1])), top << 8 * low.shape[1])


def _pieces(header: EdfHeader, per_record: int) -> tuple[Piece, ...]:
    """Stretches of records that follow each other, by the records' own times. UserError where times go back.

    Plain EDF has no such times, and nor have some files that call themselves EDF+C: they are one piece. Texts of
    annotations are not looked at.
    """
    onsets = _onsets(header)
    if not onsets:
        return (Piece(0.0, 0, header.records * per_record),)
    starts = [0]
    for k in range(1, header.records):
        step, since = onsets[k] - onsets[k - 1], onsets[k] - onsets[starts[-1]]
        whole = (k - starts[-1]) * header.record_s
        if step - header.record_s < -_JITTER_S - _DRIFT * header.record_s:
            raise expected(f"{header.path}: data record {k + 1}", f"a start at {onsets[k] - onsets[0]:g} s",
                           f"{onsets[k - 1] - onsets[0] + header.record_s:g} s, where the one before ends, or later")
        if step - header.record_s > _JITTER_S or since - whole > _JITTER_S + _DRIFT * whole:
            starts.append(k)
    ends = [*starts[1:], header.records]
    return tuple(Piece(onsets[start] - onsets[0], start * per_record, (end - start) * per_record)
                 for start, end in zip(starts, ends, strict=True))


def _onsets(header: EdfHeader) -> list[float]:
    """Each record's time in seconds; none where there are none and the header says that there are no gaps."""
    found = [signal for signal in header.signals if signal.annotations]
    onsets: list[float] = []
    if found and header.plus:
        at, size = (header.sample_bytes * count for count in (found[0].before, found[0].samples))
        with header.path.open("rb") as file:
            for record in range(header.records):
                file.seek(header.header_bytes + record * header.record_bytes + at)
                if match := _ONSET.match(file.read(size)):
                    onsets.append(float(match[1]))
    if header.plus == "D" and len(onsets) < header.records:
        raise expected(f"{header.path}: data records", f"a time for {len(onsets)} of {header.records}",
                       "one for each, as the header says that there may be gaps")
    return onsets if len(onsets) == header.records else []
