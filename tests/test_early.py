"""Earliest decision in the golden model: against the read-out tick by tick, and what each rule promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from spec import early, golden
from spec.netspec import NetSpec
from spec.units import Readout


def unit_of(weight: list[list[int]], bias: list[int], rule: str = "off", margin: int = 0) -> Readout:
    return Readout("readout", len(weight[0]), len(bias), 8, 4, 0, np.array(weight), np.array(bias),
                   early=rule, margin=margin)


def random_unit(seed: int, classes: int = 3, rule: str = "off", margin: int = 0) -> tuple[Readout, np.ndarray]:
    """A read-out of 9 inputs with ties among its classes, and 200 samples: silent ones, saturated ones, random ones."""
    rng = np.random.default_rng(seed)
    weight, bias = rng.integers(-8, 8, (classes, 9)), rng.integers(-20, 20, classes)
    if classes > 2:
        weight[2], bias[2] = weight[0], bias[0]
    unit = Readout("readout", 9, classes, 4, 4, 0, weight, bias, early=rule, margin=margin)
    x = rng.integers(0, unit.window + 1, (200, 9)) * (rng.random((200, 9)) < rng.random((200, 1)))
    x[0], x[1] = 0, unit.window
    return unit, x


def by_ticks(unit: Readout, x: np.ndarray, margin: int) -> tuple[int, list[int]]:
    """One sample as the chip lives it: after which tick it is decided, and its logits then."""
    slope, potential = np.zeros(unit.classes, np.int64), unit.bias.copy()
    for tick in range(unit.window):
        slope += unit.weight[:, x == unit.window - tick].sum(axis=1)
        potential += slope
        best = sorted(potential)
        if unit.classes == 1 or best[-1] - best[-2] >= margin:
            break
    return tick + 1, potential.tolist()


@pytest.mark.parametrize(("classes", "margin"), [(1, 5), (2, 0), (2, 25), (3, 40), (3, 1), (4, 10**9)])
def test_equals_the_read_out_tick_by_tick(classes: int, margin: int) -> None:
    unit, x = random_unit(classes, classes, "margin", margin)
    found, logits = early.ticks(unit, x), golden.readout(unit, x)
    for sample, ticks, row in zip(x, found, logits, strict=True):
        assert (ticks, row.tolist()) == by_ticks(unit, sample, margin)
    if margin in (25, 40):
        assert unit.window in found
        assert len(set(found)) > 5
    if margin == 0 or classes == 1:
        assert (found == 1).all()
    if margin == 10**9:
        assert (found == unit.window).all()
        np.testing.assert_array_equal(logits, x @ unit.weight.T + unit.bias)


def test_silence_is_decided_by_the_biases_or_at_the_end() -> None:
    x = np.zeros((1, 2), np.int64)
    for margin, ticks in ((7, 1), (8, 15)):
        unit = unit_of([[3, 0], [0, 3]], [0, 7], "margin", margin)
        assert early.ticks(unit, x).tolist() == [ticks]
        assert golden.readout(unit, x).tolist() == [[0, 7]]


def test_a_tie_is_no_lead_and_goes_to_the_lowest_class() -> None:
    x = np.array([[9, 9]])
    unit = unit_of([[5, 0], [0, 5]], [0, 0], "margin", 1)
    assert early.ticks(unit, x).tolist() == [15]
    assert golden.readout(unit, x).argmax(axis=1).tolist() == [0]
    assert early.ticks(replace(unit, margin=0), x).tolist() == [1]


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_exact_never_changes_the_class_and_is_not_always_late(classes: int) -> None:
    unit, x = random_unit(10 + classes, classes)
    decided = replace(unit, early="exact")
    np.testing.assert_array_equal(golden.readout(decided, x).argmax(axis=1), golden.readout(unit, x).argmax(axis=1))
    assert (early.ticks(decided, x) < unit.window).any()


def test_exact_asks_for_no_less_than_it_must() -> None:
    """Class 1 leads by 5 per tick left; the spike that comes next turns that into a tie, which class 0 wins."""
    x = np.array([[10]])
    unit = unit_of([[5], [0]], [0, 50])
    assert golden.readout(unit, x).argmax(axis=1).tolist() == [0]
    assert replace(unit, early="exact").rate == 6
    assert early.ticks(replace(unit, early="exact"), x).tolist() == [15]
    lax = early.logits(unit, x, 10)  # with 10 ticks left the lead is 5 of them
    assert early.lead(lax).tolist() == [50]
    assert lax.argmax(axis=1).tolist() == [1]


def test_the_margin_is_the_smallest_that_misleads_nobody() -> None:
    unit, x = random_unit(3, 2)
    final = golden.readout(unit, x).argmax(axis=1)
    margin = early.smallest_margin(unit, x, 0.0)
    assert margin > 1
    decided = golden.readout(replace(unit, early="margin", margin=margin), x).argmax(axis=1)
    np.testing.assert_array_equal(decided, final)
    leads = [(early.lead(found), found.argmax(axis=1))
             for found in (early.logits(unit, x, left) for left in range(1, unit.window))]
    assert max(int(lead[label != final].max(initial=-1)) for lead, label in leads) == margin - 1
    for tolerance in (0.05, 0.3):
        less = early.smallest_margin(unit, x, tolerance)
        changed = golden.readout(replace(unit, early="margin", margin=less), x).argmax(axis=1) != final
        assert less < margin
        assert 0 < changed.mean() <= tolerance
    assert early.smallest_margin(unit, x, 1.0) == 0


def test_a_trace_holds_what_was_seen() -> None:
    spec = make_spec(6, classes=3)
    words = make_words(spec, 60)
    whole, name = golden.run(spec, words), spec.layers[-1].name
    unit = replace(spec.readout, early="margin", margin=early.smallest_margin(spec.readout, whole.values[name], 0.1))
    trace = golden.run(NetSpec(spec.preset, (*spec.units[:-1], unit)), words)
    ticks = early.ticks(unit, whole.values[name])
    assert 1 < ticks.mean() < unit.window
    np.testing.assert_array_equal(early.ticks(unit, trace.values[name]), ticks)
    seen = whole.values[name] > unit.window - ticks[:, None]
    np.testing.assert_array_equal(trace.values[name], np.where(seen, whole.values[name], 0))
    assert trace.spike_counts(spec)[:, -1].sum() < whole.spike_counts(spec)[:, -1].sum()
    np.testing.assert_array_equal(trace.spike_counts(spec)[:, :-1], whole.spike_counts(spec)[:, :-1])


def test_the_rule_is_part_of_the_spec(tmp_path: Path) -> None:
    spec = make_spec(4)
    x = golden.run(spec, make_words(spec, 30)).values[spec.layers[-1].name]
    found = {rule: early.chosen(spec, x, rule) for rule in ("off", "margin", "exact")}
    assert found["off"].digest == spec.digest
    assert len({one.digest for one in found.values()}) == 3
    found["margin"].save(tmp_path)
    loaded = NetSpec.load(tmp_path)
    assert loaded.digest == found["margin"].digest
    assert (loaded.readout.early, loaded.readout.margin) == ("margin", found["margin"].readout.margin)


def test_what_is_no_rule_is_refused() -> None:
    unit = unit_of([[1], [2]], [0, 0])
    with pytest.raises(UserError, match=r"readout\.early: got soon, expected off, margin, exact"):
        replace(unit, early="soon")
    with pytest.raises(UserError, match=r"readout\.early: got exact, expected off with core dsp"):
        replace(unit, early="exact", core="dsp")
    with pytest.raises(UserError, match=r"readout\.margin: got 3, expected 0 where early is exact"):
        replace(unit, early="exact", margin=3)
    with pytest.raises(UserError, match="EARLY: got margin, without a validation sample"):
        early.chosen(make_spec(4), np.zeros((0, 8), np.int64), "margin")
