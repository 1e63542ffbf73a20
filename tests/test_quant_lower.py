"""Lowering refuses, by node name, whatever the integer rule cannot express; a changed number is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, NodeProto, numpy_helper
from quant_nets import corners, quantised_network

from base.errors import UserError
from board.preset import Preset
from model.lsnnet import LSNNetConfig
from quant.execute import run_qonnx
from quant.export import export
from quant.lower import lower
from spec import golden

CONFIG = LSNNetConfig(4, 5, 5, 2, channels=(4, 4), hidden=(6, 5))
PRESET = Preset(name="tiny", channels=CONFIG.channels, hidden=CONFIG.hidden, lanes=(1, 1))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quant") / "model.onnx"
    export(quantised_network(CONFIG, 6), (4, 5, 5), path)
    return path


def _node(model: ModelProto, part: str, kind: str = "Quant") -> NodeProto:
    return next(node for node in model.graph.node if part in node.name and node.op_type == kind)


def _set_attribute(node: NodeProto, name: str, value: object) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])


def _set_input(model: ModelProto, node: NodeProto, index: int, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Give one node its own, changed copy of a constant (exports share equal constants)."""
    old = next(array for array in model.graph.initializer if array.name == node.input[index])
    name = f"changed {node.name} {index}"
    value = change(numpy_helper.to_array(old).copy()).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(value, name))
    node.input[index] = name


def _mismatches(path: Path, reference: Path) -> int:
    """Samples on which `path`, lowered, differs from `reference`, executed."""
    x = corners(CONFIG)
    spec = lower(path, PRESET)
    logits = golden.run(spec, spec.input.quantise(x)).logits * 2.0**spec.readout.exponent
    return int((logits != run_qonnx(reference, x)).any(axis=1).sum())


def _first_weight(value: np.ndarray) -> np.ndarray:
    value.flat[0] += 0.25
    return value


@pytest.mark.parametrize("part", [
    "blocks.0/dw/weight", "blocks.1/pw/weight", "blocks.0/pw/bias", "layers.0/linear/weight", "layers.1/linear/bias",
    "readout/weight",
])
def test_one_changed_number_is_seen(exported: Path, tmp_path: Path, part: str) -> None:
    assert _mismatches(exported, exported) == 0
    model = onnx.load(exported)
    _set_input(model, _node(model, part), 0, _first_weight)
    onnx.save(model, tmp_path / "model.onnx")
    assert _mismatches(tmp_path / "model.onnx", exported) > 0


def _rounding(part: str, mode: str) -> Callable[[ModelProto], None]:
    return lambda model: _set_attribute(_node(model, part), "rounding_mode", mode)


def _constant(part: str, index: int, change: Callable[[np.ndarray], np.ndarray], kind: str = "Quant",
              ) -> Callable[[ModelProto], None]:
    return lambda model: _set_input(model, _node(model, part, kind), index, change)


def _attribute(part: str, kind: str, name: str, value: object) -> Callable[[ModelProto], None]:
    return lambda model: _set_attribute(_node(model, part, kind), name, value)


def _bare_weight(model: ModelProto) -> None:
    quant, gemm = _node(model, "readout/weight"), _node(model, "readout", "Gemm")
    gemm.input[1] = quant.input[0]


REFUSED = {
    "activation rounds": (_rounding("blocks.0/dw_out", "ROUND"), r"/blocks.0/dw_out/.*: rounding_mode: got ROUND"),
    "weight floors": (_rounding("blocks.1/pw/weight", "FLOOR"), r"/blocks.1/pw/weight.*: rounding_mode: got FLOOR"),
    "scale": (_constant("layers.0/out", 1, lambda v: v * 1.5), r"/layers.0/out/.*: scale: got .* a power of two"),
    "negative scale": (_constant("input", 1, lambda v: -v), r"/input/.*: scale: got -.* a power of two"),
    "scale per channel": (_constant("blocks.0/pw/weight", 1, lambda v: np.full((4, 1, 1, 1), v.item())),
                          r"/blocks.0/pw/weight.*: got shape \(4, 1, 1, 1\)"),
    "zero point": (_constant("encoder", 2, lambda v: v + 1), r"/encoder/.*: zero point: got 1"),
    "bias scale": (_constant("layers.1/linear/bias", 1, lambda v: v * 2), r"/layers.1/linear/bias.*: scale: got 2\^"),
    "finer than the accumulator": (_constant("layers.0/out", 1, lambda v: v * 2.0**-20), r"b1_0\.shift: got -"),
    "signed time": (_attribute("encoder", "Quant", "signed", 1), r"/encoder/.*: signed: got True"),
    "narrow range": (_attribute("readout/weight", "Quant", "narrow", 1), r"/readout/weight.*: narrow: got 1"),
    "other time width": (_constant("layers.0/out", 3, lambda v: v + 1), r"/layers.0/out/.*: bit width: got 7"),
    "broken bit width": (_constant("layers.0/out", 3, lambda v: v + 0.5), r"/layers.0/out/.*: bit width: got 6.5"),
    "stride": (_attribute("blocks.0/dw", "Conv", "strides", [3, 3]), r"/blocks.0/dw/Conv: strides: got \[3, 3\]"),
    "grouped": (_attribute("blocks.0/pw", "Conv", "group", 2), r"/blocks.0/pw/Conv: group: got 2"),
    "v_min between steps": (_constant("encoder", 1, lambda v: v + 1e-4, "Sub"), r"/encoder/Sub: v_min: got"),
    "wide depthwise sum": (_constant("input", 3, lambda v: v + 16), r"dw0: accumulator: got \d\d bits"),
    "wide pointwise sum": (_constant("blocks.1/pw/bias", 0, lambda v: v + 1e9), r"pw1: accumulator: got 33 bits"),
    "wide B1 sum": (_constant("layers.1/linear/bias", 0, lambda v: v + 1e9), r"b1_1: accumulator: got 33 bits"),
    "wide read-out": (_constant("readout/bias", 0, lambda v: v - 1e9), r"readout: accumulator: got 33 bits"),
    "unquantised weight": (_bare_weight, r"/readout/Gemm: input 1: got no Quant node"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_node_named(exported: Path, tmp_path: Path, case: str) -> None:
    change, message = REFUSED[case]
    model = onnx.load(exported)
    change(model)
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(UserError, match=message) as caught:
        lower(tmp_path / "model.onnx", PRESET)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_widest_exact_sum_is_taken_and_one_more_refused(exported: Path, tmp_path: Path, sign: int) -> None:
    layer = lower(exported, PRESET).layers[0]
    drive = np.maximum(layer.weight * sign, 0).sum(axis=1) * layer.window
    path = tmp_path / "model.onnx"
    for excess in (0, 1):
        model = onnx.load(exported)
        node = _node(model, "layers.0/linear/bias")
        scale = next(numpy_helper.to_array(c).item() for c in model.graph.initializer if c.name == node.input[1])
        bias = (sign * (2**24 - 1 - drive + excess) * scale)
        _set_input(model, node, 0, lambda _, bias=bias: bias)
        onnx.save(model, path)
        if not excess:
            assert _mismatches(path, path) == 0
    with pytest.raises(UserError, match="b1_0: accumulator: got 26 bits, expected at most 25"):
        lower(path, PRESET)


def test_another_number_of_blocks_is_refused(exported: Path) -> None:
    with pytest.raises(UserError, match="expected Conv"):
        lower(exported, Preset(name="deep", channels=(4, 4, 4), hidden=(6, 5), lanes=(1, 1, 1)))


def test_lanes_must_divide(exported: Path) -> None:
    with pytest.raises(UserError, match="dw0: channels=4 is not a multiple of lanes=3"):
        lower(exported, Preset(name="odd", channels=CONFIG.channels, hidden=CONFIG.hidden, lanes=(3, 1)))


@pytest.mark.parametrize("keep", [0, 1000])
def test_truncated_model_is_one_clear_line(exported: Path, tmp_path: Path, keep: int) -> None:
    (tmp_path / "model.onnx").write_bytes(exported.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"model\.onnx: "):
        lower(tmp_path / "model.onnx", PRESET)


def test_missing_model_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no readable ONNX model"):
        lower(tmp_path / "model.onnx", PRESET)
