"""What is wrong with an electrode in a frame of raw EEG.

Amplitudes are held to the limits of recordings (signal/conditioning.py). Stretches that stand still, or at a rail, are
looked for more closely than in a whole recording, since a frame is answered for alone.
"""

from __future__ import annotations

import numpy as np

from model.data.signal.conditioning import AMPLITUDE_UV, STILL, block_power

FLAT, SATURATED, NOT_FINITE = "flat", "saturated", "not a number"
_STILL_S = 0.1  # so long does no electrode stand still, at a rate that EEG is taken at
_AT_RAIL = 0.2  # of the frame, in runs of _RUN samples at its largest or smallest value
_RUN = 3


def faults(signal_uv: np.ndarray, names: tuple[str, ...], rate_hz: float) -> dict[str, str]:
    """Electrode -> its fault, of those that have one. signal_uv (electrodes, samples) in microvolt, of one frame.

    Flat: it stands still for 0.1 s, or in nearly all of its steps. Saturated: so, where no EEG is, or it stands at its
    largest and smallest values. Else its amplitude, without offset and drift, where that is not EEG's.
    """
    still = max(2, round(_STILL_S * rate_hz))
    return {name: fault for name, row in zip(names, signal_uv, strict=True) if (fault := _fault(row, still))}


def _fault(row: np.ndarray, still: int) -> str:
    if not np.isfinite(row).all():
        return NOT_FINITE
    starts, lengths = _runs(row)
    longest = lengths.argmax()
    if lengths[longest] > still or lengths.sum() - len(lengths) > STILL * (len(row) - 1):
        return FLAT if abs(row[starts[longest]]) <= AMPLITUDE_UV[1] else SATURATED
    values = row[starts]
    at_rail = ((values == row.min()) | (values == row.max())) & (lengths >= _RUN)
    if lengths[at_rail].sum() > _AT_RAIL * len(row):
        return SATURATED
    rms = float(np.sqrt(np.median(block_power(row))))
    if not AMPLITUDE_UV[0] <= rms <= AMPLITUDE_UV[1]:
        return f"{rms:.2g} uV, {'too quiet' if rms < AMPLITUDE_UV[0] else 'too loud'}"
    return ""


def _runs(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First sample and length of each run of equal samples."""
    starts = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))
    return starts, np.diff(starts, append=len(row))
