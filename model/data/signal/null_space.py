"""Directions of the electrodes' space in which next to nothing moves, as cleaning by independent components leaves.

Cleaned recording by recording, they say which recording it was: a person's are projected off the null directions of all
of them, so that none can be told by its own. Covariances alone decide; no label is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from base.errors import expected
from model.data.recording import Dataset, Recording

NULL = 0.01  # of the median eigenvalue of a covariance: below it nothing of a brain's is left in a direction
PROJECTED = "null directions of the person taken out"


def spectrum(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the covariance of (electrodes, samples), ascending, as shares of their median; eigenvectors."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(signal)))
    return np.maximum(values, 0.0) / max(values[len(values) // 2], np.finfo(float).tiny), vectors


def null_directions(signal: np.ndarray) -> np.ndarray:
    """(electrodes, k), orthonormal: eigenvectors below NULL."""
    values, vectors = spectrum(signal)
    return vectors[:, values < NULL]


def projected(dataset: Dataset) -> Dataset:
    """The same recordings, each projected off the null directions of all of its person's.

    A person is read twice: for the directions, then for the signals. A note says how many were taken out. UserError
    where these would be more than half.
    """
    def read(subject: int) -> Iterator[Recording]:
        basis = _span(dataset.read(subject), len(dataset.layout.electrodes), f"{dataset.name}: subject {subject}")
        note = (f"{dataset.name}: subject {subject}: {basis.shape[1]} {PROJECTED}",) if basis.size else ()
        for recording in dataset.read(subject):
            signal = microvolt(recording)
            yield replace(recording, signal=(signal - basis @ (basis.T @ signal)) / unit(recording),
                          notes=recording.notes + note)

    return replace(dataset, read=read, parameters=f"{dataset.parameters} {PROJECTED}")


def unit(recording: Recording) -> np.ndarray:
    """(electrodes or 1, 1): what the signal's numbers are in microvolt."""
    return np.reshape(recording.unit_uv, (-1, 1))


def microvolt(recording: Recording) -> np.ndarray:
    """(electrodes, samples), but for the mean where a baseline has been taken off."""
    signal: np.ndarray = recording.signal * unit(recording)
    return signal


def _span(recordings: Iterable[Recording], electrodes: int, where: str) -> np.ndarray:
    """(electrodes, k), orthonormal: spans the null directions of all recordings; empty where all have the same ones.

    The same ones, as a common average leaves one, tell no recording from another.
    """
    found = [null_directions(microvolt(recording)) for recording in recordings]
    directions = np.hstack([np.empty((electrodes, 0)), *found])
    vectors, sizes, _ = np.linalg.svd(directions, full_matrices=False)
    basis: np.ndarray = vectors[:, sizes > NULL]
    if all(own.shape[1] == basis.shape[1] for own in found):
        return basis[:, :0]
    if basis.shape[1] > electrodes // 2:
        raise expected(f"{where}: null directions", f"{basis.shape[1]} of {electrodes}", "at most half of them")
    return basis
