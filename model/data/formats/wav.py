"""Sounds: one channel of PCM from a .wav file."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from base.errors import expected

# The last two: what SciPy stumbles over in a damaged head.
_UNREADABLE = (OSError, ValueError, EOFError, struct.error, wavfile.WavFileWarning, ZeroDivisionError,
               UnboundLocalError)
PCM = {np.dtype(np.int16): 1 << 15, np.dtype(np.int32): 1 << 31}  # type -> full scale


def read_wav(path: Path, sampling_hz: int) -> np.ndarray:
    """float64 (samples,) in -1 … 1. UserError on a damaged file, another rate, several channels, another type."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)  # a file that ends early is but a warning there
            rate, values = wavfile.read(path)
    except _UNREADABLE as error:
        raise expected(str(path), f"no whole wav file ({error})", "PCM of 16 or 32 bits") from error
    if rate != sampling_hz:
        raise expected(f"{path}: sampling rate", f"{rate} Hz", f"{sampling_hz} Hz")
    if values.ndim != 1 or not len(values):
        raise expected(f"{path}: samples", f"shape {values.shape}", "one channel, one sample at least")
    if values.dtype not in PCM:
        raise expected(f"{path}: samples", f"{values.dtype}", "PCM of 16 or 32 bits")
    return values / PCM[values.dtype]
