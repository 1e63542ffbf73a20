"""model.onnx run by qonnx, node by node: the yardstick for every other implementation. No torch here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model

BATCH = 256  # samples per pass; qonnx keeps every intermediate tensor of a pass


def run_qonnx(model: Path, x: np.ndarray) -> np.ndarray:
    """x (N, C, H, W) float, standardised features -> logits (N, classes) float32, in batches of one size."""
    size = min(len(x), BATCH)
    wrapper = cleanup_model(ModelWrapper(str(model)), override_inpsize=size)
    source, sink = wrapper.graph.input[0].name, wrapper.graph.output[0].name
    logits = []
    for start in range(0, len(x), size):
        chunk = np.asarray(x[start:start + size], np.float32)
        # The shapes inside the graph are fixed by now, so the last batch is filled up with zeros.
        padded = np.pad(chunk, ((0, size - len(chunk)), (0, 0), (0, 0), (0, 0)))
        logits.append(execute_onnx(wrapper, {source: padded})[sink][:len(chunk)])
    return np.concatenate(logits)
