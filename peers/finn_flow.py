"""FINN's estimate flow on a NetSpec, in .venv-peers: `python -m peers.finn_flow SPEC WORDS OUT PART CLOCK_NS CYCLES …`.

Per target of CYCLES, and per way of writing 8-bit activations, one build. out/result.json: {tool, execution: {samples,
mismatches}, builds: [...]}, see `summary`. Execution: the graph of FINN's hardware layers in Python, against the golden
model; FINN's own simulations of C++ and RTL need Vivado.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_json, read_npz, write_json
from spec import golden
from spec.netspec import NetSpec

REQUANT_FROM_BITS = {"thresholds": 9, "requant": 8}  # activations of so many bits and more become Requant layers
BRAM_HALVES = 2  # BRAM18 per BRAM36


def summary(report: Path, target: int, activations: str) -> dict[str, Any]:
    """One build, from the folder of its reports. latency is FINN's sum over layers, as if none overlapped."""
    performance = read_json(report / "estimate_network_performance.json")
    layers = dict(read_json(report / "estimate_layer_resources.json"))
    total = layers.pop("total")
    return {
        "target": target, "activations": activations, "interval": int(performance["max_cycles"]),
        "latency": int(performance["critical_path_cycles"]), "slowest": performance["max_cycles_node_name"],
        "lut": int(total["LUT"]), "bram36": total["BRAM_18K"] / BRAM_HALVES, "dsp": int(total["DSP"]),
        "uncounted": sorted(name for name, found in layers.items()
                            if not any(found[key] for key in ("LUT", "BRAM_18K", "DSP"))),
    }


def main(spec: NetSpec, words: np.ndarray, out: Path, part: str, clock_ns: float, targets: list[int]) -> None:
    from peers.finn_graph import graph

    _without_simulation()
    model = out / "network.onnx"
    graph(spec).save(str(model))
    builds: list[dict[str, Any]] = []
    execution: dict[str, int] = {}
    for target in targets:
        for activations, bits in REQUANT_FROM_BITS.items():
            folder = out / f"{activations}-{target}"
            _build(model, folder, part, clock_ns, target, bits)
            builds.append(summary(folder / "report", target, activations))
            if not execution:
                execution = _execute(spec, words, folder / "intermediate_models" / "step_convert_to_hw.onnx")
    write_json(out / "result.json", {"tool": f"finn-plus {importlib.metadata.version('finn-plus')}",
                                     "execution": execution, "builds": builds})


def _without_simulation() -> None:
    """A placeholder for the simulation that Vivado would build, which the estimate flow imports and never uses."""
    import finn.xsi
    from finn.util.settings import initialize_dummy_settings

    finn.xsi.SimEngine = type("SimEngine", (), {})
    initialize_dummy_settings()


def _build(model: Path, folder: Path, part: str, clock_ns: float, target: int, requant_bits: int) -> None:
    from finn.builder import build_dataflow_config as config
    from finn.builder.build_dataflow import build_dataflow_cfg

    done = build_dataflow_cfg(str(model), config.DataflowBuildConfig(
        output_dir=str(folder), synth_clk_period_ns=clock_ns, fpga_part=part, steps=config.estimate_only_dataflow_steps,
        generate_outputs=[config.DataflowOutputType.ESTIMATE_REPORTS], target_fps=round(1e9 / clock_ns / target),
        standalone_thresholds=True, requant_bitwidth_threshold=requant_bits, save_intermediate_models=True))
    if done:
        raise RuntimeError(f"FINN, {target} cycles: build ended with {done}, see {folder}/build_dataflow.log")


def _execute(spec: NetSpec, words: np.ndarray, path: Path) -> dict[str, int]:
    from finn.core.onnx_exec import execute_onnx
    from qonnx.core.modelwrapper import ModelWrapper

    model = ModelWrapper(str(path))
    name = model.graph.input[0].name
    found = [execute_onnx(model, {name: sample[None].astype(np.float32)})[model.graph.output[0].name][0]
             for sample in words]
    wrong = (np.stack(found) != golden.run(spec, words).logits).any(axis=1)
    return {"samples": len(words), "mismatches": int(wrong.sum())}


if __name__ == "__main__":
    given, samples, folder, part_name, period, *cycles = sys.argv[1:]
    main(NetSpec.load(Path(given)), read_npz(Path(samples))["words"], Path(folder), part_name, float(period),
         [int(value) for value in cycles])
