"""Weights and time of different widths, of 16 bits, or in float: exact where hardware has them, sensible elsewhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from brevitas.quant_tensor import IntQuantTensor
from quant_nets import corners, float_network, quantised_network, samples
from torch import Tensor

from base.errors import UserError
from board.preset import Preset
from model.lsnnet import LSNNet, LSNNetConfig
from quant.calibrate import best_exponent, calibrated
from quant.execute import run_qonnx
from quant.export import export
from quant.lower import lower
from quant.qat import QatOptions, tune
from spec import golden

CONFIG = LSNNetConfig(4, 5, 5, 3, channels=(8, 6), hidden=(12, 10))
PRESET = Preset(name="tiny", channels=CONFIG.channels, hidden=CONFIG.hidden, lanes=(1, 1))


@pytest.mark.parametrize(("weight_bits", "time_bits"), [(4, 8), (8, 5), (8, 4), (5, 7)])
def test_unequal_widths_are_exact(weight_bits: int, time_bits: int, tmp_path: Path) -> None:
    network = quantised_network(CONFIG, weight_bits, v_min=0.3, time_bits=time_bits)
    path = tmp_path / "model.onnx"
    export(network, (4, 5, 5), path)
    spec = lower(path, PRESET)
    x = corners(CONFIG)
    trace = golden.run(spec, spec.input.quantise(x))
    with torch.no_grad():
        brevitas = network(torch.from_numpy(x)).numpy()
    assert np.array_equal(brevitas, run_qonnx(path, x))
    assert np.array_equal(brevitas, trace.logits * 2.0**spec.readout.exponent)
    widths = {unit.name: getattr(unit, "weight_bits", None) for unit in spec.units[1:]}
    assert widths.pop("encoder") is None
    assert set(widths.values()) == {weight_bits} == {spec.weight_bits}
    assert {unit.time_bits for unit in (*spec.spiking, spec.readout)} == {time_bits}
    assert spec.encoder.window == 2**time_bits - 1 >= trace.values["encoder"].max() > spec.encoder.window // 2


def _error(network: LSNNet, x: Tensor, weight_bits: int | None, time_bits: int | None) -> float:
    """Mean square error of the calibrated network's logits, relative to the spread of the float ones."""
    with torch.no_grad():
        wanted = network(x)
        error = (calibrated(network, x, weight_bits, time_bits)(x) - wanted).square().mean()
    return float(error / wanted.var(dim=0).mean())


def test_each_separate_rounding_costs_less_than_both() -> None:
    network, x = float_network(CONFIG), samples(CONFIG, 300)
    words, weights, time = (_error(network, x, *bits) for bits in ((None, None), (4, None), (None, 4)))
    assert words < 3e-3
    assert 5 * words < min(weights, time)
    assert max(weights, time) < _error(network, x, 4, 4)
    assert _error(network, x, 16, 16) == pytest.approx(words, rel=0.05)


def _rounded(values: Tensor, exponent: int | None) -> bool:
    """Whether values are multiples of 2^exponent; with None, whether they are more than 8 bits can tell apart."""
    if exponent is None:
        return len(values.unique()) <= 256
    return bool((values == torch.round(values * 2.0**-exponent) * 2.0**exponent).all())


@pytest.mark.parametrize(("weight_bits", "time_bits"), [(4, 32), (32, 4), (4, None), (None, 4), (16, 16), (4, 16)])
def test_only_what_was_asked_is_rounded(weight_bits: int | None, time_bits: int | None) -> None:
    network = calibrated(float_network(CONFIG), samples(CONFIG, 64), weight_bits, time_bits)
    seen: dict[str, Tensor] = {}
    for name, module in network.named_modules():
        if isinstance(module, qnn.QuantConv2d | qnn.QuantLinear):
            weight = module.quant_weight()
            seen[f"{name} weight"] = getattr(weight, "value", weight)  # a QuantTensor, or a plain tensor
        if name.endswith("out") or name == "input":
            module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: getattr(out, "value", out)}))
    with torch.no_grad():
        network(samples(CONFIG, 200))
    e = network.exponents
    weights = {"blocks.0.dw": e.dw_weight[0], "layers.0.linear": e.layer_weight[0]}
    for name, exponent in weights.items():
        assert (exponent is None) == (weight_bits in (None, 32))
        assert torch.equal(seen[f"{name} weight"], network.get_submodule(name).weight) == (exponent is None), name
        assert exponent is None or _rounded(seen[f"{name} weight"], exponent), name
    ticks = {"blocks.1.pw_out": e.pw_out[1], "encoder.out": e.ticks[0], "layers.1.out": e.ticks[2]}
    for name, exponent in ticks.items():
        assert (exponent is None) == (time_bits in (None, 32))
        assert _rounded(seen[name], exponent) == (exponent is not None), name
    for name, exponent in {"input": e.input, "blocks.0.dw_out": e.dw_out[0], "blocks.0.pw_out": e.pw_out[0]}.items():
        assert _rounded(seen[name], exponent), name


@pytest.mark.parametrize("bits", [3, 17, 0, 64])
def test_other_widths_are_refused(bits: int) -> None:
    network, x = float_network(CONFIG), samples(CONFIG, 8)
    for name, widths in (("weight_bits", (bits, 8)), ("time_bits", (8, bits))):
        with pytest.raises(UserError, match=f"{name}: got {bits}, expected 4 … 16, or 32 for float"):
            calibrated(network, x, *widths)


def test_float_time_ends_at_the_window() -> None:
    network = calibrated(float_network(CONFIG), samples(CONFIG, 64), 8, None)
    with torch.no_grad():
        for layer in network.layers:
            layer.linear.bias += 50.0
        readout = network.readout.weight.new_tensor(0.0)
        network.readout.register_forward_hook(lambda _m, inputs, _o: readout.copy_(inputs[0].max()))
        network(samples(CONFIG, 64))
    assert readout == pytest.approx(float(float_network(CONFIG).layers[-1].window))


@pytest.mark.parametrize("bits", [(4, None), (None, 4), (16, 16)])
def test_study_widths_can_be_tuned(bits: tuple[int | None, int | None]) -> None:
    network, x = float_network(CONFIG), samples(CONFIG, 256)
    result = tune(network, x, x[:64], *bits, 0, QatOptions(epochs=2, batch=64, enough=0.0))
    assert len(result.history) == 3
    assert result.history[result.best_epoch]["val_error"] <= result.history[0]["val_error"] < 1.0


def test_a_near_start_is_kept() -> None:
    network, x = float_network(CONFIG), samples(CONFIG, 256)
    result = tune(network, x, x[:64], 8, 8, 0, QatOptions(epochs=2, enough=0.01))
    assert (result.best_epoch, len(result.history)) == (0, 1)
    assert len(tune(network, x, x[:64], 8, 8, 0, QatOptions(epochs=2, enough=0.0)).history) == 3


@pytest.mark.parametrize(("field", "value", "wanted"), [
    ("front", "standard", "separable"), ("encoder", "division", "shift"),
])
def test_float_only_variants_are_refused(field: str, value: str, wanted: str) -> None:
    network = LSNNet(dataclasses.replace(CONFIG, **{field: value})).eval()
    with pytest.raises(UserError, match=f"network {field}: got {value}, expected {wanted}"):
        calibrated(network, samples(CONFIG, 8), 8, 8)


def test_window_rules_of_training_do_not_matter() -> None:
    network = LSNNet(dataclasses.replace(CONFIG, window="grow")).eval()
    assert calibrated(network, samples(CONFIG, 8), 8, 8).time_bits == 8


@pytest.mark.parametrize(("bits", "signed", "smallest", "exponent"), [
    (8, True, None, -22), (8, False, None, -23), (4, True, None, -18), (8, True, -3, -3),
])
def test_an_all_zero_tensor_has_one_exponent(bits: int, signed: bool, smallest: int | None, exponent: int) -> None:
    assert best_exponent(torch.zeros(10), bits, signed, smallest) == exponent


def test_of_equal_errors_the_largest_exponent_counts() -> None:
    assert best_exponent(torch.tensor([0.0, 64.0]), 8, signed=True) == 0
    assert best_exponent(torch.tensor([0.0, 4.0, 8.0]), 8, signed=False) == -4


def test_wide_words_do_not_clip_large_biases() -> None:
    network, x = float_network(CONFIG), samples(CONFIG, 64)
    with torch.no_grad():
        network.layers[0].d[::2] += 3.0  # more than 32 bits hold of 16-bit weights times 16-bit time
    linear = calibrated(network, x, 16, 16).layers[0].linear
    silent = IntQuantTensor(torch.zeros(1, linear.in_features), 2.0**-17, 0.0, 16.0, signed=False, training=False)
    with torch.no_grad():
        assert torch.allclose(linear(silent)[0], linear.bias)
    assert linear.bias.max() > 2.5
