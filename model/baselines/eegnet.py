"""EEGNet-8,2 on the raw signal: the usual deep baseline, here braindecode's network in a training loop of its own.

Lawhern et al., J. Neural Eng. 15, 056013 (2018). braindecode 0.8.1's EEGNetv4 differs from the paper in one
point, that its classifier's weights are not bound in norm. Its batch norm keeps running means over about 100
steps, more than four epochs on EEGMAT, and until they have settled validation sees noise; so BN_MOMENTUM is
PyTorch's own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from braindecode.models import EEGNetv4
from torch import Tensor, nn
from torch.nn import functional

from base.errors import expected
from base.progress import Tell, silent
from model.balance import class_weights

EPOCHS = 15
PATIENCE = 5  # epochs without a higher balanced accuracy on the validation rows before training ends
BATCH = 32
LEARNING_RATE = 2e-3
BN_MOMENTUM = 0.1
SHORTEST = 32  # samples; the two poolings together divide by this
_CHUNK = 256  # windows read at a time where nothing is trained


@dataclass(frozen=True)
class EegnetResult:
    logits: np.ndarray  # (n_test, classes) float32, in the order of rows_test
    best_epoch: int  # whose weights made the logits, from 0
    history: list[dict[str, float]]  # per epoch: train_loss, val_loss, val_balanced


@dataclass(frozen=True)
class _Source:
    """Windows read from the array or file as they are needed, each electrode standardised."""

    signals: np.ndarray  # (N, electrodes, samples)
    mean: np.ndarray  # (electrodes, 1) float32
    deviation: np.ndarray  # (electrodes, 1) float32

    @classmethod
    def fit(cls, signals: np.ndarray, rows: np.ndarray) -> _Source:
        """Mean and deviation per electrode over the windows `rows`; a flat electrode has deviation 1."""
        count, total, squares = len(rows) * signals.shape[2], 0.0, 0.0
        for chunk in _chunks(signals, rows):
            total = total + chunk.sum(axis=(0, 2), dtype=np.float64)
        mean = (np.asarray(total) / count).astype(np.float32)[:, None]
        for chunk in _chunks(signals, rows):
            squares = squares + np.square(chunk - mean).sum(axis=(0, 2), dtype=np.float64)
        deviation = np.sqrt(np.asarray(squares) / count).astype(np.float32)[:, None]
        return cls(signals, mean, np.where(deviation > 0, deviation, np.float32(1)))

    def read(self, rows: np.ndarray) -> Tensor:
        """(n, electrodes, samples) float32."""
        return torch.from_numpy((self.signals[rows].astype(np.float32) - self.mean) / self.deviation)


def _chunks(signals: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _CHUNK):
        yield signals[rows[start : start + _CHUNK]]


def _check(signals: np.ndarray, splits: dict[str, np.ndarray]) -> None:
    if signals.ndim != 3 or signals.shape[2] < SHORTEST:
        raise expected("signals", f"shape {signals.shape}", f"windows x electrodes x at least {SHORTEST} samples")
    for name, rows in splits.items():
        if len(rows) == 0:
            raise expected(f"{name} split", "no samples", "at least one")
        if not all(np.isfinite(chunk).all() for chunk in _chunks(signals, rows)):
            raise expected(f"{name} split", "signals with NaN or infinity", "finite numbers")


def _build(electrodes: int, samples: int, sampling_hz: int, classes: int) -> nn.Module:
    network = EEGNetv4(electrodes, classes, samples, kernel_length=sampling_hz // 2)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = BN_MOMENTUM
    return network.to(memory_format=torch.channels_last)  # a third faster on windows of 19 x 768


@torch.no_grad()
def _logits(network: nn.Module, source: _Source, rows: np.ndarray) -> Tensor:
    """(n, classes), in evaluation mode."""
    network.eval()
    parts = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    return torch.cat([network(source.read(part)) for part in parts])


def _train_epoch(
    network: nn.Module, optimizer: torch.optim.Adam, source: _Source, rows: np.ndarray, y: Tensor, weights: Tensor
) -> float:
    """One pass over the windows `rows`, labels y (n,), in a fresh order; returns the mean loss."""
    network.train()
    # The last, short batch is left out: its batch norm would be noise.
    batches = torch.randperm(len(rows)).split(BATCH)[: max(1, len(rows) // BATCH)]
    total = 0.0
    for batch in batches:
        loss = functional.cross_entropy(network(source.read(rows[batch.numpy()])), y[batch], weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach())
    return total / len(batches)


def _balanced(truth: Tensor, logits: Tensor) -> float:
    """Mean recall over the classes that are there; truth (n,), logits (n, classes)."""
    predicted = logits.argmax(1)
    recalls = [(predicted[truth == label] == label).double().mean() for label in truth.unique()]
    return float(torch.stack(recalls).mean())


def train_eegnet(
    signals: np.ndarray,
    y: np.ndarray,
    rows_train: np.ndarray,
    rows_val: np.ndarray,
    rows_test: np.ndarray,
    sampling_hz: int,
    seed: int,
    classes: int,
    tell: Tell = silent,
) -> EegnetResult:
    """Train on rows_train, keep the epoch with the highest balanced accuracy on rows_val, classify rows_test.

    signals (N, electrodes, samples) float32, in memory or a memmap, of which only the rows named are read, batch
    by batch; y (N,) int64, not looked at in rows_test. Electrodes are standardised by the training rows.
    tell(epochs done, epochs at most, note) is called after each epoch. Raises UserError on an empty split, on
    windows of fewer than 32 samples, on numbers that are not finite and on a class that no training row has.
    """
    _check(signals, {"train": rows_train, "val": rows_val, "test": rows_test})
    torch.set_num_threads(1)  # more threads are slower on networks this small
    train_y, val_y = torch.from_numpy(y[rows_train]).long(), torch.from_numpy(y[rows_val]).long()
    weights, source = class_weights(train_y, classes), _Source.fit(signals, rows_train)
    history: list[dict[str, float]] = []
    best = -1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _build(signals.shape[1], signals.shape[2], sampling_hz, classes)
        optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
        for epoch in range(EPOCHS):
            train_loss = _train_epoch(network, optimizer, source, rows_train, train_y, weights)
            found = _logits(network, source, rows_val)
            val_loss, balanced = float(functional.cross_entropy(found, val_y, weights)), _balanced(val_y, found)
            history.append({"train_loss": train_loss, "val_loss": val_loss, "val_balanced": balanced})
            tell(epoch + 1, EPOCHS, f"validation {balanced:.3f}")
            if balanced > best:
                best, best_epoch, state = balanced, epoch, copy.deepcopy(network.state_dict())
            if epoch - best_epoch >= PATIENCE:
                break
    network.load_state_dict(state)
    return EegnetResult(_logits(network, source, rows_test).numpy(), best_epoch, history)
