"""FIF, by mne; stretches that the recorder skipped are gaps, where mne would give zeros."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import mne
import numpy as np
from mne.io.constants import FIFF

from base.errors import UserError, expected
from model.data.formats import channels
from model.data.formats.recorded import Piece, Recorded

_SKIPPED = "BAD_ACQ_SKIP"  # mne's annotation of skipped buffers


def open_fif(path: Path, electrodes: Sequence[str]) -> Recorded:
    """Open one, its parts as well where it was split. UserError on electrodes that are missing or not in volt."""
    raw = _open(path)
    picks = channels.pick(raw.ch_names, electrodes, path)
    for pick in picks:
        about = raw.info["chs"][pick]
        if about["unit"] != FIFF.FIFF_UNIT_V or about["unit_mul"] != FIFF.FIFF_UNITM_NONE:
            raise expected(f"{path}: channel {raw.ch_names[pick]}", f"{about['unit']}, times {about['unit_mul']}",
                           "volt, not multiplied")

    def read(first: int, stop: int) -> np.ndarray:
        with _reading(path):
            return raw.get_data(picks=picks, start=first, stop=stop, verbose="ERROR") * 1e6  # mne holds volts

    return Recorded(path, tuple(raw.ch_names[pick] for pick in picks), float(raw.info["sfreq"]), _pieces(raw), read)


def files(path: Path) -> list[Path]:
    """The parts of a split file, or it alone."""
    return [Path(name) for name in _open(path).filenames if name is not None]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever mne raises is about the file: on tags that it does not know it is Exception itself."""
    try:
        yield
    except Exception as error:
        raise UserError(f"{path}: not a readable recording: {' '.join(str(error).split())}") from error


def _open(path: Path) -> mne.io.BaseRaw:
    """mne's warnings are about what is wrong with a file, but for its name: it would end in _eeg.fif by convention."""
    with _reading(path), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        raw = mne.io.read_raw_fif(path, preload=False, on_split_missing="raise", verbose="WARNING")
    serious = [str(one.message) for one in said if "naming conventions" not in str(one.message)]
    if serious:
        raise UserError(f"{path}: not a readable recording: {' '.join(serious[0].split())}")
    return raw


def _pieces(raw: mne.io.BaseRaw) -> tuple[Piece, ...]:
    """What lies between the skips. A file that mne has written names a skip twice, as data and as an annotation."""
    rate = float(raw.info["sfreq"])
    skips = sorted((round((one["onset"] - raw.first_time) * rate), round(one["duration"] * rate))
                   for one in raw.annotations if one["description"] == _SKIPPED)
    pieces, at = [], 0
    for first, length in [*skips, (raw.n_times, 0)]:
        if first > at:
            pieces.append(Piece(at / rate, at, first - at))
        at = max(at, first + length)
    return tuple(pieces)
