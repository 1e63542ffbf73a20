"""Brevitas, the exported ONNX in qonnx, and the golden integer model give the same logits, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from quant_nets import corners, quantised_network

from board.preset import Preset, load_preset
from model.lsnnet import LSNNetConfig
from quant.execute import BATCH, run_qonnx
from quant.export import export
from quant.lower import lower
from quant.quantnet import ACT_BITS
from spec import golden
from spec.netspec import NetSpec

DEFAULT = LSNNetConfig(24, 5, 5, 2)
SMALL = LSNNetConfig(4, 8, 9, 3, channels=(8, 6), hidden=(10,))
SMALL_PRESET = Preset(name="small", channels=SMALL.channels, hidden=SMALL.hidden, lanes=(2, 4))
STRIDED = LSNNetConfig(3, 9, 6, 4, channels=(5, 6), hidden=(8,), strides=(2, 2))
STRIDED_PRESET = Preset(name="strided", channels=STRIDED.channels, hidden=STRIDED.hidden, strides=STRIDED.strides,
                        lanes=(1, 5))
BARE = LSNNetConfig(2, 6, 5, 3, channels=(), hidden=(10, 6))
BARE_PRESET = Preset(name="bare", channels=(), hidden=BARE.hidden, lanes=())


def _compare(
    config: LSNNetConfig, preset: Preset, bits: int, path: Path, v_min: float = 0.0, push: float = 0.0
) -> tuple[NetSpec, golden.Trace]:
    """Compare on all corners; `push` is added to the bias of every fourth B1 neuron."""
    network = quantised_network(config, bits, v_min)
    with torch.no_grad():
        for layer in network.layers:
            layer.linear.bias[::4] += push
    export(network, (config.in_channels, config.height, config.width), path)
    x = corners(config)
    spec = lower(path, preset)
    trace = golden.run(spec, spec.input.quantise(x))
    with torch.no_grad():
        brevitas = network(torch.from_numpy(x)).numpy()
    qonnx = run_qonnx(path, x)
    assert np.array_equal(brevitas, qonnx)
    assert np.array_equal(qonnx, trace.logits * 2.0**spec.readout.exponent)
    return spec, trace


@pytest.mark.parametrize("bits", [4, 5, 6, 8])
@pytest.mark.parametrize(("config", "preset"), [(DEFAULT, load_preset("default")), (SMALL, SMALL_PRESET)],
                         ids=["24x5x5", "4x8x9"])
def test_brevitas_qonnx_and_golden_agree(config: LSNNetConfig, preset: Preset, bits: int, tmp_path: Path) -> None:
    spec, trace = _compare(config, preset, bits, tmp_path / "model.onnx")
    assert (spec.weight_bits, spec.time_bits) == (bits, bits)
    # The comparison has met both ends of the words, and samples that differ.
    assert trace.values["input"].min() == -128
    assert trace.values["input"].max() == 127
    assert trace.values["dw0"].min() == -128
    assert trace.values["pw0"].max() == 255
    assert trace.values["encoder"].max() == spec.encoder.window
    assert trace.values["b1_0"].max() > spec.layers[0].window // 2
    assert trace.values["b1_0"].min() == 0
    assert len(np.unique(trace.logits, axis=0)) > len(trace.logits) // 2


@pytest.mark.parametrize("bits", [4, 8])
def test_a_raised_v_min_is_exact_too(bits: int, tmp_path: Path) -> None:
    spec, _ = _compare(SMALL, SMALL_PRESET, bits, tmp_path / "model.onnx", v_min=0.3)
    assert spec.encoder.v_min > 0


@pytest.mark.parametrize("bits", [4, 8])
def test_a_stride_is_exact(bits: int, tmp_path: Path) -> None:
    spec, trace = _compare(STRIDED, STRIDED_PRESET, bits, tmp_path / "model.onnx")
    assert [depthwise.grid for depthwise, _ in spec.blocks] == [(5, 3), (3, 2)]
    assert spec.encoder.features == 3 * 2 * 6
    assert trace.values["b1_0"].max() > 0


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("v_min", [-0.7, 0.2])
def test_no_blocks_are_exact(bits: int, v_min: float, tmp_path: Path) -> None:
    spec, trace = _compare(BARE, BARE_PRESET, bits, tmp_path / "model.onnx", v_min=v_min)
    assert spec.encoder.in_signed
    assert np.sign(spec.encoder.v_min) == np.sign(v_min)
    assert trace.values["encoder"].max() > spec.encoder.window // 3
    assert trace.values["b1_1"].max() > 0


@pytest.mark.parametrize("bits", [4, 8])
def test_full_and_silent_neurons_are_exact(bits: int, tmp_path: Path) -> None:
    for push, end in ((50.0, (1 << bits) - 1), (-50.0, 0)):
        _, trace = _compare(DEFAULT, load_preset("default"), bits, tmp_path / "model.onnx", push=push)
        for name in ("b1_0", "b1_1"):
            assert (trace.values[name][:, ::4] == end).all()
            assert (trace.values[name] != end).any()


def test_spec_holds_what_was_asked(tmp_path: Path) -> None:
    spec, _ = _compare(SMALL, SMALL_PRESET, 6, tmp_path / "model.onnx")
    (first, pointwise), (second, last) = spec.blocks
    assert [unit.name for unit in spec.units] == ["input", "dw0", "pw0", "dw1", "pw1", "encoder", "b1_0", "readout"]
    assert (first.in_bits, first.out_bits, first.weight_bits) == (ACT_BITS, ACT_BITS, 6)
    assert (first.in_signed, second.in_signed) == (True, False)
    assert (first.lanes, pointwise.out_lanes, second.lanes, last.out_lanes) == (2, 4, 4, 1)
    assert (spec.encoder.in_bits, spec.encoder.features) == (ACT_BITS, 8 * 9 * 6)
    assert spec.preset == "small"


def test_full_time_needs_no_shift_in_the_encoder(tmp_path: Path) -> None:
    for bits in (8, 4):
        spec, _ = _compare(DEFAULT, load_preset("default"), bits, tmp_path / "model.onnx")
        assert spec.encoder.shift == ACT_BITS - bits


def test_model_is_valid_onnx(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export(quantised_network(SMALL, 4), (4, 8, 9), path)
    model = onnx.load(path)
    onnx.checker.check_model(model)
    kinds = {node.op_type for node in model.graph.node}
    assert kinds == {"Quant", "Conv", "Relu", "Transpose", "Flatten", "Sub", "Mul", "Gemm"}
    assert [value.name for value in model.graph.input] == ["x"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def test_batches_join_in_order(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export(quantised_network(SMALL, 4), (4, 8, 9), path)
    x = corners(SMALL, count=BATCH + 3)
    assert np.array_equal(run_qonnx(path, x)[BATCH:], run_qonnx(path, x[BATCH:]))
