"""Resources and cycles of every preset at INT8 for the data set it is made for.

    OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/presets.py [PRESET ...]

Untrained networks, calibrated on noise: LUT and FF depend a little on the weights. Each design is simulated on inputs
that reach every corner and compared with the golden model, then synthesised with Yosys (a minute each). Prints the
measured columns of the table in docs/datasets.md; exits with 1 above a bound.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from preset_nets import DATASETS, MOST, MOST_CYCLES, config, lowered  # noqa: E402 - after the path is set
from quant_nets import corners  # noqa: E402

from rtl import cycles, synth  # noqa: E402
from rtl.emit import TOP, emit  # noqa: E402
from rtl.sim import SimResult, simulate  # noqa: E402
from spec import golden  # noqa: E402
from spec.netspec import NetSpec  # noqa: E402

BITS = 8


def simulated(spec: NetSpec, words: np.ndarray, folder: Path) -> SimResult:
    """What the RTL in `folder` answers. RuntimeError where outputs, spikes or cycles are not the models'."""
    trace = golden.run(spec, words)
    result = simulate(spec, words, folder, ROOT / "build" / "verilated")
    for name, got, wanted in (
        ("outputs", result.outputs, np.column_stack([trace.logits, trace.predicted])),
        ("spikes", result.spikes, trace.spike_counts(spec)),
        ("latency", result.latency, cycles.predicted_latency(spec, trace)),
    ):
        if not np.array_equal(got, wanted):
            raise RuntimeError(f"{spec.preset}: {name}: {int((got != wanted).sum())} values are not the models'")
    return result


def measure(preset: str, folder: Path) -> bool:
    """Print the preset's row; True if it keeps all bounds."""
    spec = lowered(preset, BITS, folder / "model.onnx")
    sources = emit(spec, folder / "rtl")
    words = spec.input.quantise(corners(config(preset)))
    result = simulated(spec, words, folder / "rtl")
    found = synth.synth(sources, TOP, folder / "rtl")
    worst = cycles.worst_latency(spec)
    shape = f"{spec.input.channels}×{spec.input.height}×{spec.input.width}, {spec.readout.classes}"
    print(f"| `{preset}` | {shape} | {found['lut']:,} | {found['ff']:,} | {found['bram36']:g} | {found['dsp']} | "
          f"{result.latency.min():,}–{result.latency.max():,} | {worst:,} | {result.interval:,.0f} |", flush=True)
    return worst < MOST_CYCLES and all(found[key] <= most for key, most in MOST.items())


def main() -> int:
    kept = []
    for preset in sys.argv[1:] or DATASETS:
        with tempfile.TemporaryDirectory() as folder:
            kept.append(measure(preset, Path(folder)))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
