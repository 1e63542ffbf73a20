"""hls4ml's C simulation of a NetSpec: `python -m peers.hls4ml_flow SPEC WORDS OUT PART CLOCK_NS CYCLES`.

Runs in .venv-peers. Backend Vitis, io_stream, resource strategy, reuse factors as near CYCLES per sample as the layers'
sizes allow. out/result.json: {tool, execution: {samples, mismatches}, layers: {name: {reuse, multipliers, cycles}},
interval, multipliers}: what the reuse factors ask of Vitis HLS, which is not there; no synthesis stands behind them.
"""

from __future__ import annotations

import importlib.metadata
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_npz, write_json
from spec import golden
from spec.netspec import NetSpec
from spec.units import KERNEL, B1Layer, Depthwise, Pointwise, Readout


@dataclass(frozen=True)
class Size:
    """A layer as hls4ml's rules see it: inputs and outputs that split the products, of which it makes so many, `times`
    a sample (once for each pixel)."""

    inputs: int
    outputs: int
    products: int
    times: int


def sizes(spec: NetSpec) -> dict[str, Size]:
    pixels, found = spec.input.height * spec.input.width, {}
    for unit in spec.units:
        if isinstance(unit, Depthwise):
            taps = KERNEL**2 * unit.channels
            found[unit.name] = Size(taps, unit.channels, taps, pixels)
        elif isinstance(unit, Pointwise):
            found[unit.name] = Size(unit.in_channels, unit.out_channels, unit.weight.size, pixels)
        elif isinstance(unit, B1Layer | Readout):
            found[unit.name] = Size(unit.in_features, len(unit.weight), unit.weight.size, 1)
    return found


def reuse_factor(size: Size, cycles: int) -> int:
    """The largest factor that the resource strategy takes unchanged and that keeps the layer within `cycles`."""
    return max((factor for factor in range(1, size.products + 1)
                if factor * size.times <= cycles and _allowed(size.inputs, size.outputs, factor)), default=1)


def _allowed(inputs: int, outputs: int, factor: int) -> bool:
    """hls4ml's own rule: products split evenly, and a multiplier serves one output or whole columns of them."""
    multipliers = -(-inputs * outputs // min(inputs, factor))
    even = multipliers % outputs == 0 or factor >= inputs
    return even and (factor % inputs == 0 or factor < inputs) and inputs * outputs % factor == 0


def plan(spec: NetSpec, cycles: int) -> dict[str, dict[str, int]]:
    """Per layer its reuse factor, the multipliers and the cycles per sample that this means."""
    rows = {}
    for name, size in sizes(spec).items():
        reuse = reuse_factor(size, cycles)
        rows[name] = {"reuse": reuse, "multipliers": -(-size.products // reuse), "cycles": reuse * size.times}
    return rows


def main(spec: NetSpec, words: np.ndarray, out: Path, part: str, clock_ns: float, cycles: int) -> None:
    from hls4ml.model.graph import ModelGraph

    from peers.hls4ml_layers import layers

    rows = plan(spec, cycles)
    net = layers(spec, {name: row["reuse"] for name, row in rows.items()})
    config: dict[str, Any] = {"Model": {"Precision": "fixed<1,0>", "ReuseFactor": 1, "Strategy": "Resource"},
                              "LayerName": net.config}
    model = ModelGraph.from_layer_list({
        "Backend": "Vitis", "OutputDir": str(out / "project"), "ProjectName": "firstspike", "Part": part,
        "ClockPeriod": clock_ns, "IOType": "io_stream", "HLSConfig": config}, net.rows)
    for layer in model.get_layers():
        if layer.name in rows and layer.get_attr("reuse_factor") != rows[layer.name]["reuse"]:
            raise RuntimeError(f"{layer.name}: reuse factor {layer.get_attr('reuse_factor')}, "
                               f"expected {rows[layer.name]['reuse']}")
    model.compile()
    found = model.predict(np.ascontiguousarray(words.transpose(0, 2, 3, 1), np.float32)) * 2.0**-net.exponent
    wrong = (found.reshape(len(words), -1) != golden.run(spec, words).logits).any(axis=1)
    write_json(out / "result.json", {
        "tool": f"hls4ml {importlib.metadata.version('hls4ml')}",
        "execution": {"samples": len(words), "mismatches": int(wrong.sum())}, "layers": rows,
        "interval": max(row["cycles"] for row in rows.values()),
        "multipliers": sum(row["multipliers"] for row in rows.values())})


if __name__ == "__main__":
    given, samples, folder, part_name, period, target = sys.argv[1:]
    main(NetSpec.load(Path(given)), read_npz(Path(samples))["words"], Path(folder), part_name, float(period),
         int(target))
