"""Quantisation-aware fine-tuning: the Brevitas network learns to give the float network's logits."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from base.errors import expected
from base.files import write_json
from base.progress import Tell, silent
from model.augment import add_noise
from model.evaluate import select
from model.lsnnet import LSNNet
from model.train import load
from quant import MODEL
from quant.calibrate import calibrated
from quant.export import export
from quant.quantnet import ACT_BITS, QuantLSNNet
from spec.units import check_bits

HISTORY = "qat-history.json"
CHUNK = 2048  # samples through a network at a time where nothing is trained


@dataclass(frozen=True)
class QatOptions:
    """Recipe, chosen on validation subjects."""

    epochs: int = 8
    patience: int = 4  # epochs without a lower validation error before tuning ends
    enough: float = 5e-3  # validation error that is not tuned further; INT8 starts below it
    batch: int = 128
    rate: float = 6.4e-3  # peak learning rate per step of a weight in -1 … 1, so less for more bits
    noise: float = 0.3  # white input noise, standard deviations
    offset: float = 0.3  # input offset per sample and channel, standard deviations
    calibration: int = 512  # training samples from which scales and biases start


@dataclass
class QatResult:
    network: QuantLSNNet  # best weights, in evaluation mode
    best_epoch: int  # index into history; 0 is the calibrated start
    history: list[dict[str, Any]]  # per epoch: train_error, val_error, val_agreement
    wall_s: float


class _Target:
    """The float network as teacher. Errors are squared, relative to the spread of its own logits."""

    def __init__(self, network: LSNNet, x: Tensor) -> None:
        self.network = network
        self.spread = float(self(x).var(dim=0).mean()) or 1.0

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        return torch.cat([self.network(chunk) for chunk in x.split(CHUNK)])

    def error(self, logits: Tensor, wanted: Tensor) -> Tensor:
        return (logits - wanted).square().mean() / self.spread


@torch.no_grad()
def _validate(network: QuantLSNNet, target: _Target, x: Tensor) -> dict[str, float]:
    """Error against the float logits, and the share of samples put into the same class."""
    logits, wanted = torch.cat([network.eval()(chunk) for chunk in x.split(CHUNK)]), target(x)
    same = (logits.argmax(1) == wanted.argmax(1)).float().mean()
    return {"val_error": float(target.error(logits, wanted)), "val_agreement": float(same)}


def _epoch(
    network: QuantLSNNet, target: _Target, optimizer: torch.optim.Optimizer, x: Tensor, epoch: int, options: QatOptions
) -> float:
    """One pass in a fresh order with fresh noise; the learning rate follows a cosine to zero. Mean error."""
    network.train()
    batches = torch.randperm(len(x)).split(options.batch)
    total = 0.0
    for index, rows in enumerate(batches):
        done = (epoch + index / len(batches)) / options.epochs
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * 0.5 * (1 + math.cos(math.pi * done))
        inputs = add_noise(x[rows], options.noise, options.offset)
        loss = target.error(network(inputs), target(inputs))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(rows)
    return total / len(x)


def _goes_on(history: list[dict[str, Any]], best: int, options: QatOptions) -> bool:
    done = len(history) - 1
    near = history[best]["val_error"] < options.enough
    return not near and done < options.epochs and done - best < options.patience


def tune(
    network: LSNNet, x: Tensor, val_x: Tensor, weight_bits: int | None, time_bits: int | None, seed: int,
    options: QatOptions, tell: Tell = silent,
) -> QatResult:
    """Quantise a trained network on x (N, C, H, W); the epoch kept has the least error on val_x.

    Bits as in `calibrated`, where it starts; a start that is near enough is kept as it is. No label is used:
    the float network is the target, so that nothing else than rounding can change.
    """
    started = time.monotonic()
    torch.set_num_threads(1)  # more threads are slower on networks this small
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        target = _Target(network.eval(), x)
        quantised = calibrated(network, x[torch.randperm(len(x))[: options.calibration]], weight_bits, time_bits)
        rate = options.rate * 2.0 ** -min(quantised.weight_bits or ACT_BITS, ACT_BITS)
        optimizer = torch.optim.Adam([{"params": list(quantised.parameters()), "initial_lr": rate}], lr=rate)
        history: list[dict[str, Any]] = [{"train_error": None, **_validate(quantised, target, val_x)}]
        best, best_state = 0, copy.deepcopy(quantised.state_dict())
        while _goes_on(history, best, options):
            error = _epoch(quantised, target, optimizer, x, len(history) - 1, options)
            history.append({"train_error": error, **_validate(quantised, target, val_x)})
            if history[-1]["val_error"] < history[best]["val_error"]:
                best, best_state = len(history) - 1, copy.deepcopy(quantised.state_dict())
            tell(len(history) - 1, options.epochs, f"agreement {history[-1]['val_agreement']:.3f}")
    quantised.load_state_dict(best_state)
    return QatResult(quantised.eval(), best, history, time.monotonic() - started)


def _tensor(samples: dict[str, np.ndarray], split: str) -> Tensor:
    x, _ = select(samples, split)
    if len(x) == 0:
        raise expected(f"{split} split", "no samples", "at least one")
    return torch.from_numpy(x).float()


def quantise(
    samples: dict[str, np.ndarray], float_checkpoint: Path, weight_bits: int, time_bits: int, seed: int, out: Path,
    tell: Tell = silent, options: QatOptions | None = None,
) -> QatResult:
    """Quantise the network of `float_checkpoint`; the test split is not looked at.

    Writes out/model.onnx (QONNX) and out/qat-history.json. Raises UserError where a number of bits is not 4 … 8 or
    a split is empty.
    """
    check_bits(weight_bits)
    check_bits(time_bits)
    x, val_x = _tensor(samples, "train"), _tensor(samples, "val")
    result = tune(load(float_checkpoint), x, val_x, weight_bits, time_bits, seed, options or QatOptions(), tell)
    export(result.network, x.shape[1:], out / MODEL)
    write_json(out / HISTORY, {"best_epoch": result.best_epoch, "epochs": result.history})
    return result
