"""The network: names that quantisation relies on, order of the features, spikes; its twin and its configuration."""

from __future__ import annotations

import json

import pytest
import torch

from base.errors import UserError
from model.baselines.ann import AnnTwin
from model.lsnnet import LSNNet, LSNNetConfig, flatten_channels_last

CONFIG = LSNNetConfig(8, 5, 4, 3, (6, 7), (9, 5))


def test_parameter_names_are_the_ones_quantisation_reads() -> None:
    shapes = {name: tuple(value.shape) for name, value in LSNNet(CONFIG).state_dict().items()}
    wanted = {
        "blocks.0.dw.weight": (8, 1, 3, 3), "blocks.0.pw.weight": (6, 8, 1, 1), "blocks.0.bn.weight": (6,),
        "blocks.1.dw.weight": (6, 1, 3, 3), "blocks.1.pw.weight": (7, 6, 1, 1), "blocks.1.bn.running_var": (7,),
        "encoder.v_min": (), "encoder.v_max": (), "layers.0.weight": (9, 140), "layers.0.d": (9,),
        "layers.1.weight": (5, 9), "layers.1.window": (), "readout.weight": (3, 5), "readout.d": (3,),
    }
    assert wanted.items() <= shapes.items()
    assert not [name for name in shapes if "dw.bias" in name or "pw.bias" in name]


def test_flatten_puts_channels_last() -> None:
    x = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    flat = flatten_channels_last(x)
    assert flat[1, (2 * 5 + 3) * 3 + 1] == x[1, 1, 2, 3]


def test_logits_follow_from_earliness_and_spikes_are_its_support() -> None:
    network = LSNNet(CONFIG).eval()
    x = torch.randn(11, 8, 5, 4)
    logits, earliness = network.trace(x)
    assert [tuple(layer.shape) for layer in earliness] == [(11, 140), (11, 9), (11, 5)]
    torch.testing.assert_close(network.readout(earliness[-1]), network(x))
    assert torch.equal(logits, network(x))
    for layer in earliness:
        spikes = layer > 0
        assert 0 < int(spikes.sum()) < spikes.numel()


def test_twin_has_the_same_topology_without_spiking_units() -> None:
    twin, network = AnnTwin(CONFIG), LSNNet(CONFIG)
    count = [sum(p.numel() for p in net.parameters()) for net in (twin, network)]
    assert count[0] == count[1]
    assert not any("window" in name or "v_max" in name for name in twin.state_dict())
    assert twin(torch.randn(2, 8, 5, 4)).shape == (2, 3)


def test_configuration_survives_json_and_names_what_is_wrong() -> None:
    assert LSNNetConfig.from_dict(json.loads(json.dumps(CONFIG.to_dict()))) == CONFIG
    with pytest.raises(UserError, match=r"unknown keys \['chanels'\]"):
        LSNNetConfig.from_dict({**CONFIG.to_dict(), "chanels": [1]})
    wrongs: list[dict[str, object]] = [{"classes": 0}, {"channels": [0]}, {"strides": [3, 1]}, {"hidden": [4, 0]},
                                       {"window": "none"}, {"front": 1}]
    for wrong in wrongs:
        with pytest.raises(UserError, match=next(iter(wrong))):
            LSNNetConfig.from_dict({**CONFIG.to_dict(), **wrong})
