"""EDF, EDF+, BDF and BDF+ written byte by byte, so that a header may say anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TIMEKEEPING_BYTES = 60


@dataclass(frozen=True)
class Wave:
    """One signal: (samples,) in microvolt at `rate`; its header's fields, as text, where they are not the usual ones.

    The usual physical limits give 0.02 uV a step in EDF; `steps` are the integers themselves, instead of values.
    """

    label: str
    values: np.ndarray
    rate: int = 200
    unit: str | bytes = "uV"
    physical: tuple[str, str] = ("-655.36", "655.34")
    digital: tuple[str, str] | None = None
    steps: np.ndarray | None = None


def write(
    path: Path, waves: Sequence[Wave], *, bits: int = 16, record_s: int = 1, onsets: Sequence[float] | None = None,
    plus: str = "D", notes: Sequence[bytes] = (), records: int | None = None, record_text: str | None = None,
) -> Path:
    """Write whole records. onsets: of each record, which makes it EDF+ (`plus`: C or D); notes: a TAL for each record.

    records, record_text: what the header declares, where that is not the truth.
    """
    size, top = bits // 8, 2 ** (bits - 1)
    count = len(waves[0].values) // (waves[0].rate * record_s)
    fields = [[wave.label, "", wave.unit, *wave.physical, *(wave.digital or (str(-top), str(top - 1))), "",
               str(wave.rate * record_s), ""] for wave in waves]
    columns = [_integers(wave, count, wave.rate * record_s, top, size) for wave in waves]
    kind = "EDF" if bits == 16 else "BDF"
    if onsets is not None:
        fields.append([f"{kind} Annotations", "", "", "-1", "1", str(-top), str(top - 1), "",
                       str(TIMEKEEPING_BYTES // size), ""])
        tals = [f"{onset:+g}\x14\x14\0".encode() + note
                for onset, note in zip(onsets, [*notes, *[b""] * count], strict=False)]
        columns.append([tal.ljust(TIMEKEEPING_BYTES, b"\0") for tal in tals])
    head = [b"0       " if bits == 16 else b"\xffBIOSEMI", *(_field(text, width) for text, width in (
        ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.26", 8), ("00.00.00", 8), (str(256 * (1 + len(fields))), 8),
        (f"{kind}+{plus}" if onsets is not None else "", 44), (str(count if records is None else records), 8),
        (record_text or str(record_s), 8), (str(len(fields)), 4)))]
    for index, width in enumerate((16, 80, 8, 8, 8, 8, 8, 80, 8, 32)):
        head += [_field(row[index], width) for row in fields]
    body = [column[record] for record in range(count) for column in columns]
    path.write_bytes(b"".join(head + body))
    return path


def _field(text: str | bytes, width: int) -> bytes:
    return (text if isinstance(text, bytes) else text.encode("ascii")).ljust(width)


def _integers(wave: Wave, count: int, per_record: int, top: int, size: int) -> list[bytes]:
    """The samples of each record, two's complement, lowest byte first."""
    if wave.steps is None:
        low, high = -655.36, 655.34  # what the values are scaled by, whatever the header will say
        steps = np.round((wave.values - low) / (high - low) * (2 * top - 1)) - top
    else:
        steps = wave.steps
    raw = np.clip(steps, -top, top - 1).astype("<i4")[: count * per_record].reshape(count, per_record, 1)
    return [record.tobytes() for record in raw.view(np.uint8)[:, :, :size]]
