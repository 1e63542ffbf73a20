"""Every preset, for the data set it is made for: it lowers, and any sample is answered within the bounds of the chip.

LUT and FF need synthesis: tests/benchmarks/presets.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from many import some
from preset_nets import DATASETS, MOST, MOST_CYCLES, config, lowered
from quant_nets import corners

from base.records import ROOT
from board.preset import PRESETS, load_preset, preset_names
from model.data.registry import SETS
from quant.execute import run_qonnx
from rtl import verilator
from rtl.cycles import predicted_latency, worst_latency
from rtl.emit import TOP, emit
from rtl.sim import simulate
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec

FOLDS = ("balanced", "balanced-shift", "fast", "fast-int4", "tiny")
SHAPES = ("seed", "deap", "dreamer")
FOLDED = [name for name in preset_names() if name.startswith(tuple(f"{shape}-" for shape in SHAPES))]
SAMPLES = 12
ROM_DEPTH = 64  # words; a deeper weight_rom.sv of these networks is block RAM


def bram36(spec: NetSpec) -> float:
    """Block RAM of weights and encoder: half a block holds 1024 words of 18 bits or 512 of 36."""
    weights = [(unit.in_features, len(unit.weight) * unit.weight_bits) for unit in (*spec.layers, spec.readout)]
    lists = 2 << (spec.encoder.features - 1).bit_length(), (spec.encoder.features - 1).bit_length() + 1
    memories = [*((depth, bits) for depth, bits in weights if depth > ROM_DEPTH), lists]
    return sum(depth // 1024 * -(-bits // 18) + (depth % 1024 > 0) * -(-bits // (18 if depth % 1024 > 512 else 36))
               for depth, bits in memories) / 2


def test_every_preset_has_its_data_set() -> None:
    pictures = {entry.preset for entry in SETS.values() if not entry.eeg}
    names = {path.stem for path in PRESETS.glob("*.toml")} - set(DATASETS) - pictures
    assert names == {*FOLDS, *FOLDED}
    assert set(FOLDED) <= {f"{shape}-{name}" for shape in SHAPES for name in FOLDS}
    for name in names:  # a fold of the network of its shape
        whole = load_preset("default" if name in FOLDS else name.rsplit("-", 1)[0])
        assert (load_preset(name).channels, load_preset(name).hidden) == (whole.channels, whole.hidden)
    networks = {preset: config(preset) for preset in DATASETS}
    shapes = {preset: (net.in_channels, net.height, net.width) for preset, net in networks.items()}
    assert shapes == {"default": (20, 5, 5), "seed": (4, 8, 9), "deap": (6, 6, 7), "dreamer": (9, 4, 5)}


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("preset", DATASETS)
def test_fits_the_chip(preset: str, bits: int, tmp_path: Path) -> None:
    spec = lowered(preset, bits, tmp_path / "model.onnx")
    assert (spec.preset, spec.weight_bits, spec.time_bits) == (preset, bits, bits)
    assert [depthwise.lanes for depthwise, _ in spec.blocks] == list(load_preset(preset).lanes)
    assert worst_latency(spec) < MOST_CYCLES
    assert bram36(spec) <= MOST["bram36"]
    assert sum((9 + pointwise.out_channels) * depthwise.lanes for depthwise, pointwise in spec.blocks) <= MOST["dsp"]


@pytest.mark.parametrize("bits", [8, 4])
def test_golden_equals_qonnx_on_seed(bits: int, tmp_path: Path) -> None:
    spec = lowered("seed", bits, tmp_path / "model.onnx")
    x = corners(config("seed"), count=12)
    logits = golden.run(spec, spec.input.quantise(x)).logits
    np.testing.assert_array_equal(run_qonnx(tmp_path / "model.onnx", x), logits * 2.0**spec.readout.exponent)
    assert len(np.unique(logits, axis=0)) > len(x) // 2


@pytest.mark.parametrize("preset", some(FOLDED, FOLDED[:1]))
def test_a_fold_of_another_shape_is_exact_in_the_rtl(preset: str, tmp_path: Path) -> None:
    """Lint, outputs, spikes and cycles, on inputs that reach every corner."""
    shape, name = preset.rsplit("-", 1)
    spec = fold(lowered(shape, 4 if name == "tiny" else 8, tmp_path / "model.onnx"), **load_preset(preset).fold)
    words = spec.input.quantise(corners(config(shape), count=SAMPLES))
    trace = golden.run(spec, words)
    verilator.lint(emit(spec, tmp_path / "rtl"), TOP, {}, tmp_path / "rtl")
    found = simulate(spec, words, tmp_path / "rtl", ROOT / "build" / "verilated")
    np.testing.assert_array_equal(found.outputs, np.column_stack([trace.logits, trace.predicted]))
    np.testing.assert_array_equal(found.spikes, trace.spike_counts(spec))
    np.testing.assert_array_equal(found.latency, predicted_latency(spec, trace))
