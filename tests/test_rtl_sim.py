"""Whole sample sets through the Verilated chip: bit for bit the golden model, and in the predicted cycles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cocotb_streams import flip, patch
from synthetic import make_spec, make_words

from base.errors import UserError
from rtl import cycles, sim, verilator
from rtl.emit import emit
from spec import golden, packets
from spec.netspec import NetSpec

CACHE = Path(__file__).parents[1] / "build" / "verilated"
SAMPLES = 40

NETS = {
    "8 bit": make_spec(),
    "4 bit, 2 lanes": make_spec(bits=4, lanes=2),
    "odd shapes, 3 classes": make_spec(bits=6, channels=3, height=2, width=5, blocks=(5, 7), hidden=(9,), classes=3,
                                       act_bits=5),
    "one block, no hidden layer": make_spec(channels=3, height=3, width=3, lanes=3, blocks=(6,), hidden=(), classes=5),
}


def outputs(trace: golden.Trace) -> np.ndarray:
    return np.concatenate([trace.logits, trace.predicted[:, None]], axis=1)


@pytest.mark.parametrize("name", NETS)
def test_chip_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    spec = NETS[name]
    words = make_words(spec, SAMPLES)
    trace = golden.run(spec, words)
    emit(spec, tmp_path)
    result = sim.simulate(spec, words, tmp_path, CACHE)
    np.testing.assert_array_equal(result.outputs, outputs(trace))
    np.testing.assert_array_equal(result.spikes, trace.spike_counts(spec))
    np.testing.assert_array_equal(result.latency, cycles.predicted_latency(spec, trace))
    np.testing.assert_array_equal(result.stage_cycles[:, -1] + cycles.TRANSFER, result.latency)
    assert (np.diff(result.stage_cycles, axis=1) > 0).all()
    assert result.latency.max() <= cycles.worst_latency(spec)
    assert 0 < result.interval < result.latency.mean()
    program, beats = sim.build(emit(spec, tmp_path), CACHE, spec.digest), packets.pack(spec, words)
    for seed, sizes in ((0, [1] * SAMPLES), (1, [SAMPLES]), (2, [1, 2, 30, 1, 6])):
        got, _, spikes, errors = sim.stream(spec, program, tmp_path, packets.transfers(beats, sizes), seed)
        np.testing.assert_array_equal(got, outputs(trace))
        np.testing.assert_array_equal(spikes, result.spikes.sum(axis=0))
        assert errors == 0


def any_transfers(spec: NetSpec, words: np.ndarray, seed: int) -> np.ndarray:
    """Transfers of any length, inside samples and at their ends: flat uint64."""
    rng = np.random.default_rng(seed)
    beats = packets.pack(spec, words).astype(np.uint64).ravel()
    beats[rng.random(len(beats)) < 1 / spec.input.beats] |= packets.LAST
    beats[spec.input.beats - 1::3 * spec.input.beats] |= packets.LAST
    beats[-1] |= packets.LAST
    return beats


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_transfers_of_any_length_are_answered_as_the_spec_says(name: str, seed: int, tmp_path: Path) -> None:
    spec = NETS[name]
    beats = any_transfers(spec, make_words(spec, SAMPLES), seed)
    wanted = packets.answer(spec, beats)
    program = sim.build(emit(spec, tmp_path), CACHE, spec.digest)
    got, _, spikes, errors = sim.stream(spec, program, tmp_path, beats, seed)  # it looks at every TLAST
    np.testing.assert_array_equal(got, wanted.outputs)
    np.testing.assert_array_equal(spikes, wanted.spikes.sum(axis=0))
    assert errors == wanted.errors > 5


def test_worst_latency_is_reached_when_all_spike_at_once() -> None:
    spec = NETS["4 bit, 2 lanes"]
    neurons = [spec.encoder.features, *(layer.out_features for layer in spec.layers)]
    values = {unit.name: np.full((1, n), 5) for unit, n in zip(spec.spiking, neurons, strict=True)}
    trace = golden.Trace(values, np.zeros((1, 2)), np.zeros(1))
    assert cycles.predicted_latency(spec, trace) == cycles.worst_latency(spec)


def broken_outputs(spec: NetSpec, folder: Path, sources: list[Path], words: np.ndarray) -> np.ndarray:
    program = sim.build(sources, CACHE, spec.digest)
    return sim.stream(spec, program, folder, packets.transfers(packets.pack(spec, words)))[0]


@pytest.mark.parametrize(("rom", "word", "bit"), [
    ("dw0_weight", 3, 5), ("pw0_weight", 3, 5), ("pw0_start", 0, 9), ("dw1_weight", 7, 5), ("pw1_weight", 7, 5),
    ("pw1_start", 0, 9), ("b1_0_weight", 40, 6), ("b1_0_start", 0, 12), ("b1_1_weight", 4, 30), ("b1_1_start", 0, 12),
    ("readout_weight", 3, 5), ("readout_start", 0, 0),
])
def test_notices_one_wrong_bit_in_any_rom(rom: str, word: int, bit: int, tmp_path: Path) -> None:
    spec = NETS["8 bit"]
    words = make_words(spec, SAMPLES)
    sources = emit(spec, tmp_path)
    file = tmp_path / "rom" / f"{rom}.hex"
    flip(file, word, bit)
    assert (broken_outputs(spec, tmp_path, sources, words) != outputs(golden.run(spec, words))).any()


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param(".SHIFT(2),\n        .LANES(2), .OUT_LANES(1)", ".SHIFT(3),\n        .LANES(2), .OUT_LANES(1)",
                 id="shift"),
    pytest.param(".s_axis_tdata(dw0_out_data)", ".s_axis_tdata({dw0_out_data[7:0], dw0_out_data[15:8]})", id="lanes"),
    pytest.param(".s_axis_tvalid(b1_0_out_valid)", ".s_axis_tvalid(b1_0_out_valid && !b1_0_out_data[4])", id="valid"),
])
def test_notices_a_broken_line_of_the_top(line: str, broken: str, tmp_path: Path) -> None:
    spec = NETS["4 bit, 2 lanes"]
    words = make_words(spec, SAMPLES)
    expected = outputs(golden.run(spec, words))
    *units, top = emit(spec, tmp_path / "design")
    sources = [*units, patch(top, line, broken, tmp_path)]
    try:
        different = (broken_outputs(spec, tmp_path / "design", sources, words) != expected).any()
    except sim.SimulationError:
        different = True
    assert different


def test_harness_notices_a_wrong_last(tmp_path: Path) -> None:
    spec = NETS["4 bit, 2 lanes"]
    *units, top = emit(spec, tmp_path / "design")
    sources = [*units, patch(top, ".s_axis_tlast(readout_out_last)", ".s_axis_tlast(1'b0)", tmp_path)]
    with pytest.raises(sim.SimulationError, match="TLAST is 0 on beat 3"):
        broken_outputs(spec, tmp_path / "design", sources, make_words(spec, 4))


def test_other_weights_need_no_new_build(tmp_path: Path) -> None:
    spec = make_spec()
    built = sim.build(emit(spec, tmp_path / "a"), CACHE, spec.digest)
    for unit in spec.units:  # the same widths: only the digest and the ROMs change
        if unit.kind == "dwconv":
            unit.weight.flat[1] ^= 1
    other = NetSpec(spec.preset, spec.units)
    assert other.digest != spec.digest
    assert sim.build(emit(other, tmp_path / "b"), CACHE, other.digest) == built


def test_lint_is_clean(tmp_path: Path) -> None:
    for name, spec in NETS.items():
        verilator.lint(emit(spec, tmp_path / name.replace(" ", "_")), "top", {}, tmp_path)


def test_no_sample_is_named(tmp_path: Path) -> None:
    spec = NETS["8 bit"]
    with pytest.raises(UserError, match="no sample"):
        sim.simulate(spec, make_words(spec, 2)[:0], tmp_path, CACHE)
