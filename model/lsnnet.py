"""LSNNet: two depthwise-separable blocks, first-spike encoder, B1 layers, integrating read-out."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from model.backend import back_end
from model.options import LSNNetConfig
from model.ttfs import B1Layer, B1Readout, TTFSEncoder

KERNEL = 3


class SeparableBlock(nn.Module):
    """H(X) = ReLU(BN(PW(DW(X)))): depthwise 3x3 with padding 1 and a stride, pointwise 1x1, no bias before BN.

    Shapes: (B, in, H, W) -> (B, out, H / stride, W / stride), rounded up, >= 0.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.dw = nn.Conv2d(
            in_channels, in_channels, KERNEL, stride, padding=KERNEL // 2, groups=in_channels, bias=False
        )
        self.pw = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.pw(self.dw(x))).relu()


class StandardBlock(nn.Module):
    """ReLU(BN(conv 3x3)): what SeparableBlock replaces, to compare with; no hardware is made of it.

    Shapes: (B, in, H, W) -> (B, out, H / stride, W / stride), rounded up, >= 0.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, KERNEL, stride, padding=KERNEL // 2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


def flatten_channels_last(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H * W * C), index (h * W + w) * C + c: the order of the hardware's streams."""
    return x.permute(0, 2, 3, 1).flatten(1)


class LSNNet(nn.Module):
    """Separable blocks -> TTFSEncoder -> B1 layers -> B1Readout.

    Shapes: x (B, in_channels, height, width), standardised features -> logits (B, classes).
    """

    spiking = True  # what trace gives beside the logits are spikes

    def __init__(self, config: LSNNetConfig) -> None:
        super().__init__()
        self.config = config
        block = SeparableBlock if config.front == "separable" else StandardBlock
        channels = pairwise((config.in_channels, *config.channels))
        self.blocks = nn.ModuleList(block(a, b, s) for (a, b), s in zip(channels, config.strides, strict=True))
        self.encoder = TTFSEncoder(config.encoder)
        neurons = pairwise((config.features, *config.hidden))
        self.layers = nn.ModuleList(B1Layer(a, b, config.window, config.window_rate) for a, b in neurons)
        self.readout = B1Readout(config.hidden[-1], config.classes)

    def trace(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, classes) and the earliness of the encoder, then of each B1 layer, (B, neurons) each."""
        for block in self.blocks:
            x = block(x)
        spikes = [self.encoder(flatten_channels_last(x))]
        for layer in self.layers:
            spikes.append(layer(spikes[-1]))
        return self.readout(spikes[-1]), spikes

    def learn(self, x: Tensor, softness: float, /) -> tuple[Tensor, Tensor]:
        """Of a training batch, logits (B, classes) and soft spikes per neuron (), as `recipe.soft_spikes` of trace;
        0 of them with softness 0. Faster than trace: see `backend`.
        """
        for block in self.blocks:
            x = block(x)
        return back_end(self.encoder, self.layers, self.readout, flatten_channels_last(x), softness)

    def forward(self, x: Tensor) -> Tensor:
        return self.trace(x)[0]
