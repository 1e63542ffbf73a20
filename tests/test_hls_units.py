"""Each HLS unit alone against golden, beat by beat and event by event, under sanitizers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.files import write_text
from hls.csim import CHECKED, build, execute
from hls.emit import arguments, emit, render, rom_rows
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import B1Layer, Depthwise, Encoder, Pointwise, Readout, index_bits

SAMPLES = 12
CASES = {
    "bits8-lanes1": make_spec(bits=8, lanes=1, v_min=0),
    "bits6-lanes2-folded-strided": fold(make_spec(bits=6, classes=3, seed=1, strides=(2, 1)), (2, 2), (3, 1), (2, 4),
                                        multipliers="lut"),
    "bits4-lanes4-dsp": fold(make_spec(bits=4, seed=2), (4, 4), features=4, core="dsp"),
    "bits6-dsp-folded": fold(make_spec(bits=6, classes=3, seed=1), (1, 2), pe=(4, 8), core="dsp", neurons=(4, 1),
                             classes=1),
    "bits4-ticks-folded-packed": fold(make_spec(bits=4, seed=2), (4, 2), pe=(4, 8), neurons=(4, 1),
                                      multipliers="packed"),
    "bits8-shift": fold(make_spec(bits=8, v_min=0), (4, 4), features=2, core="shift", neurons=(16, 4)),
}


@dataclass(frozen=True, eq=False)
class Bench:
    """A spec, its compiled units, and golden's values on every stream."""

    spec: NetSpec
    binary: Path
    trace: golden.Trace
    scratch: Path

    def drive(self, name: str, stimulus: list[int]) -> list[int]:
        """Send words to one unit, SAMPLES calls; return what it sent, a sample's spike count behind its words."""
        words, response = self.scratch / "words", self.scratch / "response"
        words.write_bytes(np.array(stimulus, np.uint64).tobytes())
        execute([str(self.binary), name, str(SAMPLES), str(words), str(response)])
        return [int(word) for word in np.fromfile(response, np.uint64)]


@pytest.fixture(scope="module", params=list(CASES.values()), ids=list(CASES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder, spec = tmp_path_factory.mktemp("units"), request.param
    emit(spec, folder)
    template = Path(__file__).parent / "hls_units.cpp.j2"
    write_text(folder / "units.cpp", render(spec, template, arguments=partial(arguments, spec)))
    binary = build(folder, sources=("units.cpp",), flags=CHECKED)
    return Bench(spec, binary, golden.run(spec, make_words(spec, SAMPLES)), folder)


def flat(samples: Iterable[list[int]]) -> list[int]:
    return list(chain.from_iterable(samples))


def beats(values: np.ndarray, lanes: int, bits: int) -> list[list[int]]:
    """(N, values) -> per sample, beats of `lanes` values with lane 0 lowest."""
    fields = (values & ((1 << bits) - 1)).reshape(len(values), -1, lanes)
    return [[sum(int(field) << (lane * bits) for lane, field in enumerate(beat)) for beat in sample]
            for sample in fields]


def events(x: np.ndarray, unit: Encoder | B1Layer, order: str) -> list[int]:
    """Earliness of one sample -> its events; spikes in the given order, inside a tick or of all."""
    bits = index_bits(len(x))
    if unit.core != "ticks":
        neurons = in_order(np.arange(len(x)), order)
        words = [int(x[j]) << bits | int(j) for j in neurons if x[j] > 0 or j == neurons[-1]]
        return [*words[:-1], words[-1] | 1 << (bits + unit.time_bits)]
    words = []
    for tick in range(unit.window):
        now = in_order(np.flatnonzero((x > 0) & (unit.window - x == tick)), order, tick)
        words += [int(j) | 1 << bits for j in now] or [0]
        words[-1] |= 1 << (bits + 1) | (tick == unit.window - 1) << (bits + 2)
    return words


def in_order(neurons: np.ndarray, order: str, seed: int = 0) -> np.ndarray:
    """Ascending ones, ordered as said."""
    return {"ascending": neurons, "descending": neurons[::-1],
            "shuffled": np.random.default_rng(seed).permutation(neurons)}[order]


def without_empty_index(words: list[int], bits: int) -> list[int]:
    """An event without a spike has no meaning in its index bits."""
    return [word if word >> bits & 1 else word >> bits << bits for word in words]


def before(spec: NetSpec, name: str) -> str:
    names = [unit.name for unit in spec.units]
    return names[names.index(name) - 1]


def test_dwconv(bench: Bench) -> None:
    for unit, _ in bench.spec.blocks:
        source = beats(bench.trace.values[before(bench.spec, unit.name)], unit.lanes, unit.in_bits)
        wanted = beats(bench.trace.values[unit.name], unit.lanes, unit.out_bits)
        assert isinstance(unit, Depthwise)
        assert bench.drive(unit.name, flat(source)) == flat([*sample, 0] for sample in wanted)


def test_pwconv(bench: Bench) -> None:
    for _, unit in bench.spec.blocks:
        source = beats(bench.trace.values[before(bench.spec, unit.name)], unit.lanes, unit.in_bits)
        wanted = beats(bench.trace.values[unit.name], unit.out_lanes, unit.out_bits)
        assert isinstance(unit, Pointwise)
        assert bench.drive(unit.name, flat(source)) == flat([*sample, 0] for sample in wanted)


def test_encoder_sends_its_spikes_in_its_order(bench: Bench) -> None:
    unit = bench.spec.encoder
    features = np.resize(np.arange(1 << unit.in_bits), (SAMPLES, unit.features))
    features = np.random.default_rng(0).permuted(features, axis=1)
    features[0], features[1] = 0, (1 << unit.in_bits) - 1  # no spike at all, and every spike in one tick
    source, x = beats(features, unit.lanes, unit.in_bits), golden.encoder(unit, features)
    assert np.array_equal(np.unique(x), np.arange(unit.window + 1))  # silence and every tick are reached
    bits = index_bits(unit.features)
    order = "descending" if unit.core == "ticks" else "ascending"
    wanted = flat([*events(sample, unit, order), int((sample > 0).sum())] for sample in x)
    sent = bench.drive(unit.name, flat(source))
    if unit.core == "ticks":
        sent, wanted = without_empty_index(sent, bits), without_empty_index(wanted, bits)
    assert sent == wanted


@pytest.mark.parametrize("order", ["descending", "ascending", "shuffled"])
def test_b1_layer_fires_in_order_whatever_the_order_of_spikes(bench: Bench, order: str) -> None:
    source_unit: Encoder | B1Layer = bench.spec.encoder
    for unit in bench.spec.layers:
        source = [events(sample, source_unit, order) for sample in bench.trace.values[source_unit.name]]
        x = bench.trace.values[unit.name]
        assert {True, False} == set((x > 0).flat)
        wanted = flat([*events(sample, unit, "ascending"), int((sample > 0).sum())] for sample in x)
        assert bench.drive(unit.name, flat(source)) == wanted
        source_unit = unit


def test_readout(bench: Bench) -> None:
    unit, source_unit = bench.spec.readout, bench.spec.layers[-1]
    assert isinstance(unit, Readout)
    source = [events(sample, source_unit, "ascending") for sample in bench.trace.values[source_unit.name]]
    wanted = []
    for logits, predicted in zip(bench.trace.logits, bench.trace.predicted, strict=True):
        wanted += [*(int(logit) & 0xFFFFFFFF for logit in logits), int(predicted), 0]
    assert bench.drive(unit.name, flat(source)) == wanted


def test_a_tie_goes_to_the_lowest_class(bench: Bench) -> None:
    """Silence leaves equal biases in every accumulator."""
    unit, source_unit = bench.spec.readout, bench.spec.layers[-1]
    silence = events(np.zeros(unit.in_features, np.int64), source_unit, "ascending")
    packet = [*(int(bias) for bias in unit.bias), 0, 0]
    assert bench.drive(unit.name, silence * SAMPLES) == packet * SAMPLES


def test_a_unit_that_is_fed_too_little_or_too_much_is_an_error(bench: Bench) -> None:
    unit = bench.spec.blocks[0][0]
    source = flat(beats(bench.trace.values[bench.spec.input.name], unit.lanes, unit.in_bits))
    with pytest.raises(RuntimeError, match="stream in: read while empty"):
        bench.drive(unit.name, source[:-1])
    with pytest.raises(RuntimeError, match="stream in: holds 1 words at the end"):
        bench.drive(unit.name, [*source, 0])


@pytest.mark.parametrize("bits", [4, 6, 8, 16])
def test_rom_rows_hold_every_weight(bits: int) -> None:
    weights = np.random.default_rng(bits).integers(-(1 << (bits - 1)), 1 << (bits - 1), (3, 21))
    per_word = 64 // bits
    rows = rom_rows(weights, bits)
    assert rows.shape == (3, -(-21 // per_word))
    for (row, column), weight in np.ndenumerate(weights):
        field = int(rows[row, column // per_word]) >> (column % per_word * bits) & ((1 << bits) - 1)
        assert field == weight & ((1 << bits) - 1)
