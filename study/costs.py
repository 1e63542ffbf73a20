"""What a network costs: parameters, multiply-adds (counted by PyTorch's FLOP counter), synaptic operations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from model.lsnnet import LSNNet, LSNNetConfig

BACK_END = ("layers", "readout")


@dataclass(frozen=True)
class Cost:
    """Of one inference; front: the convolution blocks, back: B1 (or dense) layers and read-out."""

    front_parameters: int
    back_parameters: int
    front_mult_adds: int
    back_mult_adds: int


def cost(config: LSNNetConfig, build: type[LSNNet] = LSNNet) -> Cost:
    """Parameters that learn, and multiply-adds: half the FLOPs of convolutions and matrix products.

    Batch norm, ReLU, clipping and the encoder are not counted, nor biases: the counter's convention.
    """
    network = build(config).eval()
    learnt = {"front": 0, "back": 0}
    for name, parameter in network.named_parameters():
        learnt["back" if name.startswith(BACK_END) else "front"] += parameter.numel()
    counter = FlopCounterMode(display=False)
    x = torch.zeros(1, config.in_channels, config.height, config.width)
    with counter, torch.no_grad():
        for block in network.blocks:
            x = block(x)
    front = counter.get_total_flops() // 2
    with counter, torch.no_grad():
        network(torch.zeros(1, config.in_channels, config.height, config.width))
    whole = counter.get_total_flops() // 2
    return Cost(learnt["front"], learnt["back"], front, whole - front)


def synaptic_operations(config: LSNNetConfig, spikes_per_neuron: list[float]) -> float:
    """Additions in the back end: each spike reaches every neuron of the next layer, mean per inference.

    spikes_per_neuron: of the encoder, then of each B1 layer.
    """
    widths = (config.features, *config.hidden, config.classes)
    return sum(share * width * fan for share, width, fan in zip(spikes_per_neuron, widths, widths[1:], strict=False))
