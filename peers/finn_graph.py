"""NetSpec to the ONNX graph that FINN takes: integer weights and MultiThreshold nodes, where its streamlining ends.

`y = clamp((acc + b) >> s, 0, max)` counts the thresholds i * 2^s - b, i = 1 … max, that acc reaches, so a threshold
layer is that equation, bit for bit. The encoder is a step function of the layer before it, whose thresholds take it in:
FINN pays nothing for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper

from spec.netspec import NetSpec
from spec.units import Depthwise, Encoder, Pointwise, value_range

SHAPE = "flat.shape"  # of the Reshape, no number of the network
NEVER = (1 << 23) - 1  # no sum reaches this threshold


class _Graph:
    def __init__(self, spec: NetSpec) -> None:
        source = spec.input
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, tuple[np.ndarray, str]] = {}
        self.types = {"input": f"INT{source.bits}"}
        self.tensor = "input"
        self.shape = [1, source.channels, source.height, source.width]
        self.values = {"input": list(self.shape)}

    def add(self, kind: str, name: str, shape: list[int], constants: dict[str, tuple[np.ndarray, str]],
            out_type: str | None = None, **attributes: Any) -> None:
        self.constants.update(constants)
        self.nodes.append(helper.make_node(kind, [self.tensor, *constants], [name], name=name, **attributes))
        self.tensor, self.shape = name, shape
        self.values[name] = shape
        if out_type:
            self.types[name] = out_type

    def threshold(self, name: str, thresholds: np.ndarray, bits: int, signed: bool) -> None:
        """thresholds (channels, 2^bits - 1), ascending."""
        kind = f"{'INT' if signed else 'UINT'}{bits}"
        self.add("MultiThreshold", name, self.shape, {f"{name}.thresholds": (thresholds, "INT32")}, kind,
                 domain="qonnx.custom_op.general", out_dtype=kind, out_scale=1.0,
                 out_bias=float(value_range(bits, signed)[0]), data_layout="NCHW" if len(self.shape) == 4 else "NC")


def steps(bias: np.ndarray, shift: int, bits: int, signed: bool) -> np.ndarray:
    """(outputs, 2^bits - 1): the smallest sum that gives each value but the lowest."""
    lo, hi = value_range(bits, signed)
    return (np.arange(lo + 1, hi + 1) << shift)[None, :] - bias[:, None]


def encoded(thresholds: np.ndarray, encoder: Encoder) -> np.ndarray:
    """Thresholds of pointwise values to thresholds of ticks: x >= i where y >= v_min + i * 2^shift."""
    least = encoder.v_min + (np.arange(1, encoder.window + 1) << encoder.shift)  # of y, for each tick
    reached = least <= thresholds.shape[1]
    taken = thresholds[:, np.where(reached, least - 1, 0)]
    return np.where(reached[None, :], taken, NEVER)


def graph(spec: NetSpec) -> ModelWrapper:
    net = _Graph(spec)
    for unit in spec.units[1:]:
        _add(net, unit, spec)
    constants = [numpy_helper.from_array(array.astype(np.int64 if name == SHAPE else np.float32), name)
                 for name, (array, _) in net.constants.items()]
    tensor = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in net.values.items()}
    onnx_graph = helper.make_graph(net.nodes, "firstspike", [tensor["input"]], [tensor[net.tensor]], constants,
                                   value_info=[value for name, value in tensor.items()
                                               if name not in ("input", net.tensor)])
    model = ModelWrapper(helper.make_model(onnx_graph, opset_imports=[
        helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)]))
    for name, kind in [*net.types.items(), *((name, kind) for name, (_, kind) in net.constants.items())]:
        model.set_tensor_datatype(name, DataType[kind])
    return model


def _add(net: _Graph, unit: Any, spec: NetSpec) -> None:
    if isinstance(unit, Depthwise):
        weight = unit.weight[:, None]
        net.add("Conv", unit.name, net.shape, {f"{unit.name}.weight": (weight, f"INT{unit.weight_bits}")},
                group=unit.channels, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1])
        net.threshold(f"{unit.name}_out", steps(np.zeros(unit.channels, np.int64), unit.shift, unit.out_bits, True),
                      unit.out_bits, True)
    elif isinstance(unit, Pointwise):
        weight = unit.weight[:, :, None, None]
        net.add("Conv", unit.name, [1, unit.out_channels, *net.shape[2:]],
                {f"{unit.name}.weight": (weight, f"INT{unit.weight_bits}")},
                group=1, kernel_shape=[1, 1], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1])
        thresholds, bits = steps(unit.bias, unit.shift, unit.out_bits, False), unit.out_bits
        if unit is spec.blocks[-1][1]:
            thresholds, bits = encoded(thresholds, spec.encoder), spec.time_bits
        net.threshold(f"{unit.name}_out", thresholds, bits, False)
    elif isinstance(unit, Encoder):
        net.add("Transpose", "channels_last", [1, *net.shape[2:], net.shape[1]], {}, net.types[net.tensor],
                perm=[0, 2, 3, 1])
        net.add("Reshape", "flat", [1, unit.features], {SHAPE: (np.array([1, -1]), "INT32")},
                net.types["channels_last"])
    else:
        net.add("MatMul", unit.name, [1, len(unit.weight)],
                {f"{unit.name}.weight": (unit.weight.T, f"INT{unit.weight_bits}")})
        if unit in spec.layers:
            net.threshold(f"{unit.name}_out", steps(unit.bias, unit.shift, unit.time_bits, False), unit.time_bits,
                          False)
        else:
            net.add("Add", "logits", net.shape, {"logits.bias": (unit.bias, "INT32")})
