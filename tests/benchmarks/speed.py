"""How fast each implementation of the default network at INT8 runs: `make bench`.

    PYTHONPATH=. OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/speed.py

One thread; builds, which are made once, are not counted. All must agree. The network is untrained, calibrated on noise,
so more neurons spike than in a trained one: spikes cost the simulations time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from preset_nets import config, lowered  # noqa: E402 - after the path is set
from quant_nets import corners  # noqa: E402

from hls import csim  # noqa: E402
from hls.emit import emit as emit_hls  # noqa: E402
from hls.packets import pack as pack_hls  # noqa: E402
from quant.execute import run_qonnx  # noqa: E402
from rtl import sim  # noqa: E402
from rtl.emit import emit  # noqa: E402
from spec import golden, packets  # noqa: E402

SAMPLES = 512
BITS = 8


def timed(run: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Its result, and seconds: the better of two runs, the first of which may load what it needs."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    return result, min(seconds)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "model.onnx"
        spec = lowered("default", BITS, model)
        x = corners(config("default"), SAMPLES)
        words = spec.input.quantise(x)
        sources = emit(spec, folder / "rtl")
        program = sim.build(sources, ROOT / "build" / "verilated", spec.digest, options=sim.FAST)
        emit_hls(spec, folder / "hls")
        binary = csim.build(folder / "hls")
        beats, hls_beats = packets.transfers(packets.pack(spec, words)), pack_hls(spec, words)
        cycles = [0]

        def verilated() -> np.ndarray:
            outputs, finished, _, _ = sim.stream(spec, program, folder / "rtl", beats)
            cycles[0] = int(finished[-1])
            return outputs[:, :-1]

        runs: dict[str, Callable[[], np.ndarray]] = {
            "golden model, NumPy": lambda: golden.run(spec, words).logits,
            "C simulation of the HLS kernels": lambda: csim.run(binary, spec, hls_beats).packets[:, :-1],
            "RTL in Verilator": verilated,
            "model.onnx in QONNX": lambda: np.round(run_qonnx(model, x) / 2.0**spec.readout.exponent).astype(np.int64),
        }
        found = {name: timed(run) for name, run in runs.items()}
    logits, base = found["golden model, NumPy"]
    print(f"| {SAMPLES} samples, INT{BITS} | samples/s | against golden |\n|---|---|---|")
    for name, (result, seconds) in found.items():
        if not np.array_equal(result, logits):
            print(f"error: {name}: logits are not golden's", file=sys.stderr)
            return 1
        print(f"| {name} | {SAMPLES / seconds:,.0f} | {base / seconds:.2f} |")
    speed = cycles[0] / found["RTL in Verilator"][1] / 1e6
    print(f"\nVerilator: {cycles[0]:,} cycles of the clock, {speed:.2f} million per second, its start included")
    return 0


if __name__ == "__main__":
    sys.exit(main())
