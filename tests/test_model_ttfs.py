"""The spiking units against their published equations in spike times, and against the differential equation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from model.ttfs import FLOOR, B1Layer, B1Readout, TTFSEncoder


def _layer(inputs: int = 12, outputs: int = 7, window: float = 1.5, seed: int = 0) -> B1Layer:
    torch.manual_seed(seed)
    layer = B1Layer(inputs, outputs).double().eval()
    torch.nn.init.normal_(layer.d, std=0.5)
    layer.window.fill_(window)
    return layer


def _numbers(layer: B1Layer | B1Readout) -> tuple[np.ndarray, np.ndarray]:
    return layer.weight.detach().numpy(), layer.d.detach().numpy()


def _earliness(count: int = 50, inputs: int = 12) -> torch.Tensor:
    torch.manual_seed(1)
    x = torch.rand(count, inputs, dtype=torch.float64)
    x[x < 0.3] = 0.0  # silence
    return x


@pytest.mark.parametrize("window", [0.2, 1.5, 15.0])
def test_b1_layer_equals_published_spike_times(window: float) -> None:
    """t_i = clip(sum_j W_ij (t_j - tmin) + θ_i + tmin, tmin, tmax), earliness = tmax - t."""
    layer, x = _layer(window=window), _earliness()
    tmin = 1.0  # the encoder's window ends here
    weight, _ = _numbers(layer)
    t_in = tmin - x.numpy()
    theta = layer.threshold.detach().numpy()
    t_out = np.clip((t_in - tmin) @ weight.T + theta + tmin, tmin, tmin + window)
    got = layer(x).detach().numpy()
    np.testing.assert_allclose(got, tmin + window - t_out, atol=1e-12)
    assert (got == 0).any()
    assert (got > 0).any()


def test_b1_layer_equals_differential_equation() -> None:
    """dV/dt = sum_j W_ij H(t - t_j) before tmin, then 1; the first time from tmin on with V >= θ is the spike.

    Euler steps on a fine grid with every input spike on it. Within a step the slope rests, so a step is exact and
    the crossing lies on a straight line.
    """
    layer, x = _layer(), _earliness(count=6)
    weight, _ = _numbers(layer)
    theta, window, steps = layer.threshold.detach().numpy(), float(layer.window), 2_000
    for sample, got in zip(x.numpy(), layer(x).detach().numpy(), strict=True):
        arrivals = 1.0 - sample  # the encoder's window is 0 … 1
        potential = np.zeros(len(theta))
        for start, end in pairwise(np.unique(np.concatenate([np.linspace(0, 1, steps), arrivals]))):
            potential += weight @ (arrivals <= start) * (end - start)
        fire = np.where(potential >= theta, 0.0, window)  # time after tmin; the window's end is silence
        for start, end in pairwise(np.linspace(0, window, steps)):
            crossed = (potential < theta) & (potential + (end - start) >= theta)
            fire[crossed] = start + (theta - potential)[crossed]
            potential += end - start
        np.testing.assert_allclose(got, window - fire, rtol=0, atol=1e-9)


def test_function_does_not_move_with_the_window() -> None:
    x = _earliness()
    reference = _layer(window=20.0)(x)
    for window in (15.0, 150.0, 1500.0):
        torch.testing.assert_close(_layer(window=window)(x), reference, atol=1e-13, rtol=0)


def test_upper_clip_only_in_evaluation() -> None:
    layer, x = _layer(window=0.2), _earliness()
    assert float(layer(x).detach().max()) == pytest.approx(0.2)
    assert float(layer.train()(x).detach().max()) > 0.2


def test_window_rests_in_evaluation_and_settles_at_twice_the_largest_earliness() -> None:
    layer, x = _layer(window=5.0), _earliness()
    layer(x)
    assert float(layer.window) == 5.0
    layer.train()
    largest = float(layer(x).detach().max())
    assert float(layer.window) == pytest.approx(5.0 + layer.rate * (2 * largest - 5.0) / 2)
    for _ in range(1000):
        layer(x)
    assert float(layer.window) == pytest.approx(2 * largest)


def test_window_never_falls_below_its_floor() -> None:
    layer = _layer().train()
    with torch.no_grad():
        layer.d.fill_(-100.0)
        for _ in range(1000):
            layer(_earliness())
    assert float(layer.window) == FLOOR


def test_readout_equals_published_form() -> None:
    """L_i = sum_j W_ij (tmin - t_j) + (tmax - tmin - θ_i): no clip on either side."""
    torch.manual_seed(0)
    readout, x = B1Readout(12, 3).double(), _earliness()
    torch.nn.init.normal_(readout.d)
    weight, d = _numbers(readout)
    window, tmin = 2.0, 1.0
    theta = window - d
    logits = (tmin - (tmin - x.numpy())) @ weight.T + (window - theta)
    np.testing.assert_allclose(readout(x).detach().numpy(), logits, atol=1e-12)
    assert (logits < 0).any()


@pytest.mark.parametrize(("low", "high", "shift"), [(0.0, 4.0, 2), (0.0, 4.01, 3), (1.0, 1.4, -1), (-3.0, 5.0, 3)])
def test_encoder_divides_by_the_next_power_of_two(low: float, high: float, shift: int) -> None:
    encoder = TTFSEncoder().eval()
    encoder.v_min.fill_(low)
    encoder.v_max.fill_(high)
    assert encoder.shift == shift == math.ceil(math.log2(high - low))
    features = torch.linspace(low - 1.0, high + 2.0**shift, 40)
    wanted = np.clip((features.numpy() - low) / 2.0**shift, 0, 1)
    np.testing.assert_allclose(encoder(features).numpy(), wanted, rtol=1e-6)


def test_encoder_range_follows_training_and_rests_in_evaluation() -> None:
    encoder, features = TTFSEncoder(), torch.tensor([[1.0, 3.0]])
    encoder.eval()(features)
    assert (float(encoder.v_min), float(encoder.v_max)) == (0.0, 8.0)
    encoder.train()
    for _ in range(500):
        encoder(features)
    assert float(encoder.v_min) == pytest.approx(1.0)
    assert float(encoder.v_max) == pytest.approx(3.0)
