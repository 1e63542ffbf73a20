"""The chip with each core, folded and not: bit for bit the golden model, and in the predicted cycles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from many import some
from random_specs import random_spec
from synthetic import make_spec, make_words

from rtl import cycles, sim, verilator
from rtl.emit import emit
from spec import early, golden, packets
from spec.fold import fold
from spec.netspec import NetSpec

CACHE = Path(__file__).parents[1] / "build" / "verilated"
ODD = {"bits": 4, "channels": 3, "height": 2, "width": 5, "blocks": (5, 7), "hidden": (9,), "classes": 3, "act_bits": 5}
CHIPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # of make_spec, of fold
    "dsp": ({}, {"core": "dsp"}),
    "shift": ({}, {"core": "shift"}),
    "dsp, folded": ({"bits": 7, "seed": 1}, {"core": "dsp", "neurons": (4, 4), "classes": 1}),
    "dsp, 4 features": ({"bits": 4}, {"lanes": (2, 2), "features": 4, "core": "dsp", "neurons": (8, 8)}),
    "shift, folded": ({"bits": 6}, {"core": "shift", "neurons": (4, 2), "classes": 1}),
    "shift, one by one": (ODD, {"core": "shift", "neurons": (1,), "classes": 1}),
    "dsp, no hidden layer": ({"bits": 5, "hidden": (), "classes": 4}, {"core": "dsp", "features": 2, "classes": 2}),
}


def chip(name: str) -> NetSpec:
    made, folded = CHIPS[name]
    return fold(make_spec(**made), **{"lanes": (1, 1), **folded})


def random_core(seed: int) -> NetSpec:
    """Random network number `seed`, with one of the two cores and random folds of its back end."""
    spec, rng = random_spec(seed), np.random.default_rng(seed)
    spec = early.deciding(spec, "off")
    last = spec.blocks[-1][1].out_channels if spec.blocks else spec.input.values

    def divisor(number: int) -> int:
        return int(rng.choice([count for count in range(1, number + 1) if number % count == 0]))

    return fold(spec, [depthwise.lanes for depthwise, _ in spec.blocks], core=str(rng.choice(["shift", "dsp"])),
                features=divisor(last), classes=divisor(spec.readout.classes),
                neurons=[divisor(layer.out_features) for layer in spec.layers])


@pytest.mark.parametrize("name", some([*CHIPS, 0, 1, 2, 5], [*list(CHIPS)[::2], 0, 1]))
def test_chip_equals_golden_in_the_predicted_cycles(name: str | int, tmp_path: Path) -> None:
    spec = random_core(name) if isinstance(name, int) else chip(name)
    words = make_words(spec, 40)
    trace = golden.run(spec, words)
    expected = np.column_stack([trace.logits, trace.predicted])
    sources = emit(spec, tmp_path)
    verilator.lint(sources, "top", {}, tmp_path)
    result = sim.simulate(spec, words, tmp_path, CACHE)
    np.testing.assert_array_equal(result.outputs, expected)
    np.testing.assert_array_equal(result.spikes, trace.spike_counts(spec))
    np.testing.assert_array_equal(result.latency, cycles.predicted_latency(spec, trace))
    assert result.latency.max() <= cycles.worst_latency(spec)
    beats = packets.transfers(packets.pack(spec, words))
    outputs, _, spikes, _ = sim.stream(spec, sim.build(sources, CACHE, spec.digest), tmp_path, beats, seed=1)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(spikes, result.spikes.sum(axis=0))


def test_every_core_computes_the_same() -> None:
    specs = [fold(make_spec(), (1, 1), core=core) for core in ("ticks", "shift", "dsp")]
    words = make_words(specs[0], 20)
    first, *others = (golden.run(spec, words) for spec in specs)
    assert all(np.array_equal(first.logits, other.logits) for other in others)
    assert len({spec.digest for spec in specs}) == 3
