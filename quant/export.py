"""Quantised network -> model.onnx in the QONNX dialect (opens in Netron, runs in qonnx)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from brevitas.export import export_qonnx

from base.files import atomic_path
from quant.quantnet import QuantLSNNet

INPUT, OUTPUT = "x", "logits"
OPSET = 13


def export(network: QuantLSNNet, shape: Sequence[int], path: Path) -> None:
    """Write `network` for inputs x (batch, *shape), shape = (C, H, W), -> logits (batch, classes); batch stays open.

    Quant nodes carry weights, biases and activations; weights stay inside as float initialisers.
    """
    with atomic_path(path) as temporary:
        # The dynamo exporter ignores opset 13, and qonnx has no shapes for a later one.
        export_qonnx(
            network.eval(), args=torch.zeros(1, *shape), export_path=str(temporary), dynamo=False,
            opset_version=OPSET, keep_initializers_as_inputs=False, input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}},
        )
