"""A trained network under disturbance: noise on its input, jitter on its spike times."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.lsnnet import LSNNet, flatten_channels_last
from model.ttfs import ENCODER_WINDOW


def _jittered(earliness: Tensor, window: float, strength: float, generator: torch.Generator) -> Tensor:
    """Each spike moved by strength times the window times a standard normal number, within the window.

    Silence stays silence; a spike that is moved past the window's end is lost.
    """
    moved = earliness + strength * window * torch.randn(earliness.shape, generator=generator)
    return torch.where(earliness > 0, moved.clamp(0.0, window), earliness)


@torch.no_grad()
def disturbed(network: LSNNet, x: Tensor, occupied: Tensor, noise: float, jitter: float, seed: int) -> np.ndarray:
    """Logits (N, classes) for x (N, C, H, W), standardised, with white noise of deviation `noise` on every electrode.

    occupied (H, W): cells with an electrode. jitter: deviation of each spike's time in parts of its layer's window,
    for spiking networks only.
    """
    generator = torch.Generator().manual_seed(seed)
    x = x + noise * torch.randn(x.shape, generator=generator) * occupied
    if not network.spiking or jitter == 0.0:
        return np.asarray(network.eval()(x))
    for block in network.eval().blocks:
        x = block(x)
    earliness = _jittered(network.encoder(flatten_channels_last(x)), ENCODER_WINDOW, jitter, generator)
    for layer in network.layers:
        window = float(layer.window)  # type: ignore[arg-type]
        earliness = _jittered(layer(earliness), window, jitter, generator)
    return np.asarray(network.readout(earliness))
