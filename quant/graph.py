"""Reader of the QONNX graph that quant/export.py writes: a chain of nodes, integers and scales. No torch here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import NodeProto, numpy_helper

from base.errors import UserError, expected
from spec.units import value_range


@dataclass(frozen=True)
class Quant:
    """One Quant node: an integer of `bits` stands for itself times 2^exponent."""

    node: str
    exponent: int
    bits: int
    signed: bool


class Graph:
    """The graph as a chain: `tensor` is where the reader stands, `take` goes one node on."""

    def __init__(self, path: Path) -> None:
        try:
            graph = onnx.load(path).graph
        except (OSError, DecodeError) as error:
            raise UserError(f"{path}: no readable ONNX model ({error})") from error
        self.constants = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
        self.makers = {output: node for node in graph.node for output in node.output}
        self.users: dict[str, list[NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
        inputs = [value for value in graph.input if value.name not in self.constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise expected(str(path), f"{len(inputs)} inputs, {len(graph.output)} outputs", "one of each")
        self.shape = [dimension.dim_value for dimension in inputs[0].type.tensor_type.shape.dim]
        if len(self.shape) != 4 or min(self.shape[1:]) < 1:
            raise expected(f"{path}: input shape", self.shape, "(batch, channels, height, width)")
        self.tensor, self.end = inputs[0].name, graph.output[0].name

    def take(self, kind: str, **attributes: Any) -> NodeProto:
        """Go over the next node, which must be the only user of the tensor, of this kind and attributes."""
        users = self.users.get(self.tensor, [])
        if [node.op_type for node in users] != [kind]:
            got = ", ".join(f"{node.name} ({node.op_type})" for node in users) or "the end"
            raise expected(f"model.onnx: after {self.tensor}", got, kind)
        (node,) = users
        for name, wanted in attributes.items():
            if (found := attribute(node, name)) != wanted:
                raise expected(f"{node.name}: {name}", found, str(wanted))
        self.tensor = node.output[0]
        return node

    def constant(self, node: NodeProto, index: int) -> np.ndarray:
        if len(node.input) <= index or node.input[index] not in self.constants:
            raise expected(f"{node.name}: input {index}", "no constant", "an initializer")
        return np.asarray(self.constants[node.input[index]], np.float64)

    def scalar(self, node: NodeProto, index: int) -> float:
        value = self.constant(node, index)
        if value.size != 1:
            raise expected(f"{node.name}: input {index}", f"shape {value.shape}", "one value for the tensor")
        return float(value.reshape(()))

    def quant(self, node: NodeProto, rounding: bytes) -> Quant:
        """Check a Quant node: one power-of-two scale, zero point 0, whole range, the given rounding."""
        if (found := attribute(node, "rounding_mode")) != rounding:
            raise expected(f"{node.name}: rounding_mode", (found or b"none").decode(), rounding.decode())
        if (narrow := attribute(node, "narrow")) != 0:
            raise expected(f"{node.name}: narrow", narrow, "0")
        if self.scalar(node, 2) != 0:
            raise expected(f"{node.name}: zero point", self.scalar(node, 2), "0")
        bits = self.scalar(node, 3)
        if bits != int(bits) or bits < 1:
            raise expected(f"{node.name}: bit width", bits, "a positive integer")
        return Quant(node.name, exponent_of(node.name, self.scalar(node, 1)), int(bits),
                     bool(attribute(node, "signed")))

    def activation(self, signed: bool) -> Quant:
        """Go over the Quant node of an activation: FLOOR, of the given signedness."""
        node = self.take("Quant")
        quant = self.quant(node, b"FLOOR")
        if quant.signed != signed:
            raise expected(f"{node.name}: signed", quant.signed, str(signed))
        return quant

    def integers(self, node: NodeProto, index: int) -> tuple[np.ndarray, Quant]:
        """Weights or bias at a node's input: the integers that the Quant node there makes of its constant."""
        maker = self.makers.get(node.input[index]) if len(node.input) > index else None
        if maker is None or maker.op_type != "Quant":
            raise expected(f"{node.name}: input {index}", "no Quant node", "quantised weights or bias")
        quant = self.quant(maker, b"ROUND")
        if not quant.signed:
            raise expected(f"{maker.name}: signed", False, "True")
        words = np.round(self.constant(maker, 0) * 2.0**-quant.exponent)  # half to even, as in QONNX
        return np.clip(words, *value_range(quant.bits, signed=True)).astype(np.int64), quant

    def bias(self, node: NodeProto, exponent: int) -> np.ndarray:
        """Bias integers, whose scale must be the accumulator's, 2^exponent."""
        words, quant = self.integers(node, 2)
        if quant.exponent != exponent:
            raise expected(f"{quant.node}: scale", f"2^{quant.exponent}", f"2^{exponent}, the accumulator's")
        return words


def attribute(node: NodeProto, name: str) -> Any:
    """A node's attribute, None where it has none of this name."""
    return next((onnx.helper.get_attribute_value(own) for own in node.attribute if own.name == name), None)


def exponent_of(name: str, scale: float) -> int:
    mantissa, exponent = math.frexp(scale)
    if mantissa != 0.5:
        raise expected(f"{name}: scale", scale, "a power of two")
    return exponent - 1
