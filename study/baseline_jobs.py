"""Jobs of what LSNNet is compared with. Apart from `jobs`: a change of the network leaves their results as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.baselines.eegnet import train_eegnet
from model.baselines.linear import linear
from model.baselines.svm import majority, svm
from model.data.folds.protocols import Fold, materialise
from study.answers import Answer, write_answers
from study.material import Material

SEEDLESS = ("majority", "linear", "svm")  # settings of run_seedless


def run_seedless(out: Path, *, material: str, protocol: str, folds: list[int]) -> None:
    """Majority class, linear teacher and SVM, on the same features."""
    source = Material(Path(material))
    windows, chosen = source.windows(), source.folds(protocol, folds)

    def find(_: int, fold: Fold) -> list[Answer]:
        samples = materialise(windows, fold)
        return [(majority(samples), []), (linear(samples), []), (svm(samples)[0], [])]

    write_answers(out, windows, folds, chosen, list(SEEDLESS), find)


def run_eegnet(out: Path, *, material: str, protocol: str, folds: list[int], seed: int) -> None:
    """EEGNet on the raw signal; it trains, too, on windows that do not overlap, to be affordable."""
    source = Material(Path(material))
    windows, chosen = source.windows(), source.folds(protocol, folds)
    signals, sampling_hz = source.signals(), source.about()["signals_hz"]
    place = np.cumsum(windows.aligned) - 1  # of a window among the aligned ones
    y = windows.y[windows.aligned]

    def find(_: int, fold: Fold) -> list[Answer]:
        parts = [place[rows[windows.aligned[rows]]] for rows in (fold.train, fold.val, fold.test)]
        result = train_eegnet(signals, y, parts[0], parts[1], parts[2], sampling_hz, seed, windows.classes)
        return [(result.logits, [])]

    write_answers(out, windows, folds, chosen, ["eegnet"], find)
