"""The golden model against independent statements of the same mathematics."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from spec import golden
from spec.netspec import NetSpec
from spec.units import B1Layer


def tick_by_tick(unit: B1Layer, x: np.ndarray) -> np.ndarray:
    """Simulate the B1 neuron's differential equation in integer ticks: (N, in) -> (N, out) earliness."""
    slope = np.zeros((len(x), unit.out_features), np.int64)
    potential = np.tile(-unit.theta, (len(x), 1))
    for tick in range(unit.window):  # integrate: the slope is the sum of the weights of all spikes so far
        slope += (unit.window - x == tick).astype(np.int64) @ unit.weight.T
        potential += slope
    earliness = np.zeros_like(potential)
    for tick in range(unit.window):  # fire: slope 1, which is 2^shift in units of the accumulator
        earliness = np.where((potential >= 0) & (earliness == 0), unit.window - tick, earliness)
        potential += 1 << unit.shift
    return earliness


@pytest.mark.parametrize("bits", [4, 5, 8])
def test_closed_form_equals_tick_by_tick(bits: int) -> None:
    spec = make_spec(bits, hidden=(16, 8))
    trace = golden.run(spec, make_words(spec, 40))
    x = trace.values["encoder"]
    for layer in spec.layers:
        expected = tick_by_tick(layer, x)
        np.testing.assert_array_equal(golden.b1_layer(layer, x), expected)
        assert (expected > 0).any()
        assert (expected == 0).any()
        x = expected


def test_tick_by_tick_sees_a_changed_threshold() -> None:
    spec = make_spec(8)
    layer = spec.layers[0]
    x = golden.run(spec, make_words(spec, 40)).values["encoder"]
    moved = dataclasses.replace(layer, bias=layer.bias + (1 << layer.shift))
    assert (golden.b1_layer(moved, x) != tick_by_tick(layer, x)).any()


@pytest.mark.parametrize("bits", [4, 8])
def test_potential_never_leaves_acc_bits(bits: int) -> None:
    """The derived width holds the potential at every tick, for inputs that drive it to its extremes."""
    spec = make_spec(bits)
    layer = spec.layers[0]
    for row in range(layer.out_features):
        for sign in (1, -1):  # all inputs of one sign of weight spike at tick 0
            x = np.where(layer.weight[row] * sign > 0, layer.window, 0)
            drive = int(layer.weight[row] @ x)
            low, high = min(0, drive), max(0, drive)
            bound = 1 << (layer.acc_bits - 1)
            assert low - layer.theta[row] >= -bound
            assert high - layer.theta[row] + ((layer.window + 1) << layer.shift) < bound


def test_floor_and_saturation_by_hand() -> None:
    layer = B1Layer("b", 2, 3, 4, 4, 2, np.array([[1, 0], [-1, -1], [7, 7]]), np.array([-2, 0, 0]))
    x = np.array([[1, 0], [15, 15], [0, 0]])
    # (1-2)>>2 = -1 -> 0; 15-2 = 13 >> 2 = 3; floor, not round; 210>>2 = 52 -> window 15
    np.testing.assert_array_equal(golden.b1_layer(layer, x), [[0, 0, 1], [3, 0, 15], [0, 0, 0]])


def test_tie_takes_the_lowest_class_and_all_classes_occur() -> None:
    spec = make_spec(8, classes=3)
    words = make_words(spec, 60)
    trace = golden.run(spec, words)
    assert len(set(trace.predicted)) > 1
    silent = dataclasses.replace(spec.readout, weight=np.zeros_like(spec.readout.weight))
    tied = golden.run(NetSpec("tie", (*spec.units[:-1], silent)), words)
    assert (tied.predicted == 0).all()


def test_spec_round_trip_and_digest(tmp_path) -> None:  # type: ignore[no-untyped-def]
    spec = make_spec(8)
    spec.save(tmp_path)
    assert NetSpec.load(tmp_path).digest == spec.digest
    changed = dataclasses.replace(spec.readout, bias=spec.readout.bias + 1)
    assert NetSpec(spec.preset, (*spec.units[:-1], changed)).digest != spec.digest
    text = (tmp_path / "spec.json").read_text()
    (tmp_path / "spec.json").write_text(text.replace('"v_min": 3', '"v_min": 4'))
    with pytest.raises(UserError, match="digest"):
        NetSpec.load(tmp_path)


def test_spec_refuses_what_does_not_fit() -> None:
    spec = make_spec(4)
    with pytest.raises(UserError, match=r"b1_0\.weight: got .* expected -8 … 7"):
        dataclasses.replace(spec.layers[0], weight=spec.layers[0].weight * 2)
    with pytest.raises(UserError, match=r"dw0: channels=4 is not a multiple of lanes=3"):
        dataclasses.replace(spec.blocks[0][0], lanes=3)
    with pytest.raises(UserError, match=r"spec\.units"):
        NetSpec("x", spec.units[1:])
    units = list(spec.units)
    units[3] = dataclasses.replace(spec.blocks[1][0], lanes=2)
    with pytest.raises(UserError, match=r"dw1: lanes in: got 2, expected 1"):
        NetSpec("x", tuple(units))
