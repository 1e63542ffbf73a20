"""The jobs of a study that train networks, or test trained ones; each leaves result.npz (study.answers)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from base.files import atomic_path, write_json
from model.baselines.ann import AnnTwin
from model.data.folds.protocols import Fold, standardised
from model.evaluate import predict
from model.fold_training import train_folds
from model.lsnnet import LSNNet, LSNNetConfig
from model.recipe import TrainOptions
from model.ttfs import B1Layer
from quant.calibrate import calibrated
from quant.qat import QatOptions, tune
from quant.quantnet import QuantLSNNet
from study.answers import Answer, write_answers
from study.disturb import disturbed
from study.material import Material

NETWORKS = "networks.pt"
BATCH = 1024  # windows through a quantised network at a time
BUILDS: dict[str, type[LSNNet]] = {"lsnnet": LSNNet, "ann": AnnTwin}


def _of_network(network: LSNNet, x: np.ndarray) -> Answer:
    found = predict(network, x)
    spikes = [layer.mean() / neurons for layer, neurons in zip(found.spikes, found.neurons, strict=True)]
    return found.logits, spikes


def train_networks(
    out: Path, *, material: str, protocol: str, folds: list[int], seed: int, build: str,
    network: dict[str, Any], options: dict[str, Any],
) -> None:
    """Train one network per fold, at once; leaves networks.pt and the windows that their layers ended with, too."""
    source = Material(Path(material))
    windows, chosen = source.windows(), source.folds(protocol, folds)
    config = source.config(**network)
    trained = train_folds(windows, chosen, config, TrainOptions(seed=seed, **options), BUILDS[build])
    networks = [result.network for result in trained]
    with atomic_path(out / NETWORKS) as temporary:
        states = [network.state_dict() for network in networks]
        torch.save({"build": build, "config": config.to_dict(), "states": states}, temporary)
    layer_windows = [[float(layer.window) for layer in n.layers if isinstance(layer, B1Layer)] for n in networks]
    write_json(out / "training.json", {"best_epoch": [r.best_epoch for r in trained], "layer_windows": layer_windows})
    write_answers(out, windows, folds, chosen, ["float"],
           lambda index, fold: [_of_network(networks[index], standardised(windows, fold, fold.test))])


def load_networks(folder: Path) -> list[LSNNet]:
    saved = torch.load(folder / NETWORKS, weights_only=True)
    networks = []
    for state in saved["states"]:
        network = BUILDS[saved["build"]](LSNNetConfig.from_dict(saved["config"]))
        network.load_state_dict(state)
        networks.append(network.eval())
    return networks


@torch.no_grad()
def _of_quantised(network: QuantLSNNet, x: np.ndarray) -> Answer:
    """Logits, and spikes per neuron of the encoder and the B1 layers."""
    spikes: list[Tensor] = []

    def count(_module: Any, _inputs: Any, words: Any) -> None:
        spikes.append((_values(words) > 0).double().mean(dim=1).sum())

    units = [network.encoder, *network.layers]
    hooks = [unit.register_forward_hook(count) for unit in units]
    chunks = torch.from_numpy(x).split(BATCH)
    logits = torch.cat([_values(network.eval()(chunk)) for chunk in chunks])
    for hook in hooks:
        hook.remove()
    counts = torch.stack(spikes).view(len(chunks), len(units)).sum(dim=0) / len(x)
    return logits.numpy(), counts.tolist()


def _values(words: Any) -> Tensor:
    """The values of a QuantTensor, or of a tensor."""
    return words if isinstance(words, Tensor) else words.value


def tune_networks(
    out: Path, trained: Path, *, material: str, protocol: str, folds: list[int], seed: int, bits: int
) -> None:
    """Quantisation-aware training of each trained network to `bits` for weights and time."""
    source = Material(Path(material))
    windows, chosen, networks = source.windows(), source.folds(protocol, folds), load_networks(trained)

    def find(index: int, fold: Fold) -> list[Answer]:
        x, val_x, test_x = (torch.from_numpy(standardised(windows, fold, rows))
                            for rows in (fold.train, fold.val, fold.test))
        result = tune(networks[index], x, val_x, bits, bits, seed, QatOptions())
        return [_of_quantised(result.network, test_x.numpy())]

    write_answers(out, windows, folds, chosen, [f"int{bits}"], find)


def calibrate_networks(
    out: Path, trained: Path, *, material: str, protocol: str, folds: list[int], seed: int, widths: list[list[int]]
) -> None:
    """Post-training quantisation of each trained network to every (weight bits, time bits)."""
    source = Material(Path(material))
    windows, chosen, networks = source.windows(), source.folds(protocol, folds), load_networks(trained)

    def find(index: int, fold: Fold) -> list[Answer]:
        rows = np.random.default_rng(seed).permutation(fold.train)[: QatOptions().calibration]
        x, test_x = (standardised(windows, fold, own) for own in (np.sort(rows), fold.test))
        return [_of_quantised(calibrated(networks[index], torch.from_numpy(x), *pair), test_x) for pair in widths]

    write_answers(out, windows, folds, chosen, [f"w{weights}t{time}" for weights, time in widths], find)


def disturb_networks(
    out: Path, trained: Path, *, material: str, protocol: str, folds: list[int], seed: int,
    noise: list[float], jitter: list[float],
) -> None:
    """Test each trained network with input noise, then with jitter on its spike times, of growing strength."""
    source = Material(Path(material))
    windows, chosen, networks = source.windows(), source.folds(protocol, folds), load_networks(trained)
    levels = [(strength, 0.0) for strength in noise] + [(0.0, strength) for strength in jitter]

    def find(index: int, fold: Fold) -> list[Answer]:
        x = torch.from_numpy(standardised(windows, fold, fold.test))
        occupied = torch.from_numpy(windows.occupied)
        return [(disturbed(networks[index], x, occupied, *level, seed=seed), []) for level in levels]

    names = [*(f"noise {strength:g}" for strength in noise), *(f"jitter {strength:g}" for strength in jitter)]
    write_answers(out, windows, folds, chosen, names, find)
