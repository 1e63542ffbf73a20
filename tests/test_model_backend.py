"""The back end as one operation: what its units and autograd give, in results, gradients, ranges and windows."""

from __future__ import annotations

import copy

import pytest
import torch

from model.baselines.ann import AnnTwin
from model.lsnnet import LSNNet, LSNNetConfig
from model.options import ENCODERS, WINDOW_RULES
from model.recipe import SOFTNESS, soft_spikes


def _network(**variant: str) -> LSNNet:
    torch.manual_seed(0)
    network = LSNNet(LSNNetConfig(4, 3, 4, 3, (6, 5), (9, 7), **variant)).double()  # type: ignore[arg-type]
    for layer in network.layers:
        torch.nn.init.normal_(layer.d, std=0.3)
        layer.window.fill_(0.4)  # where the rule clips in training, some are clipped
    return network


def _batch(seed: int) -> torch.Tensor:
    return torch.randn(32, 4, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("variant", [*({"window": rule} for rule in WINDOW_RULES), *({"encoder": k} for k in ENCODERS)])
@pytest.mark.parametrize("softness", [0.0, SOFTNESS])
def test_a_step_is_that_of_the_units(variant: dict[str, str], softness: float) -> None:
    one = _network(**variant)
    other, goal = copy.deepcopy(one), torch.randn(32, 3, dtype=torch.float64)
    for step in range(3):
        logits, spikes = one.learn(_batch(step), softness)
        wanted, active = other.trace(_batch(step))
        counted = soft_spikes(active) if softness else torch.zeros(())
        torch.testing.assert_close(logits, wanted)
        torch.testing.assert_close(float(spikes.detach()), float(counted.detach()))
        for network, out, count in ((one, logits, spikes), (other, wanted, counted)):
            network.zero_grad()
            ((out * goal).sum() + 3.0 * count).backward()
        gradients = {name: value.grad for name, value in other.named_parameters()}
        assert all(bool((value != 0).any()) for value in gradients.values() if value is not None)
        for name, value in one.named_parameters():
            torch.testing.assert_close(value.grad, gradients[name], msg=name)
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], msg=name)


def test_nothing_spikes_in_the_twin() -> None:
    torch.manual_seed(0)
    twin = AnnTwin(LSNNetConfig(4, 3, 4, 3, (6, 5), (9, 7))).double()
    logits, spikes = twin.learn(_batch(0), SOFTNESS)
    assert logits.shape == (32, 3)
    assert float(spikes) == 0.0
