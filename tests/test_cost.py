"""The cost model: held to what Yosys found for designs that were not fitted, which stands beside its coefficients."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from base.files import read_json
from rtl import cost, cost_fit
from rtl.cost_designs import drawn
from rtl.cost_terms import luts, variant
from spec.units import B1Layer

TESTED = read_json(cost.COEFFICIENTS)["tested"]
WITHIN = 0.1
design = cache(drawn)


def worst_error(known: cost.Coefficients) -> float:
    return max(abs(cost.cost(design(row["seed"])[1], known)["lut"] / row["lut_yosys"] - 1) for row in TESTED)


def test_luts_are_near_what_yosys_found() -> None:
    errors = [abs(row["error"]) for row in TESTED]  # of designs that were not fitted
    assert max(errors) <= WITHIN
    assert sum(errors) <= 0.04 * len(errors)
    assert worst_error(cost.coefficients()) <= WITHIN


def test_coefficients_that_are_wrong_by_a_fifth_are_noticed() -> None:
    wrong = {kind: {count: {term: 1.2 * value for term, value in terms.items()} for count, terms in counts.items()}
             for kind, counts in cost.coefficients().items()}
    assert worst_error(wrong) > WITHIN


def test_slices_and_blocks_are_what_yosys_found() -> None:
    for row in TESTED:
        found = cost.cost(design(row["seed"])[1])
        assert found["dsp"] == row["dsp_yosys"]
        assert abs(found["bram36"] - row["bram36_yosys"]) <= 1


def test_products_of_four_bits_are_in_slices_too() -> None:
    layer = B1Layer("b1", 64, 8, 4, 4, 3, np.full((8, 64), 7), np.zeros(8, np.int64))
    assert cost.dsp(replace(layer, core="dsp", pe=4)) == 4
    assert cost.dsp(replace(layer, core="shift", pe=4)) == 0


def test_a_fit_finds_what_its_terms_were_multiplied_by() -> None:
    spec = drawn(0)[1]
    units = {unit.name: sum(1.3 * value for value in luts(spec, unit).values()) for unit in spec.units}
    counts = {"lut": sum(units.values()) + 500, "ff": 1e4,
              "per_unit": {name: {"lut": value, "ff": 100.0} for name, value in units.items()}}
    found = cost_fit.fit([(spec, counts)])
    for unit in spec.units:
        terms = luts(spec, unit)
        assert sum(value * found[variant(unit)]["lut"][name] for name, value in terms.items()) == pytest.approx(
            units[unit.name], rel=0.1)


def test_a_memory_takes_the_fewest_blocks() -> None:
    assert [cost.blocks(*shape) for shape in ((512, 36), (1024, 18), (1024, 36), (800, 512), (4096, 9), (65, 1))] == [
        0.5, 0.5, 1, 14.5, 1, 0.5]
    assert [cost.blocks(*shape) for shape in ((51200, 5), (51200, 6), (61440, 8), (64512, 4), (20480, 16))] == [
        7, 8.5, 13.5, 7, 9]
    assert cost.blocks(1000, 0) == 0
