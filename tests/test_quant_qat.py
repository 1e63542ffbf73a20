"""Calibration and fine-tuning: close to the float network, repeatable, and blind to the test split."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from quant_nets import float_network, samples

from base.errors import UserError
from board.preset import Preset
from model.lsnnet import LSNNetConfig
from model.train import TrainOptions, train
from quant.calibrate import activations, best_exponent, calibrated, fold
from quant.lower import lower
from quant.qat import QatOptions, quantise

CONFIG = LSNNetConfig(4, 5, 5, 2, channels=(8, 8), hidden=(16, 8))
PRESET = Preset(name="tiny", channels=CONFIG.channels, hidden=CONFIG.hidden, lanes=(1, 1))
SHORT = QatOptions(epochs=6, batch=64)


def _artefact(count: int = 960) -> dict[str, np.ndarray]:
    """Samples whose class lies in the sign of one channel's left half; every fourth is val, every fourth test."""
    rng = np.random.default_rng(1)
    y = np.arange(count) // 4 % 2
    x = rng.normal(size=(count, CONFIG.in_channels, CONFIG.height, CONFIG.width))
    x[:, 1, :, :2] += (2 * y - 1)[:, None, None]
    split = np.array([0, 1, 2, 0] * (count // 4), np.int8)
    return {"x": x.astype(np.float32), "y": y, "subject": np.arange(count) % 8, "split": split}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("float")
    train(_artefact(), CONFIG, TrainOptions(epochs=10, batch=32), out)
    return out / "float.pt"


def test_folding_keeps_the_function() -> None:
    network = float_network(CONFIG)
    x = samples(CONFIG, 16)
    with torch.no_grad():
        wanted = network(x)
        assert torch.allclose(fold(network)(x), wanted, atol=1e-5)
    assert torch.allclose(activations(fold(network), x).affine[-1], wanted, atol=1e-5)


@pytest.mark.parametrize(("largest", "bits", "signed", "exponent"), [
    (127 / 64, 8, True, -6), (255 / 16, 8, False, -4), (15.0, 4, False, 0), (7 / 8, 4, True, -3),
])
def test_an_exact_grid_is_found(largest: float, bits: int, signed: bool, exponent: int) -> None:
    step = 2.0**exponent
    values = torch.arange(0.0, largest + step, step)
    assert best_exponent(values, bits, signed) == exponent


def test_smallest_exponent_is_kept() -> None:
    assert best_exponent(torch.tensor([0.1, 0.2]), 8, False, smallest=-3) == -3


def test_eight_bits_stay_near_float_before_tuning() -> None:
    network = float_network(CONFIG)
    x = samples(CONFIG, 300)
    with torch.no_grad():
        wanted = network(x)
        for bits, bound in ((8, 0.01), (4, 0.5)):
            error = (calibrated(network, x, bits, bits)(x) - wanted).square().mean() / wanted.var(dim=0).mean()
            assert error < bound


def test_tuning_helps_and_writes_both_files(checkpoint: Path, tmp_path: Path) -> None:
    result = quantise(_artefact(), checkpoint, 4, 4, 0, tmp_path, options=SHORT)
    errors = [epoch["val_error"] for epoch in result.history]
    assert result.best_epoch > 0
    assert errors[result.best_epoch] == min(errors) < errors[0]
    written = json.loads((tmp_path / "qat-history.json").read_text())
    assert written == {"best_epoch": result.best_epoch, "epochs": result.history}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["model.onnx", "qat-history.json"]


def test_same_seed_same_chip_and_the_test_split_is_not_read(checkpoint: Path, tmp_path: Path) -> None:
    artefact = _artefact()
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        quantise(artefact, checkpoint, 4, 4, seed, tmp_path / name, options=SHORT)
        digests.append(lower(tmp_path / name / "model.onnx", PRESET).digest)
        artefact["x"][artefact["split"] == 2] = np.nan
    assert digests[0] == digests[1] != digests[2]


def test_wrong_bits_and_empty_split(checkpoint: Path, tmp_path: Path) -> None:
    artefact = _artefact()
    with pytest.raises(UserError, match="BITS: got 3, expected 4 … 8"):
        quantise(artefact, checkpoint, 3, 4, 0, tmp_path)
    artefact["split"][artefact["split"] == 1] = 0
    with pytest.raises(UserError, match="val split: got no samples"):
        quantise(artefact, checkpoint, 4, 4, 0, tmp_path)
    assert list(tmp_path.iterdir()) == []
