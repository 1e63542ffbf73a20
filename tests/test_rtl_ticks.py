"""The chip with folded layers of the core ticks: bit for bit the golden model, and in the predicted cycles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from rtl import cycles, sim, verilator
from rtl.emit import TOP, emit
from spec import golden
from spec.fold import fold

CACHE = Path(__file__).parents[1] / "build" / "verilated"
ODD = {"bits": 4, "channels": 3, "height": 2, "width": 5, "blocks": (5, 7), "hidden": (9,), "classes": 3, "act_bits": 5}
CHIPS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {  # of make_spec; neurons at once
    "slow behind fast": ({"bits": 4}, (16, 2)),
    "fast behind slow": ({"bits": 6}, (2, 8)),
    "one by one": (ODD, (1,)),
    "three layers": ({"bits": 8, "hidden": (24, 12, 6)}, (12, 1, 3)),
}


@pytest.mark.parametrize("name", CHIPS)
def test_chip_equals_golden_in_the_predicted_cycles(name: str, tmp_path: Path) -> None:
    made, neurons = CHIPS[name]
    spec = fold(make_spec(**made), (1, 1), neurons=neurons)
    words = make_words(spec, 40)
    trace = golden.run(spec, words)
    verilator.lint(emit(spec, tmp_path), TOP, {}, tmp_path)
    result = sim.simulate(spec, words, tmp_path, CACHE)
    np.testing.assert_array_equal(result.outputs, np.column_stack([trace.logits, trace.predicted]))
    np.testing.assert_array_equal(result.spikes, trace.spike_counts(spec))
    np.testing.assert_array_equal(result.latency, cycles.predicted_latency(spec, trace))
    assert result.latency.max() <= cycles.worst_latency(spec)


def test_the_read_out_is_not_folded(tmp_path: Path) -> None:
    spec = fold(make_spec(classes=4), (1, 1), classes=2)
    with pytest.raises(UserError, match=r"readout.pe: got 2, expected 4"):
        emit(spec, tmp_path)
