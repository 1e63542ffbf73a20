"""Neuroscan .cnt, continuous EEG in 32-bit steps: the header held in one place, samples read by electrode and time.

Layout of the file (paulbourke.net/dataformats/eeg; offsets in bytes): SETUP, 900, with the number of channels (u16 at
370), the rate in Hz (u16, 376), the number of samples (i32, 864), where the event table begins (u32, 886) and the
length of a channel's blocks in bytes (i32, 894); an ELECTLOC of 75 for each channel: label (10 at 0), baseline (i16,
47), sensitivity (f32, 59), calibration (f32, 71); the samples, channel by channel within each block (a block is one
sample where its length is 0 or 1); the event table. A step is `sensitivity * calibration / 204.8` microvolt.

Neither the number of samples nor the table's position is trusted: they must agree with each other and with the file's
size. Some files (SEED-V's 7_1_20180411.cnt) have a number of samples below 1, there the table's position counts. Events
are not read, so nothing about them can stop a read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from base.errors import UserError, expected

_SETUP, _ELECTLOC, _STEP = 900, 75, 4
_NAME = "a Neuroscan CNT header, Version 3"


@dataclass(frozen=True)
class CntFile:
    """offsets, in steps, and scales_uv, microvolt per step: (channels,), in the order of labels. block: samples."""

    path: Path
    sampling_hz: int
    samples: int
    labels: tuple[str, ...]
    offsets: np.ndarray
    scales_uv: np.ndarray
    block: int

    def read(self, rows: list[int], start: int, stop: int) -> np.ndarray:
        """float64 (rows, stop - start) in microvolt. UserError on a channel whose scale is none, and on damage."""
        for row in rows:
            if not (np.isfinite(self.scales_uv[row]) and self.scales_uv[row] > 0):
                got = f"sensitivity times calibration of {self.scales_uv[row] * 204.8:g}"
                raise expected(f"{self.path}: channel {self.labels[row]}", got, "a number above 0")
        first, channels = start // self.block, len(self.labels)
        blocks = -(-stop // self.block) - first
        try:
            steps = np.fromfile(self.path, "<i4", blocks * self.block * channels,
                                offset=_data_at(channels) + _STEP * first * self.block * channels)
            chosen = steps.reshape(blocks, channels, self.block)[:, rows].transpose(1, 0, 2).reshape(len(rows), -1)
        except (OSError, ValueError) as error:
            raise UserError(f"{self.path}: not a readable Neuroscan CNT file: {error}") from error
        own = chosen[:, start - first * self.block :][:, : stop - start]
        return (own - self.offsets[rows, None]) * self.scales_uv[rows, None]


def open_cnt(path: Path) -> CntFile:
    """The header of `path`. Raises UserError on another format or width, and where sizes do not agree."""
    try:
        with path.open("rb") as file:
            setup = file.read(_SETUP)
            if len(setup) < _SETUP or not setup.startswith(b"Version 3"):
                raise expected(f"{path}: header", "another or none", _NAME)
            channels, hz = (struct.unpack_from("<H", setup, at)[0] for at in (370, 376))
            electrodes = file.read(_ELECTLOC * channels)
        size = path.stat().st_size
    except OSError as error:
        raise UserError(f"{path}: not a readable Neuroscan CNT file: {error}") from error
    if not channels:
        raise expected(f"{path}: header", "0 channels", _NAME)
    samples = _samples(path, setup, channels, size)
    block_bytes = struct.unpack_from("<i", setup, 894)[0]
    block = block_bytes // _STEP if block_bytes > 1 else 1
    if block_bytes > 1 and (block_bytes % _STEP or samples % block):
        raise expected(f"{path}: header", f"blocks of {block_bytes} bytes, {samples} samples", "whole blocks")
    return CntFile(path, hz, samples, *_electrodes(electrodes, channels), block)


def _data_at(channels: int) -> int:
    return _SETUP + _ELECTLOC * channels


def _samples(path: Path, setup: bytes, channels: int, size: int) -> int:
    """How many samples each channel has: what the header says, held to the event table's position and the size."""
    declared, table_at = struct.unpack_from("<i", setup, 864)[0], struct.unpack_from("<I", setup, 886)[0]
    data_at, width = _data_at(channels), _STEP * channels
    if declared > 0:
        end = data_at + width * declared
        if table_at == (data_at + width // 2 * declared) % 2**32:
            raise expected(f"{path}: samples", "16 bits", "32 bits")
    else:
        end = table_at
    if size < max(end, data_at):
        raise expected(f"{path}: size", f"{size} bytes, cut short", f"more than {max(end, data_at)} bytes")
    behind = (table_at - data_at) / width
    if table_at != end % 2**32 or (behind < 1 and declared <= 0) or (end - data_at) % width:
        got = f"{declared} samples, and an event table behind {behind:.8g} of {channels} channels in 32 bits"
        raise expected(f"{path}: header", got, "numbers that agree")
    return (end - data_at) // width


def _electrodes(content: bytes, channels: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """labels, offsets, scales_uv"""
    starts = range(0, _ELECTLOC * channels, _ELECTLOC)
    labels = tuple(content[at : at + 10].split(b"\0")[0].decode("latin-1").strip() for at in starts)
    offsets, sensitivities, calibrations = (
        np.array([struct.unpack_from(kind, content, at + place)[0] for at in starts])
        for kind, place in (("<h", 47), ("<f", 59), ("<f", 71)))
    return labels, offsets, sensitivities * calibrations / 204.8
