"""Many networks at once: their parameters carry a leading axis F, one entry per fold of a sweep.

On networks this small, most of a training step is spent starting operations, not computing. One operation for all
folds spends that once. Layout: between the blocks a batch is (B, H, W, F * C), so that a depthwise convolution of all
folds is one depthwise convolution and batch norm one batch norm; dense parts are batched matrix products over F.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import stack_module_state
from torch.nn import functional

from model.lsnnet import KERNEL, LSNNet, LSNNetConfig
from model.ttfs import CLIPPED_IN_TRAINING, ENCODER_WINDOW, MOMENTUM, divisor, moved_window


@dataclass
class Stack:
    """F networks of one build and one configuration.

    state: name -> (F, ...) tensor, as LSNNet.state_dict() names them; `parameters` are those that learn.
    """

    build: type[LSNNet]
    config: LSNNetConfig
    state: dict[str, Tensor]
    parameters: list[str]

    @classmethod
    def of(cls, networks: Sequence[LSNNet]) -> Stack:
        parameters, buffers = stack_module_state(list(networks))
        learnt = {name: value.detach().requires_grad_() for name, value in parameters.items()}
        return cls(type(networks[0]), networks[0].config, {**learnt, **buffers}, list(learnt))

    @property
    def folds(self) -> int:
        return len(self.state[self.parameters[0]])

    def network(self, index: int, state: dict[str, Tensor] | None = None) -> LSNNet:
        """One of the networks on its own, in evaluation mode; of another state of the same names, if given."""
        network = self.build(self.config)
        network.load_state_dict({name: value[index] for name, value in (state or self.state).items()})
        return network.eval()

    def trace(self, x: Tensor, training: bool) -> tuple[Tensor, list[Tensor]]:
        """What LSNNet.trace gives for each network: x (F, B, H, W, C) -> logits (F, B, classes), [(F, B, neurons)].

        In training, batch statistics, encoder ranges and windows move, as they do in the network itself.
        """
        folds, batch = x.shape[:2]
        z = x.permute(1, 2, 3, 0, 4).flatten(3)
        for index, stride in enumerate(self.config.strides):
            z = self._block(z, f"blocks.{index}", stride, training)
        features = z.view(batch, -1, folds, z.shape[-1] // folds).permute(2, 0, 1, 3).flatten(2)
        spiking = self.build.spiking
        active = [self._encode(features, training) if spiking else features]
        for index in range(len(self.config.hidden)):
            out = self._affine(active[-1], f"layers.{index}").relu_()
            active.append(self._window(out, f"layers.{index}", training) if spiking else out)
        return self._affine(active[-1], "readout"), active

    def _block(self, z: Tensor, name: str, stride: int, training: bool) -> Tensor:
        """(B, H, W, F * in) -> (B, H / stride, W / stride, F * out), rounded up."""
        state, folds = self.state, self.folds
        batch, height, width, columns = z.shape
        maps = z.permute(0, 3, 1, 2)  # (B, F * in, H, W), channels last in memory
        if self.config.front == "separable":
            kernel = state[f"{name}.dw.weight"].flatten(0, 1)
            maps = functional.conv2d(maps, kernel, stride=stride, padding=KERNEL // 2, groups=columns)
            mixed = state[f"{name}.pw.weight"].flatten(2)  # (F, out, in)
            rows = maps.permute(0, 2, 3, 1).reshape(-1, folds, columns // folds).transpose(0, 1)
            z = torch.bmm(rows, mixed.transpose(1, 2)).transpose(0, 1).flatten(1)
        else:
            # As a matrix product over shifted copies: three times as fast as a convolution in F groups.
            padded = functional.pad(z.view(batch, height, width, folds, -1), (0, 0, 0, 0, 1, 1, 1, 1))
            shifts = [padded[:, i : i + height : stride, j : j + width : stride]
                      for i in range(KERNEL) for j in range(KERNEL)]
            rows = torch.stack(shifts, dim=4).flatten(4).flatten(0, 2).transpose(0, 1)  # (F, B H W, 9 in)
            kernel = state[f"{name}.conv.weight"].flatten(3).transpose(2, 3).flatten(2)  # (F, out, 9 in)
            z = torch.bmm(rows, kernel.transpose(1, 2)).transpose(0, 1).flatten(1)
        mean, variance, weight, bias = (
            state[f"{name}.bn.{part}"].view(-1) for part in ("running_mean", "running_var", "weight", "bias"))
        z = functional.batch_norm(z, mean, variance, weight, bias, training=training)
        return z.relu_().view(batch, -(-height // stride), -(-width // stride), -1)

    def _affine(self, x: Tensor, name: str) -> Tensor:
        bias = self.state.get(f"{name}.d", self.state.get(f"{name}.bias"))
        assert bias is not None  # a spiking layer's D or a dense one's bias
        return torch.baddbmm(bias.unsqueeze(1), x, self.state[f"{name}.weight"].transpose(1, 2))

    def _encode(self, features: Tensor, training: bool) -> Tensor:
        """TTFSEncoder.forward, with v_min and v_max per network."""
        low, high = self.state["encoder.v_min"], self.state["encoder.v_max"]
        if training:
            low.lerp_(features.detach().amin(dim=(1, 2)), MOMENTUM)
            high.lerp_(features.detach().amax(dim=(1, 2)), MOMENTUM)
        scale = 1.0 / divisor(self.config.encoder, low, high)
        scaled = torch.addcmul(-(low * scale)[:, None, None], features, scale[:, None, None])
        return functional.hardtanh(scaled, 0.0, ENCODER_WINDOW)  # a clip whose gradient is one operation, not three

    @torch.no_grad()
    def _moved(self, name: str, out: Tensor) -> None:
        window = self.state[f"{name}.window"]
        moved = moved_window(self.config.window, window, out.amax(dim=(1, 2)), self.config.window_rate)
        if self.config.window == "paper":
            self.state[f"{name}.d"] += (moved - window).unsqueeze(1)
        window.copy_(moved)

    def _window(self, out: Tensor, name: str, training: bool) -> Tensor:
        """B1Layer.forward's clip and move of the window, per network."""
        if training and self.config.window not in CLIPPED_IN_TRAINING:
            self._moved(name, out.detach())
            return out
        clipped = torch.minimum(out, self.state[f"{name}.window"].clone()[:, None, None])
        if training:
            self._moved(name, out.detach())
        return clipped
