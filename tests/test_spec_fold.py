"""Folding a network: what follows in every unit, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec

FOLDED = {"lanes": (2, 4), "taps": (3, 1), "pe": (4, 4), "features": 4, "core": "dsp", "neurons": (8, 1), "classes": 1,
          "multipliers": "lut"}


def test_nothing_said_is_all_at_once_tick_by_tick() -> None:
    spec = make_spec()
    assert fold(spec, (1, 1)).digest == spec.digest
    assert [unit.fold for unit in spec.units if unit.fold] == [
        {"lanes": 1, "taps": 9, "multipliers": "dsp"}, {"lanes": 1, "pe": 8, "out_lanes": 1, "multipliers": "dsp"},
        {"lanes": 1, "taps": 9, "multipliers": "dsp"}, {"lanes": 1, "pe": 8, "out_lanes": 1, "multipliers": "dsp"},
        {"lanes": 1, "core": "ticks"}, {"core": "ticks", "pe": 16}, {"core": "ticks", "pe": 8},
        {"core": "ticks", "pe": 2}]


def test_a_fold_reaches_every_unit_and_changes_no_result() -> None:
    spec = make_spec()
    folded = fold(spec, **FOLDED)
    assert [unit.fold for unit in folded.units if unit.fold] == [
        {"lanes": 2, "taps": 3, "multipliers": "lut"}, {"lanes": 2, "pe": 4, "out_lanes": 4, "multipliers": "lut"},
        {"lanes": 4, "taps": 1, "multipliers": "lut"}, {"lanes": 4, "pe": 4, "out_lanes": 4, "multipliers": "lut"},
        {"lanes": 4, "core": "dsp"}, {"core": "dsp", "pe": 8}, {"core": "dsp", "pe": 1}, {"core": "dsp", "pe": 1}]
    assert folded.digest != spec.digest
    assert folded.encoder.sends.word_bits == folded.encoder.sends.index_bits + folded.time_bits
    words = make_words(spec, 8)
    np.testing.assert_array_equal(golden.run(folded, words).logits, golden.run(spec, words).logits)


def test_multipliers_per_block_or_convolution() -> None:
    folded = fold(make_spec(), (1, 1), multipliers=("packed", "lut"))
    assert [unit.fold["multipliers"] for unit in folded.units[1:5]] == ["packed", "packed", "lut", "lut"]
    kinds = ["lut", "packed", "dsp", "lut"]
    folded = fold(make_spec(), (1, 1), multipliers=kinds)
    assert [unit.fold["multipliers"] for unit in folded.units[1:5]] == kinds


def test_a_fold_is_saved(tmp_path) -> None:
    folded = fold(make_spec(), **FOLDED)
    folded.save(tmp_path)
    assert NetSpec.load(tmp_path).digest == folded.digest


@pytest.mark.parametrize(("changed", "words"), [
    ({"lanes": (3, 1)}, "channels=4 is not a multiple of lanes=3"),
    ({"lanes": (1,)}, "fold.lanes: got 1 values, expected 2"),
    ({"taps": (9, 2)}, "dw1.taps: got 2, expected 9, 3, 1"),
    ({"pe": (8, 3)}, "pw1: out_channels=8 is not a multiple of pe=3"),
    ({"pe": (4, 2)}, "pw1: pe=2 is not a multiple of out_lanes=4"),
    ({"features": 3, "core": "dsp"}, "out_channels=8 is not a multiple of out_lanes=3"),
    ({"features": 2, "core": "ticks"}, "encoder.lanes: got 2, expected 1 with core ticks"),
    ({"core": "tocks"}, "encoder.core: got tocks, expected ticks, shift, dsp"),
    ({"neurons": (16, 3)}, "b1_1: out_features=8 is not a multiple of pe=3"),
    ({"neurons": (16,)}, "fold.neurons: got 1 values, expected 2"),
    ({"classes": 4}, "readout: classes=2 is not a multiple of pe=4"),
    ({"multipliers": "abacus"}, "dw0.multipliers: got abacus, expected dsp, packed, lut"),
    ({"multipliers": ("lut", "abacus")}, "dw1.multipliers: got abacus, expected dsp, packed, lut"),
    ({"multipliers": ("lut",)}, "fold.multipliers: got 1 values, expected 2"),
])
def test_a_fold_that_cannot_be_is_refused(changed: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        fold(make_spec(), **FOLDED | changed)


def test_one_core_in_a_network() -> None:
    spec, other = fold(make_spec(), **FOLDED), fold(make_spec(), **FOLDED | {"core": "shift"})
    with pytest.raises(UserError, match=r"readout\.core: got shift, expected dsp, as in encoder"):
        NetSpec("mixed", (*spec.units[:-1], other.readout))
