"""Time-to-first-spike units: encoder, B1 layer, integrating read-out.

Everything is written in earliness, x = tmin(n+1) - t >= 0: the time left in the window when the
neuron fires. x = 0 is silence (the spike would fall on the window's end). One unit of time is the
encoder's window, so an encoder earliness lies in 0 … 1.
"""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.options import WINDOW_RATE

ENCODER_WINDOW = 1.0
"""Length of the encoder's window, the unit of time."""

CLIPPED_IN_TRAINING = ("paper", "fixed")  # as written, and because a window that does not follow must be learned in
MOMENTUM = 0.05  # of the encoder's range, per training batch
FLOOR = 0.125  # no window shrinks below
GROWTH = 10.0  # windows of the rule `grow` hold this many times the largest earliness
TINY = torch.finfo(torch.float32).tiny  # least range that is divided by
Number = TypeVar("Number", float, Tensor)


def ceil_log2(span: Tensor) -> Tensor:
    """ceil(log2(span)), exact, of any shape: frexp gives span = mantissa 2^exponent with mantissa in [0.5, 1)."""
    mantissa, exponent = torch.frexp(span.clamp(min=TINY))
    return exponent - (mantissa == 0.5).to(exponent.dtype)


def _ceil_log2(span: float) -> int:
    """`ceil_log2` of one number."""
    mantissa, exponent = math.frexp(max(span, TINY))
    return exponent - (mantissa == 0.5)


def divisor(encoder: str, v_min: Tensor, v_max: Tensor) -> Tensor:
    """What the encoder divides by: S_p = 2^ceil(log2(v_max - v_min)) for `shift`, the range itself for `division`."""
    span = (v_max - v_min).clamp(min=TINY)
    return span if encoder == "division" else torch.ldexp(torch.ones_like(span), ceil_log2(span))


def moved_window(rule: str, window: Number, largest: Number, rate: float) -> Number:
    """The window Δ after a training batch whose largest earliness is y_max; numbers, or tensors of any shape.

    homeostatic: Δ + λ (2 y_max - Δ) / 2, never below FLOOR; rests at twice the largest earliness.
    paper:       Δ + λ ((t_earliest - tmin) - Δ / 2), t_earliest - tmin = max(Δ - y_max, 0), as published.
    grow:        max(Δ, 10 y_max), y_max = tmax - t_earliest (Stanojevic et al., Nature Communications 15, 6793, 2024).
    fixed:       Δ.
    """
    if rule == "homeostatic":
        return _at_least(window + rate * (2.0 * largest - window) / 2.0, FLOOR)
    if rule == "paper":
        return window + rate * (_at_least(window - largest, 0.0) - window / 2.0)
    return window + _at_least(GROWTH * largest - window, 0.0) if rule == "grow" else window


def _at_least(value: Number, least: float) -> Number:
    return value.clamp(min=least) if isinstance(value, Tensor) else max(value, least)


class TTFSEncoder(nn.Module):
    """First-spike encoder without a divider; a larger feature spikes earlier.

    S_p = 2^ceil(log2(v_max - v_min)), v = clip((F - v_min) / S_p, 0, 1); the spike time is
    T = Tmax - v (Tmax - Tmin), the earliness Tmax - T = v in units of the encoder's window.
    v_min and v_max follow the batch extremes by an exponential mean in training, and rest in eval.
    With kind `division` S_p is v_max - v_min: the usual encoder, to compare with; no hardware is made of it.

    Shapes: features (B, J) -> earliness (B, J) in 0 … 1.
    """

    v_min: Tensor
    v_max: Tensor

    def __init__(self, kind: str = "shift") -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("v_min", torch.tensor(0.0))
        # Features come out of batch norm and ReLU, so their batch maximum lies near 5: starting
        # from 8 the divisor is from the first step the one that training ends with.
        self.register_buffer("v_max", torch.tensor(8.0))

    @property
    def shift(self) -> int:
        """log2 of the divisor S_p; negative when the range is below one half."""
        return _ceil_log2(float(self.v_max - self.v_min))

    @torch.no_grad()
    def follow(self, features: Tensor) -> tuple[float, float]:
        """Move the range by a training batch (B, J); returns v_min and 1 / S_p, as numbers: tensors of one are slow."""
        low, high = torch.aminmax(features)
        self.v_min.lerp_(low, MOMENTUM)
        self.v_max.lerp_(high, MOMENTUM)
        span = float(self.v_max - self.v_min)
        scale = 1.0 / max(span, TINY) if self.kind == "division" else math.ldexp(1.0, -_ceil_log2(span))
        return float(self.v_min), scale

    def forward(self, features: Tensor) -> Tensor:
        if self.training:
            low, scale = self.follow(features)
            scaled = (features - low) * scale
        else:
            scaled = (features - self.v_min) / divisor(self.kind, self.v_min, self.v_max)
        return scaled.clamp(0.0, ENCODER_WINDOW)


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
    y_i = tmax - t_i and D = Δ - θ. In training the window moves by `rule` (see `moved_window`); the rules that
    follow the earliness leave the upper clip out then, since it kills gradients. In eval the window rests and clips.
    The rule `paper` has a free θ: D = Δ - θ moves with the window.

    Shapes: earliness (B, in) -> earliness (B, out), both in units of the encoder's window.
    """

    window: Tensor

    def __init__(
        self, in_features: int, out_features: int, rule: str = "homeostatic", rate: float = WINDOW_RATE
    ) -> None:
        super().__init__(in_features, out_features)
        self.rule = rule
        self.rate = rate
        self.register_buffer("window", torch.tensor(ENCODER_WINDOW))

    @property
    def threshold(self) -> Tensor:
        """θ = Δ - D, shape (out,): what the potential must reach for a spike."""
        return self.window - self.d

    def forward(self, earliness: Tensor) -> Tensor:
        out = functional.linear(earliness, self.weight, self.d)
        return out.clamp(0.0, self.follow(out.detach())) if self.training else out.clamp(min=0.0).clamp(max=self.window)

    @torch.no_grad()
    def follow(self, out: Tensor) -> float:
        """Move the window by a training batch, W x + D before the clip; returns the upper bound of that clip."""
        window = float(self.window)
        moved = moved_window(self.rule, window, max(float(out.max()), 0.0), self.rate)
        if self.rule == "paper":
            self.d.add_(moved - window)
        self.window.fill_(moved)
        return window if self.rule in CLIPPED_IN_TRAINING else math.inf


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
