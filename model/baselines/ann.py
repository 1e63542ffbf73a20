"""The network's twin without spikes: encoder and B1 layers replaced by Linear + ReLU of equal topology."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from model.lsnnet import LSNNet, LSNNetConfig, flatten_channels_last


class AnnTwin(LSNNet):
    """LSNNet's blocks and widths with an ordinary dense back end; trained by the same loop.

    Shapes: x (B, in_channels, height, width) -> logits (B, classes).
    """

    spiking = False

    def __init__(self, config: LSNNetConfig) -> None:
        super().__init__(config)
        widths = (config.features, *config.hidden)
        del self.encoder
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        # A twin is a network in all but these units, so that one loop trains both.
        self.readout = nn.Linear(widths[-1], config.classes)  # type: ignore[assignment]

    def trace(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits and the activations that stand where LSNNet has spikes, (B, neurons) each."""
        for block in self.blocks:
            x = block(x)
        active = [flatten_channels_last(x)]
        for layer in self.layers:
            active.append(layer(active[-1]).relu())
        return self.readout(active[-1]), active

    def learn(self, x: Tensor, _softness: float, /) -> tuple[Tensor, Tensor]:
        """Logits; nothing spikes."""
        return self.trace(x)[0], x.new_zeros(())
