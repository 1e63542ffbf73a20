"""Time-to-first-spike units: encoder, B1 layer, integrating read-out.

Everything is written in earliness, x = tmin(n+1) - t >= 0: the time left in the window when the
neuron fires. x = 0 is silence (the spike would fall on the window's end). One unit of time is the
encoder's window, so an encoder earliness lies in 0 … 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

ENCODER_WINDOW = 1.0
"""Length of the encoder's window, the unit of time."""


class TTFSEncoder(nn.Module):
    """Shift-based first-spike encoder; a larger feature spikes earlier.

    S_p = 2^ceil(log2(v_max - v_min)), v = clip((F - v_min) / S_p, 0, 1); the spike time is
    T = Tmax - v (Tmax - Tmin), the earliness Tmax - T = v in units of the encoder's window.
    v_min and v_max follow the batch extremes by an exponential mean in training, and rest in eval.

    Shapes: features (B, J) -> earliness (B, J) in 0 … 1.
    """

    v_min: Tensor
    v_max: Tensor

    def __init__(self, momentum: float = 0.05) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("v_min", torch.tensor(0.0))
        # Features come out of batch norm and ReLU, so their batch maximum lies near 5: starting
        # from 8 the divisor is from the first step the one that training ends with.
        self.register_buffer("v_max", torch.tensor(8.0))

    @property
    def shift(self) -> int:
        """log2 of the divisor S_p; negative when the range is below one half."""
        span = max(float(self.v_max - self.v_min), torch.finfo(torch.float32).tiny)
        return math.ceil(math.log2(span))

    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            low, high = torch.aminmax(features.detach())
            self.v_min.lerp_(low, self.momentum)
            self.v_max.lerp_(high, self.momentum)
        return ((features - self.v_min) * 2.0**-self.shift).clamp(0.0, ENCODER_WINDOW)


class _Affine(nn.Module):
    """W x + D with D = Δ - θ: the function does not change when the window Δ moves.

    Parameters: weight (out, in), earliness of output per earliness of input; d (out,), in time.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.d = nn.Parameter(torch.zeros(out_features))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")


class B1Layer(_Affine):
    """Layer of B1 neurons: y = clip(W x + D, 0, Δ), Δ the layer's window.

    Equal to t_i = clip(sum_j W_ij (t_j - tmin) + θ_i + tmin, tmin, tmax) with x_j = tmin - t_j,
    y_i = tmax - t_i and D = Δ - θ. In training the upper clip is left out, since it kills gradients,
    and the window follows homeostatically, Δ += λ (2 y_max - Δ) / 2, never below a floor; its resting
    point is twice the largest earliness of a batch. In eval the window rests and clips.

    Shapes: earliness (B, in) -> earliness (B, out), both in units of the encoder's window.
    """

    window: Tensor

    def __init__(self, in_features: int, out_features: int, rate: float = 0.05, floor: float = 0.125) -> None:
        super().__init__(in_features, out_features)
        self.rate = rate
        self.floor = floor
        self.register_buffer("window", torch.tensor(ENCODER_WINDOW))

    @property
    def threshold(self) -> Tensor:
        """θ = Δ - D, shape (out,): what the potential must reach for a spike."""
        return self.window - self.d

    def forward(self, earliness: Tensor) -> Tensor:
        out = functional.linear(earliness, self.weight, self.d).clamp(min=0.0)
        if not self.training:
            return out.clamp(max=self.window)
        self._move_window(out.detach().amax())
        return out

    def _move_window(self, largest: Tensor) -> None:
        self.window.add_(self.rate * (2.0 * largest - self.window) / 2.0).clamp_(min=self.floor)


class B1Readout(_Affine):
    """Integrating read-out, no spike: L = W x + D, D = Δ - θ; the class is argmax, lowest index on a tie.

    Shapes: earliness (B, in) -> logits (B, classes).
    """

    def __init__(self, in_features: int, classes: int) -> None:
        super().__init__(in_features, classes)
        # Small first logits: the loss starts at log(classes) whatever the width.
        nn.init.xavier_normal_(self.weight)

    def forward(self, earliness: Tensor) -> Tensor:
        return functional.linear(earliness, self.weight, self.d)
