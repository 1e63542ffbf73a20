"""Small float networks with lived-in statistics, their quantised twins, and inputs that reach every corner."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.lsnnet import LSNNet, LSNNetConfig
from quant.calibrate import calibrated
from quant.quantnet import QuantLSNNet


def float_network(config: LSNNetConfig, seed: int = 0, v_min: float = 0.0) -> LSNNet:
    """Untrained, but with batch norm, encoder range and windows as training leaves them."""
    torch.manual_seed(seed)
    network = LSNNet(config)
    for block in network.blocks:
        torch.nn.init.uniform_(block.bn.weight, 0.5, 1.5)
        torch.nn.init.uniform_(block.bn.bias, -0.5, 0.5)
    for layer in (*network.layers, network.readout):
        torch.nn.init.uniform_(layer.d, -0.2, 0.2)
    with torch.no_grad():
        for _ in range(30):
            network.train()(samples(config, 32))
    network.encoder.v_min.fill_(v_min)
    return network.eval()


def samples(config: LSNNetConfig, count: int) -> Tensor:
    """Standard normal features (count, C, H, W) from torch's global generator."""
    return torch.randn(count, config.in_channels, config.height, config.width)


def quantised_network(
    config: LSNNetConfig, bits: int, v_min: float = 0.0, time_bits: int | None = None
) -> QuantLSNNet:
    """Calibrated to `bits` for weights, and for time where `time_bits` says nothing else."""
    network = float_network(config, v_min=v_min)
    return calibrated(network, samples(config, 64), bits, time_bits or bits)


def corners(config: LSNNetConfig, count: int = 40, seed: int = 0) -> np.ndarray:
    """Inputs (count, C, H, W) float32: usual, small and saturating ones, then all zero, lowest and highest."""
    rng = np.random.default_rng(seed)
    shape = (config.in_channels, config.height, config.width)
    x = rng.normal(size=(count, *shape)) * rng.choice([0.05, 1.0, 30.0], size=(count, 1, 1, 1))
    x[0], x[1], x[2] = 0.0, -1e3, 1e3
    x[3] = np.where(np.indices(shape).sum(axis=0) % 2, -1e3, 1e3)
    x[4] = np.round(x[4] * 8) / 8  # on the grid of the input's words
    return x.astype(np.float32)
