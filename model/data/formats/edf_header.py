"""The headers of EDF, EDF+, BDF and BDF+, parsed here and nowhere else, and held to the file.

EDF: Kemp et al., Electroencephalogr. Clin. Neurophysiol. 82, 391 (1992); EDF+: Kemp, Olivan, Clin. Neurophysiol. 114,
1755 (2003). BDF is EDF with 24 bits. 256 bytes for the file, 256 for each signal, field by field:

    file    version 8, patient 80, recording 80, date 8, time 8, header bytes 8, EDF+C or EDF+D 44, records 8,
            seconds per record 8, signals 4
    signal  label 16, transducer 80, unit 8, physical min 8, max 8, digital min 8, max 8, prefilter 80,
            samples per record 8, reserved 32
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from base.errors import UserError, expected
from model.data.formats.voltage import microvolt

_BLOCK = 256  # bytes of the fixed header, and of each signal's
_VERSIONS = {b"0       ": 2, b"\xffBIOSEMI": 3}  # bytes per sample
_UNKNOWN_RECORDS = -1  # what a recorder that did not close its file leaves
_WIDTHS = {"label": 16, "transducer": 80, "unit": 8, "physical_min": 8, "physical_max": 8, "digital_min": 8,
           "digital_max": 8, "prefilter": 80, "samples": 8, "reserved": 32}


@dataclass(frozen=True)
class EdfSignal:
    """One signal's fields as they stand in the file; `samples` per record, of which `before` are other signals'."""

    label: str
    unit: str
    physical: tuple[str, str]
    digital: tuple[str, str]
    samples: int
    before: int

    @property
    def annotations(self) -> bool:
        return self.label in ("EDF Annotations", "BDF Annotations")

    def scale(self, where: str, sample_bytes: int) -> tuple[float, float]:
        """(gain, offset): microvolt = gain * digital + offset. UserError on limits that give none, and on the unit."""
        name = f"{where}: channel {self.label}"
        limits = []
        for kind, texts in (("physical", self.physical), ("digital", self.digital)):
            for end, text in zip(("minimum", "maximum"), texts, strict=True):
                limits.append(_number(text, f"{name}: {kind} {end}"))
            if limits[-2] == limits[-1]:
                raise expected(name, f"{kind} minimum = maximum = {limits[-1]:g}", "two limits that differ")
        low, high, first, last = limits
        if first > last:
            raise expected(name, f"digital minimum {first:g} above maximum {last:g}", "them in order")
        most = 1 << (8 * sample_bytes - 1)  # some recorders write it as the maximum, one more than there is
        if first < -most or last > most:
            raise expected(name, f"digital limits {first:.9g} and {last:.9g}", f"them within -{most} … {most - 1}, as "
                           f"{8 * sample_bytes} bits hold no others")
        gain = (high - low) / (last - first)
        factor = microvolt(self.unit, name)
        return factor * gain, factor * (low - gain * first)


@dataclass(frozen=True)
class EdfHeader:
    """What is needed of a header. records: how many the file holds. plus: `C`, `D` (may have gaps) or empty."""

    path: Path
    sample_bytes: int
    records: int
    record_s: float
    plus: str
    signals: tuple[EdfSignal, ...]

    @property
    def header_bytes(self) -> int:
        return _BLOCK * (1 + len(self.signals))

    @property
    def record_bytes(self) -> int:
        return self.sample_bytes * sum(signal.samples for signal in self.signals)

    @property
    def channels(self) -> list[EdfSignal]:
        """The signals that are no annotations."""
        return [signal for signal in self.signals if not signal.annotations]


def read_header(path: Path) -> EdfHeader:
    """Parse a header. Raises UserError where it is damaged and where the file is not as long as it says."""
    with path.open("rb") as file:
        fixed = file.read(_BLOCK)
        sample_bytes = _VERSIONS.get(fixed[:8])
        if sample_bytes is None or len(fixed) < _BLOCK:
            raise expected(f"{path}: header", "another or a truncated one", "EDF's or BDF's")
        count = _whole(fixed[252:256], f"{path}: header: signals", 1)
        fields = file.read(count * _BLOCK)
    if len(fields) < count * _BLOCK or _whole(fixed[184:192], f"{path}: header: bytes", 1) != _BLOCK * (1 + count):
        raise expected(f"{path}: header", f"{text(fixed[184:192])} bytes, {_BLOCK + len(fields)} of them there",
                       f"{_BLOCK * (1 + count)} bytes for {count} signals")
    record_s = _number(text(fixed[244:252]), f"{path}: header: seconds per record")
    if record_s <= 0:
        raise expected(f"{path}: header: seconds per record", f"{record_s:g}", "more than 0")
    plus = text(fixed[192:197])[4:] if text(fixed[192:197]) in ("EDF+C", "EDF+D", "BDF+C", "BDF+D") else ""
    signals = _signals(fields, count, path)
    declared = _whole(fixed[236:244], f"{path}: header: data records", _UNKNOWN_RECORDS)
    header = EdfHeader(path, sample_bytes, declared, record_s, plus, signals)
    records = _held(header, path.stat().st_size - header.header_bytes)
    return EdfHeader(path, sample_bytes, records, record_s, plus, signals)


def _signals(fields: bytes, count: int, path: Path) -> tuple[EdfSignal, ...]:
    columns, at = {}, 0
    for name, width in _WIDTHS.items():
        columns[name] = [fields[at + i * width : at + (i + 1) * width] for i in range(count)]
        at += count * width
    signals, before = [], 0
    for i in range(count):
        values = {name: text(column[i]) for name, column in columns.items()}
        samples = _whole(columns["samples"][i], f"{path}: header: samples per record of {values['label']}", 0)
        signals.append(EdfSignal(values["label"], values["unit"], (values["physical_min"], values["physical_max"]),
                                 (values["digital_min"], values["digital_max"]), samples, before))
        before += samples
    return tuple(signals)


def _held(header: EdfHeader, data_bytes: int) -> int:
    """How many whole records the data are. UserError where that is not what the header declares, or none."""
    records, rest = divmod(data_bytes, max(1, header.record_bytes))
    unknown = header.records == _UNKNOWN_RECORDS
    if rest or records < 1 or not (unknown or records == header.records):
        wanted = "whole ones" if unknown else f"{header.records} of {header.record_bytes} bytes, as its header says"
        raise expected(f"{header.path}: data records", f"{data_bytes / max(1, header.record_bytes):.4g} "
                       f"({data_bytes} bytes)", wanted)
    return records


def text(field: bytes) -> str:
    """A field without its padding. The standard is ASCII; µ comes as UTF-8 or Latin-1."""
    try:
        return field.decode("utf-8").strip("\0 ")
    except UnicodeDecodeError:
        return field.decode("latin-1").strip("\0 ")


def _whole(field: bytes, name: str, least: int) -> int:
    if not re.fullmatch(r"[+-]?\d+", text(field), re.ASCII):  # int takes 1_0 as well
        raise expected(name, repr(text(field)), "a whole number")
    value = int(text(field))
    if value < least:
        raise expected(name, value, f"at least {least}")
    return value


def _number(field: str, name: str) -> float:
    try:
        value = float(field.replace("_", " "))  # float would take 1_0
    except ValueError:
        raise expected(name, repr(field), "a number") from None
    if not math.isfinite(value):
        raise UserError(f"{name}: got NaN or infinite, expected a finite number")
    return value
