"""Writes the presets tiny, balanced and fast of the shapes whose recordings are not to be had: SEED, DEAP, DREAMER.

    OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/explore_presets.py [--built] [PRESET ...]

As `make explore` for a run, but of untrained networks, calibrated on noise and asked with noise, whose encoder's v_min
is raised until SPIKING of the features spike, about as many as in trained ones: the latency is an estimate. Into
board/presets/<preset>-<name>.toml. With --built each is synthesised and simulated, and compared with the golden model,
as tests/benchmarks/presets.py does.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "benchmarks")]

from preset_nets import config, lowered  # noqa: E402 - after the path is set
from presets import simulated  # noqa: E402
from quant_nets import samples  # noqa: E402

from base.files import write_text  # noqa: E402
from board.preset import PRESETS, load_preset  # noqa: E402
from rtl import synth  # noqa: E402
from rtl.emit import TOP, emit  # noqa: E402
from spec import golden  # noqa: E402
from spec.fold import fold  # noqa: E402
from spec.netspec import NetSpec  # noqa: E402
from study.explore import preset_text  # noqa: E402
from study.explore_wishes import WISHES, Wish, looked_for  # noqa: E402

SHAPES = ("seed", "deap", "dreamer")
NOISE = 64  # samples
SPIKING = 0.1  # of features


def main() -> None:
    built = "--built" in sys.argv
    for preset in [name for name in sys.argv[1:] if name != "--built"] or SHAPES:
        for wish in WISHES:
            with tempfile.TemporaryDirectory() as folder:
                _written(preset, wish, Path(folder), built)


def sparse(spec: NetSpec, words: np.ndarray) -> NetSpec:
    """With a v_min above which SPIKING of the features lie by a tick or more."""
    encoder = spec.encoder
    features = golden.run(spec, words).values[spec.blocks[-1][1].name]
    v_min = max(0, int(np.quantile(features, 1 - SPIKING)) + 1 - (1 << encoder.shift))
    return replace(spec, units=tuple(replace(unit, v_min=v_min) if unit is encoder else unit for unit in spec.units))


def _written(preset: str, wish: Wish, folder: Path, built: bool) -> None:
    spec = lowered(preset, wish.bits, folder / "model.onnx")
    torch.manual_seed(1)
    words = spec.input.quantise(samples(config(preset), NOISE).numpy())
    spec = sparse(spec, words)
    trace = golden.run(spec, words)
    row = looked_for(spec, trace, wish)
    said = f"{row['said']}, INT{wish.bits}, untrained and on noise; by tests/benchmarks/explore_presets.py."
    write_text(PRESETS / f"{preset}-{wish.name}.toml", preset_text(load_preset(preset), row["fold"], said))
    share = float((trace.values[spec.encoder.name] > 0).mean())
    line = (f"| {preset}-{wish.name} | INT{wish.bits} | {share:.2f} | {row['met']} | {row['said']} "
            f"| {row['lut']:,.0f} | {row['worst']:,.0f} |")
    if built:
        folded = fold(spec, **row["fold"])
        sources = emit(folded, folder / "rtl")
        result = simulated(folded, words, folder / "rtl")
        found = synth.synth(sources, TOP, folder / "rtl", ROOT / "build" / "synthesised")
        line += (f" {found['lut']:,} | {found['bram36']:g} | {found['dsp']} | {result.latency.max():,} | "
                 f"{result.interval:,.0f} |")
    print(line, flush=True)


if __name__ == "__main__":
    main()
