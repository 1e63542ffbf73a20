"""EEGNet on tiny signals: it learns a rhythm, repeats itself, and sees of the test rows their signals alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from base.errors import UserError
from model.balance import class_weights
from model.baselines.eegnet import EPOCHS, PATIENCE, EegnetResult, train_eegnet

RATE_HZ = 64
COUNT = 360
ROWS = np.random.default_rng(1).permutation(COUNT)
TRAIN, VAL, TEST, UNUSED = ROWS[:200], ROWS[200:260], ROWS[260:350], ROWS[350:]


def make_signals() -> tuple[np.ndarray, np.ndarray]:
    """360 windows of 3 electrodes and one second: noise, and a rhythm of 6 Hz or, in class 1 (a third), 12 Hz."""
    rng = np.random.default_rng(0)
    y = (rng.random(COUNT) < 1 / 3).astype(np.int64)
    rhythm = np.sin(2 * np.pi * (6 * (1 + y))[:, None] * np.arange(64) / RATE_HZ + rng.uniform(0, 6, (COUNT, 1)))
    signals = rng.normal(size=(COUNT, 3, 64)) + 1.5 * rhythm[:, None] * np.array([1, -1, 0])[:, None]
    return signals.astype(np.float32), y


def run(signals: np.ndarray, y: np.ndarray, seed: int = 0) -> EegnetResult:
    return train_eegnet(signals, y, TRAIN, VAL, TEST, RATE_HZ, seed, 2)


@pytest.fixture(scope="module")
def trained() -> EegnetResult:
    return run(*make_signals())


def test_learns_a_rhythm_and_keeps_the_epoch_that_validates_best(trained: EegnetResult) -> None:
    _, y = make_signals()
    assert trained.logits.shape == (len(TEST), 2)
    assert trained.logits.dtype == np.float32
    found = trained.logits.argmax(1)
    assert min((found[y[TEST] == label] == label).mean() for label in (0, 1)) > 0.85
    balanced = [epoch["val_balanced"] for epoch in trained.history]
    assert trained.best_epoch == int(np.argmax(balanced))
    assert len(balanced) == min(EPOCHS, trained.best_epoch + PATIENCE + 1)


def test_the_logits_are_the_best_epochs() -> None:
    signals, y = make_signals()
    told: list[tuple[int, int]] = []
    result = train_eegnet(signals, y, TRAIN, VAL, VAL, RATE_HZ, 0, 2, lambda done, total, _: told.append((done, total)))
    weights = class_weights(torch.from_numpy(y[TRAIN]), 2)
    loss = functional.cross_entropy(torch.from_numpy(result.logits), torch.from_numpy(y[VAL]), weights)
    assert float(loss) == pytest.approx(result.history[result.best_epoch]["val_loss"], rel=1e-5)
    assert float(loss) != pytest.approx(result.history[-1]["val_loss"], rel=0.1)
    assert told == [(epoch + 1, EPOCHS) for epoch in range(len(result.history))]


def test_units_and_offsets_of_electrodes_do_not_matter(trained: EegnetResult) -> None:
    signals, y = make_signals()
    units, offsets = np.float32([[1e-3], [40], [1]]), np.float32([[0.1], [-90], [0]])
    np.testing.assert_allclose(run(signals * units + offsets, y).logits, trained.logits, atol=0.02)


def test_the_seed_decides_and_the_global_generator_is_left_alone(trained: EegnetResult) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    again = run(*make_signals())
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(again.logits, trained.logits)
    assert again.history == trained.history
    assert run(*make_signals(), seed=1).history != trained.history


def test_training_does_not_see_the_test_rows(trained: EegnetResult) -> None:
    signals, y = make_signals()
    y[TEST] = 99
    signals[UNUSED] = np.nan
    signals[TEST[1:]] *= 1000.0
    poisoned = run(signals, y)
    assert poisoned.history == trained.history
    # One row's logits do not depend on what stands beside it.
    np.testing.assert_allclose(poisoned.logits[0], trained.logits[0], atol=1e-5)


def test_a_memmap_gives_the_same(tmp_path: Path, trained: EegnetResult) -> None:
    signals, y = make_signals()
    np.save(tmp_path / "signals.npy", signals)
    mapped = np.load(tmp_path / "signals.npy", mmap_mode="r")
    np.testing.assert_array_equal(run(mapped, y).logits, trained.logits)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_empty_split_and_a_nan_are_refused(place: int) -> None:
    signals, y = make_signals()
    rows, name = [TRAIN, VAL, TEST], ("train", "val", "test")[place]
    signals[rows[place][-1], 2, 7] = np.nan
    with pytest.raises(UserError, match=f"^{name} split: got signals with NaN"):
        train_eegnet(signals, y, rows[0], rows[1], rows[2], RATE_HZ, 0, 2)
    rows[place] = rows[place][:0]
    with pytest.raises(UserError, match=f"^{name} split: got no samples"):
        train_eegnet(signals, y, rows[0], rows[1], rows[2], RATE_HZ, 0, 2)


def test_a_class_without_training_rows_and_short_windows_are_refused() -> None:
    signals, y = make_signals()
    with pytest.raises(UserError, match=r"training split: got class counts .* 0\]"):
        train_eegnet(signals, y, TRAIN, VAL, TEST, RATE_HZ, 0, 3)
    with pytest.raises(UserError, match=r"signals: got shape .* at least 32 samples"):
        run(signals[:, :, :31], y)


def test_a_flat_electrode_is_no_obstacle() -> None:
    signals, y = make_signals()
    signals[:, 2] = 7.0
    assert np.isfinite(run(signals, y).logits).all()
