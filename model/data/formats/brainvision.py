"""BrainVision Core Data Format: a header (.vhdr), the samples (.eeg) and markers (.vmrk) beside it.

BrainVision Core Data Format 1.0 (Brain Products). Read here: binary samples, 16 or 32 bits or float, multiplexed or
vectorized. A new segment among the markers is where the recorder paused; markers with times say for how long.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from base.errors import expected
from model.data.formats import channels
from model.data.formats.recorded import Piece, Recorded
from model.data.formats.voltage import microvolt

_TYPES = {"INT_16": "i2", "INT_32": "i4", "IEEE_FLOAT_32": "f4"}
# What a recording is that is neither text, nor a spectrum, nor cut into epochs, nor an average of them.
_CONTINUOUS = {"DataFormat": "BINARY", "DataType": "TIMEDOMAIN", "SegmentationType": "NOTSEGMENTED", "Averaged": "NO"}
# Mk1=New Segment,<text>,<position in samples, from 1>,<length>,<channel>,<YYYYMMDDhhmmssuuuuuu>
_SEGMENT = re.compile(r"^Mk\d+=New Segment,[^,\n]*,(\d+),[^,\n]*,[^,\n]*(?:,(\d{20}))?", re.MULTILINE)
_JITTER_S = 0.01


@dataclass(frozen=True)
class _Channel:
    label: str
    resolution: float
    unit: str


@dataclass(frozen=True)
class _Header:
    path: Path
    data: Path
    markers: Path | None
    dtype: str
    vectorized: bool
    rate_hz: float
    samples: int
    channels: tuple[_Channel, ...]


def open_brainvision(path: Path, electrodes: Sequence[str]) -> Recorded:
    """Open one. UserError on a header that the data do not fit, electrodes that are missing or in another unit."""
    header = _read_header(path)
    labels = [channel.label for channel in header.channels]
    picks = channels.pick(labels, electrodes, path)
    used = [header.channels[pick] for pick in picks]
    scales = np.array([[one.resolution * microvolt(one.unit, f"{path}: channel {one.label}")] for one in used])
    shape = (len(labels), header.samples) if header.vectorized else (header.samples, len(labels))

    def read(first: int, stop: int) -> np.ndarray:
        values = np.memmap(header.data, header.dtype, "r", shape=shape)
        values = values if header.vectorized else values.T
        return values[picks, first:stop] * scales

    return Recorded(path, tuple(labels[pick] for pick in picks), header.rate_hz, _pieces(header), read)


def files(path: Path) -> list[Path]:
    """The samples and the markers that a header names."""
    header = _read_header(path)
    return [header.data, *([header.markers] if header.markers else [])]


def _read_header(path: Path) -> _Header:
    parsed = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";",), interpolation=None, strict=False)
    # The first line names the format; the comment, always last, is free text.
    first, _, rest = _decoded(path).partition("\n")
    if "brain" not in first.lower() or "[" in first:
        raise expected(f"{path}: first line", repr(first.strip()[:60]), "Brain Vision Data Exchange Header File")
    parsed.read_string(rest.partition("[Comment]")[0])
    common = parsed["Common Infos"]
    for key, wanted in _CONTINUOUS.items():
        if common.get(key, wanted).upper() != wanted:
            raise expected(f"{path}: {key}", common[key], wanted)
    kind = parsed.get("Binary Infos", "BinaryFormat", fallback="INT_16").upper()
    if kind not in _TYPES:
        raise expected(f"{path}: BinaryFormat", kind, f"one of {' '.join(_TYPES)}")
    big = parsed.get("Binary Infos", "UseBigEndianOrder", fallback="NO").upper() == "YES"
    count = int(common["NumberOfChannels"])
    infos = [_channel(parsed["Channel Infos"][f"Ch{k}"], path) for k in range(1, count + 1)]
    data, dtype = _beside(path, common["DataFile"]), (">" if big else "<") + _TYPES[kind]
    markers = _beside(path, common["MarkerFile"]) if common.get("MarkerFile") else None
    interval_us = float(common["SamplingInterval"])
    if count < 1 or not 0 < interval_us < np.inf:
        raise expected(f"{path}: header", f"{count} channels every {interval_us:g} us", "both above 0")
    samples = _held(path, data, count * np.dtype(dtype).itemsize, common.get("DataPoints"))
    vectorized = common.get("DataOrientation", "MULTIPLEXED").upper() == "VECTORIZED"
    return _Header(path, data, markers, dtype, vectorized, 1e6 / interval_us, samples, tuple(infos))


def _held(path: Path, data: Path, bytes_each: int, declared: str | None) -> int:
    """How many samples the data file holds. UserError where that is not a whole number or not what is declared."""
    if not data.is_file():
        raise expected(f"{path}: DataFile", f"no {data.name}", "it beside the header")
    size = data.stat().st_size
    if size % bytes_each or (declared and size != int(declared) * bytes_each):
        raise expected(f"{data}: samples", f"{size / bytes_each:.6g} ({size} bytes)",
                       f"{declared or 'whole ones'}, as {path.name} says")
    return size // bytes_each


def _pieces(header: _Header) -> tuple[Piece, ...]:
    """Stretches between new segments; without a time, where one starts is not known. UserError where it is not."""
    found = _SEGMENT.findall(_decoded(header.markers)) if header.markers else []
    starts = sorted({int(position) - 1: time.strip("0") and time for position, time in found}.items())
    pieces = [Piece(0.0, 0, header.samples)]
    for k, (first, time) in enumerate(starts):
        if not 0 < first < header.samples:
            continue
        last = pieces[-1]
        known = time and starts[0][0] == 0 and starts[0][1]
        start_s = (_seconds(time) - _seconds(starts[0][1])) if known else np.nan
        end_s = last.start_s + (first - last.first) / header.rate_hz
        if not start_s >= end_s - _JITTER_S:
            raise expected(f"{header.markers}: new segment {k + 1} at {first / header.rate_hz:g} s of samples",
                           f"no time of it after {end_s:g} s", "the length of the gap before it")
        if start_s > end_s + _JITTER_S:
            pieces[-1] = Piece(last.start_s, last.first, first - last.first)
            pieces.append(Piece(float(start_s), first, header.samples - first))
    return tuple(pieces)


def _seconds(time: str) -> float:
    return (datetime.strptime(time, "%Y%m%d%H%M%S%f") - datetime(1970, 1, 1)).total_seconds()


def _channel(line: str, path: Path) -> _Channel:
    """`Fz,,0.1,µV`: name (a comma in it is written \\1), reference, resolution, unit; empty ones are 1 and µV."""
    label, _, resolution, unit = (*(part.strip() for part in line.split(",")), "", "", "")[:4]
    factor = float(resolution or 1)
    if not np.isfinite(factor) or factor == 0:
        raise expected(f"{path}: channel {label}: resolution", resolution, "a finite number, not 0")
    return _Channel(label.replace("\\1", ","), factor, unit or "µV")


def _beside(path: Path, name: str) -> Path:
    return path.parent / name.strip().replace("$b", path.stem)


def _decoded(path: Path) -> str:
    """UTF-8 since version 1.0; before, the codepage of the recorder's Windows."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
