"""Folds trained at once: the result that each would have had alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from base.errors import UserError
from model.augment import mirror
from model.baselines.ann import AnnTwin
from model.data.folds.protocols import Fold, materialise
from model.data.folds.windows import Windows
from model.evaluate import predict
from model.fold_training import train_folds
from model.lsnnet import LSNNet, LSNNetConfig
from model.recipe import TrainOptions, losses
from model.train import train

CONFIG = LSNNetConfig(4, 3, 4, 3, (6, 5), (9, 7))
OPTIONS = TrainOptions(epochs=4, batch=32, settled=0.25)


def make_windows(count: int = 480, seed: int = 0) -> Windows:
    """12 subjects, three classes, one cell without an electrode."""
    rng = np.random.default_rng(seed)
    subject = np.arange(count) % 12
    y = rng.integers(0, 3, count)
    x = (rng.normal(size=(count, 4, 3, 4)) + 3.0 * rng.normal(size=(12, 4, 3, 4))[subject] + 5.0).astype(np.float32)
    x[:, :, 1, 1] += 2.0 * y[:, None]
    occupied = np.ones((3, 4), dtype=bool)
    occupied[0, 0] = False
    x *= occupied
    return Windows(x, y, subject, subject * 10 + y, np.arange(count) % 2 == 0, occupied, 3)


def make_fold(windows: Windows, test: int, val: tuple[int, ...]) -> Fold:
    own = [np.isin(windows.subject, group) for group in ([test], val)]
    train = np.flatnonzero(~own[0] & ~own[1])
    deviation = windows.x[train].std(axis=0)
    deviation[deviation == 0] = 1.0
    aligned = windows.aligned
    return Fold(f"subject {test}", train, np.flatnonzero(own[1] & aligned), np.flatnonzero(own[0] & aligned),
                windows.x[train].mean(axis=0), deviation)


WINDOWS = make_windows()
FOLDS = [make_fold(WINDOWS, 0, (3, 4)), make_fold(WINDOWS, 1, (5, 6)), make_fold(WINDOWS, 2, (7, 8))]
VARIANTS: list[tuple[type[LSNNet], dict[str, Any]]] = [
    (LSNNet, {}), (AnnTwin, {}), (LSNNet, {"front": "standard"}), (LSNNet, {"encoder": "division"}),
    (LSNNet, {"window": "paper"}), (LSNNet, {"window": "grow"}), (LSNNet, {"window": "fixed"}),
    (LSNNet, {"strides": (2, 1)}), (LSNNet, {"strides": (2, 1), "front": "standard"}),
    (LSNNet, {"channels": (), "strides": ()}),
]


@pytest.mark.parametrize(("build", "variant"), VARIANTS)
def test_a_fold_is_what_training_it_alone_gives(build: type[LSNNet], variant: dict[str, Any], tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, **variant)
    together = train_folds(WINDOWS, FOLDS, config, OPTIONS, build)
    for fold, found in zip(FOLDS, together, strict=True):
        alone = train(materialise(WINDOWS, fold), config, OPTIONS, tmp_path / fold.name, build)
        assert found.best_epoch == alone.best_epoch
        for name, value in alone.network.state_dict().items():
            if value.is_floating_point():
                torch.testing.assert_close(found.network.state_dict()[name], value, rtol=2e-3, atol=3e-3)
        for key in ("train_loss", "val_loss", "val_balanced"):
            np.testing.assert_allclose([epoch[key] for epoch in found.history],
                                       [epoch[key] for epoch in alone.history], rtol=1e-3)
        x = materialise(WINDOWS, fold)["x"]
        np.testing.assert_allclose(predict(found.network, x).logits, predict(alone.network, x).logits, atol=5e-3)


def test_folds_do_not_see_their_test_windows_nor_each_other() -> None:
    spoilt = dataclasses.replace(WINDOWS, x=WINDOWS.x.copy(), y=WINDOWS.y.copy())
    spoilt.x[FOLDS[0].test] = np.nan
    spoilt.y[FOLDS[0].test] = 0
    alone = train_folds(spoilt, FOLDS[:1], CONFIG, OPTIONS)[0]
    beside = train_folds(WINDOWS, FOLDS[::-1], CONFIG, OPTIONS)[-1]
    for name, value in alone.network.state_dict().items():
        torch.testing.assert_close(beside.network.state_dict()[name], value, rtol=2e-3, atol=3e-3)


def test_patience_ends_a_fold_as_it_does_alone(tmp_path: Path) -> None:
    """Validation labels turned round: an early epoch is kept, and the later ones are not looked at."""
    turned = dataclasses.replace(WINDOWS, y=WINDOWS.y.copy())
    turned.y[FOLDS[0].val] = 2 - turned.y[FOLDS[0].val]
    options = TrainOptions(epochs=30, batch=32, settled=0.0, patience=2)
    found = train_folds(turned, FOLDS, CONFIG, options)[0]
    alone = train(materialise(turned, FOLDS[0]), CONFIG, options, tmp_path)
    assert found.best_epoch == alone.best_epoch
    assert len(found.history) == len(alone.history) < 30


def test_folds_of_unequal_length_are_refused() -> None:
    short = dataclasses.replace(FOLDS[1], train=FOLDS[1].train[::2])
    with pytest.raises(UserError, match="batches per epoch"):
        train_folds(WINDOWS, [FOLDS[0], short], CONFIG, OPTIONS)
    fewer = [dataclasses.replace(FOLDS[k], train=FOLDS[k].train[: 20 + k]) for k in (0, 1)]  # less than one batch
    with pytest.raises(UserError, match="batches per epoch"):
        train_folds(WINDOWS, fewer, CONFIG, OPTIONS)


def test_mirrored_samples(tmp_path: Path) -> None:
    """Folds turn the same samples round as each alone; classes keep their order, not their threshold; two classes."""
    windows = dataclasses.replace(WINDOWS, y=np.minimum(WINDOWS.y, 1), classes=2)
    config, options = dataclasses.replace(CONFIG, classes=2), dataclasses.replace(OPTIONS, mirror=0.5)
    found = train_folds(windows, FOLDS[:2], config, options)[0]
    alone = train(materialise(windows, FOLDS[0]), config, options, tmp_path)
    assert found.best_epoch == alone.best_epoch
    x = materialise(windows, FOLDS[0])["x"]
    np.testing.assert_allclose(predict(found.network, x).logits, predict(alone.network, x).logits, atol=5e-3)
    usual = train_folds(windows, FOLDS[:1], config, OPTIONS)[0]
    assert not np.allclose(predict(usual.network, x).logits, predict(found.network, x).logits, atol=2e-2)
    with pytest.raises(UserError, match=r"recipe's mirror: got 0.5 with 3 classes, expected 0, or two classes"):
        train_folds(WINDOWS, FOLDS, CONFIG, options)


def test_a_turned_sample() -> None:
    x, y, turned = torch.arange(6.0).view(2, 3, 1, 1), torch.tensor([0, 1]), torch.tensor([False, True])
    seen, named = mirror(x, y, turned)
    assert seen.flatten().tolist() == [0, 1, 2, -3, -4, -5]
    assert named.tolist() == [0, 0]
    logits, taught, weights = torch.tensor([[1.0, -1], [0, 3]]), torch.full((2, 2), 0.5), torch.ones(2)
    options = TrainOptions(teacher=0.0)
    moved = losses(logits, named, taught, weights, options, turned, torch.tensor([3.0, 0]))
    wanted = losses(torch.tensor([[1.0, -1], [3, 3]]), named, taught, weights, options)
    assert moved == wanted
