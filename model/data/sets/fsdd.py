"""Free Spoken Digit Dataset: digits 0 to 9 by a few speakers, 8 kHz, `recordings/{digit}_{speaker}_{n}.wav`.

Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0. A sample is a picture of BANDS x FRAMES
powers: of Hann windows of 32 ms, whose FRAMES centres divide the recording evenly, however long it is, in BANDS
triangular bands that are even in mel, as logarithm, from the recording's own loudest down to RANGE_DB below.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.examples import Examples, Pictures
from model.data.formats.wav import read_wav

SAMPLING_HZ, WINDOW = 8000, 256
BANDS, FRAMES = 32, 32
LOWEST_HZ, HIGHEST_HZ = 60.0, 4000.0
RANGE_DB = 80.0
DIGITS = tuple("0123456789")
FILE_NAME = re.compile(r"(\d)_([A-Za-z]+)_(\d+)\.wav", re.ASCII)
_WANTED = "recordings/{digit}_{speaker}_{n}.wav"


def load(root: Path | None) -> Examples:
    """All recordings below `root`; speakers are numbered in the order of their names. UserError on what is missing."""
    if root is None:
        raise UserError(f"DATA_ROOT: got none, expected the folder of {_WANTED}")
    files = sorted(path for path in (root / "recordings").glob("*") if path.suffix.lower() == ".wav")
    if not files:
        raise expected("DATA_ROOT", f"{root} without any recordings/*.wav", _WANTED)
    matches = [FILE_NAME.fullmatch(path.name) for path in files]
    named = []
    for path, match in zip(files, matches, strict=True):
        if match is None:
            raise expected(f"{path}: name", path.name, "{digit}_{speaker}_{n}.wav")
        named.append((int(match[1]), match[2].lower()))
    speakers = sorted({speaker for _, speaker in named})

    def read() -> Pictures:
        x = np.stack([picture(read_wav(path, SAMPLING_HZ)) for path in files])[:, None]
        y, person = (np.array(column, np.int64)
                     for column in zip(*((digit, speakers.index(speaker)) for digit, speaker in named), strict=True))
        return Pictures(x.astype(np.float32), y, person)

    source = "Free Spoken Digit Dataset (Jackson et al.), CC BY-SA 4.0; speakers " + ", ".join(
        f"{number} {name}" for number, name in enumerate(speakers))
    return Examples("fsdd", source, DIGITS, (1, BANDS, FRAMES), ("log mel power",), read, tuple(files),
                    parameters=repr((named, WINDOW, BANDS, FRAMES, LOWEST_HZ, HIGHEST_HZ, RANGE_DB)))


def picture(sound: np.ndarray) -> np.ndarray:
    """(samples,) -> (BANDS, FRAMES) in 0 … 1, 0 at RANGE_DB below the loudest band and frame; all 0 of a silent one."""
    padded = np.pad(sound, WINDOW // 2)
    starts = np.round((np.arange(FRAMES) + 0.5) * len(sound) / FRAMES).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[np.minimum(starts, len(sound))]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW))) ** 2
    bands = power @ _filters()
    loudest = bands.max()
    if loudest == 0:
        return np.zeros((BANDS, FRAMES))
    level = 10 * np.log10(np.maximum(bands / loudest, 10 ** (-RANGE_DB / 10)))
    return (level.T + RANGE_DB) / RANGE_DB


def _filters() -> np.ndarray:
    """(WINDOW / 2 + 1, BANDS): triangles, even in mel = 2595 log10(1 + f / 700)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLING_HZ)[:, None]
    rising, falling = (hz - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - hz) / np.diff(edges)[1:]
    return np.clip(np.minimum(rising, falling), 0, None)
