"""result.npz: what a job of a study has found for the windows that its folds test.

settings (K,) str, what was varied; fold, truth, subject (M,), one entry per tested window; scores (K, M, classes), the
highest is the class that is predicted; spikes (K, F, layers), spikes per neuron, mean over the fold's tested windows
(no layers where nothing spikes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from base.files import read_npz, write_npz
from model.data.folds.protocols import Fold
from model.data.folds.windows import Windows

RESULT = "result.npz"

# What was found for a fold and a setting: scores (n, classes) and spikes per neuron (layers,).
Answer = tuple[np.ndarray, Sequence[float]]


def write_answers(
    out: Path, windows: Windows, places: Sequence[int], folds: Sequence[Fold], settings: Sequence[str],
    find: Callable[[int, Fold], Sequence[Answer]],
) -> None:
    """Call find(index, fold) for each fold; it answers one Answer per setting."""
    found = [find(index, fold) for index, fold in enumerate(folds)]
    columns = [[own[k] for own in found] for k in range(len(settings))]
    write_npz(
        out / RESULT, settings=np.array(list(settings)),
        fold=np.concatenate([np.full(len(fold.test), place) for place, fold in zip(places, folds, strict=True)]),
        truth=np.concatenate([windows.y[fold.test] for fold in folds]),
        subject=np.concatenate([windows.subject[fold.test] for fold in folds]),
        scores=np.stack([np.concatenate([scores for scores, _ in column]) for column in columns]).astype(np.float32),
        spikes=np.array([[spikes for _, spikes in column] for column in columns], dtype=np.float64),
    )


def read_result(folder: Path) -> dict[str, np.ndarray]:
    return read_npz(folder / RESULT)
