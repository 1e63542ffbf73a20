"""Folds per second: trained at once on all cores, beside one after another.

    OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/fold_training.py [FOLDS]

Generated windows of EEGMAT's shape and amount (24 subjects, leave one out), the default network and recipe, five
epochs. One after another: `model.train.train` in this process. At once: `train_folds` on stacks of STACK folds, one
process per core. Both times include everything that a fold needs but the start of the processes. Where PyTorch sees a
GPU, all folds, ON_GPU times over, at once on it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from model.data.folds.protocols import Fold, materialise
from model.data.folds.windows import Windows
from model.fold_training import train_folds
from model.lsnnet import LSNNetConfig
from model.recipe import TrainOptions
from model.train import train

STACK = 8  # as study.plan has it, whose import takes seconds
CONFIG, OPTIONS = LSNNetConfig(20, 5, 5, 2), TrainOptions(epochs=5)
SUBJECTS, WINDOWS_EACH = 24, 156  # 2,808 of 18 subjects train, as on EEGMAT
ON_GPU = 4  # more folds at once cost it little
ALONE = 4  # folds that are trained one after another: enough to know the pace


def make_windows() -> Windows:
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(SUBJECTS), WINDOWS_EACH)
    y = (np.arange(len(subject)) % 16 < 4).astype(np.int64)
    x = rng.normal(size=(len(subject), 20, 5, 5)).astype(np.float32) + 0.5 * y[:, None, None, None].astype(np.float32)
    occupied = np.ones((5, 5), dtype=bool)
    return Windows(x, y, subject, subject, np.arange(len(subject)) % 4 == 0, occupied, 2)


def make_fold(windows: Windows, test: int) -> Fold:
    val = [(test + 4 * k + 1) % SUBJECTS for k in range(5)]
    tested, validated = windows.subject == test, np.isin(windows.subject, val)
    train_rows, aligned = np.flatnonzero(~tested & ~validated), windows.aligned
    mean, deviation = windows.x[train_rows].mean(axis=0), windows.x[train_rows].std(axis=0)
    return Fold(f"subject {test}", train_rows, np.flatnonzero(validated & aligned), np.flatnonzero(tested & aligned),
                mean, deviation)


def at_once(places: list[int]) -> int:
    windows = make_windows()
    return len(train_folds(windows, [make_fold(windows, place) for place in places], CONFIG, OPTIONS))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SUBJECTS
    cores, windows = len(os.sched_getaffinity(0)), make_windows()
    train_folds(windows, [make_fold(windows, 0)], CONFIG, TrainOptions(epochs=1))  # libraries start up
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for place in range(ALONE):
            train(materialise(windows, make_fold(windows, place)), CONFIG, OPTIONS, Path(folder) / str(place))
    alone = ALONE / (time.monotonic() - started)
    started = time.monotonic()
    at_once(list(range(STACK)))
    one_core = STACK / (time.monotonic() - started)
    stacks = [list(range(start, min(start + STACK, count))) for start in range(0, count, STACK)]
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        list(pool.map(at_once, [[0, 1]] * cores))  # processes start
        started = time.monotonic()
        done = sum(pool.map(at_once, stacks))
        together = done / (time.monotonic() - started)
    print(f"one after another {alone:.3f} folds/s; at once, one core {one_core:.3f} ({one_core / alone:.1f} times), "
          f"{cores} cores {together:.3f} ({together / alone:.1f} times)")
    if torch.cuda.is_available():
        folds = [make_fold(windows, place) for place in range(count)] * ON_GPU
        train_folds(windows, folds[:1], CONFIG, TrainOptions(epochs=1), device="cuda")
        started = time.monotonic()
        train_folds(windows, folds, CONFIG, OPTIONS, device="cuda")
        on_gpu = len(folds) / (time.monotonic() - started)
        print(f"{torch.cuda.get_device_name()} {on_gpu:.3f} ({on_gpu / alone:.1f} times)")


if __name__ == "__main__":
    main()
