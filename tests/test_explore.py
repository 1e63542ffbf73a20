"""The search of folds: nothing that it leaves out is better, what it says of a design is what the models say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from board.preset import load_preset
from rtl import cost, cycles
from spec import golden
from spec.fold import fold
from spec.units import MULTIPLIERS
from spec.units.dwconv import TAPS
from study import explore, explore_sparsity, explore_wishes
from study.explore_search import BEATEN, BEATEN_BY, COUNTS, Found, Part, search

SPEC = make_spec(6, 2, 3, 3, (4,), (4,), 2)
TRACE = golden.run(SPEC, make_words(SPEC, 6))
PART = {"lut": 53200, "bram36": 140, "dsp": 220}


@pytest.fixture(scope="module")
def found() -> Found:
    return search(SPEC, TRACE, PART)


def test_rows_are_what_the_models_say(found: Found) -> None:
    for at in np.random.default_rng(0).choice(len(found.pairs), 40):
        spec = fold(SPEC, **found.fold(at))
        latency = cycles.predicted_latency(spec, TRACE)
        said = cost.cost(spec)
        assert found.row(at) == pytest.approx(
            {**said, "interval": found.row(at)["interval"], "worst": latency.max(), "mean": latency.mean()})


def test_no_design_that_is_left_out_beats_all_that_are_found(found: Found) -> None:
    kept = found.counts[:, [COUNTS.index(name) for name in ("lut", "bram36", "dsp", "worst")]]
    for lanes, features, taps, pe, kind, core, neurons in product(
            (1, 2), (1, 2, 4), TAPS, (1, 2, 4), MULTIPLIERS, ("shift", "dsp"), (1, 2, 4)):
        if pe % features:
            continue
        spec = fold(SPEC, [lanes], [taps], [pe], features, core, [neurons], 2, kind)
        said = cost.cost(spec)
        row = np.array([said["lut"], said["bram36"], said["dsp"], cycles.predicted_latency(spec, TRACE).max()])
        slack = row * np.array([BEATEN[0], 1, 1, BEATEN[4]]) + np.array([0, 0, BEATEN_BY[2] * BEATEN[3], 3])
        assert (kept <= slack).all(axis=1).any(), spec.units


def test_a_front_falls_and_is_reached_by_no_other_design(found: Found) -> None:
    for core in ("ticks", "shift", "dsp"):
        rows = found.counts[found.front(core)][:, [COUNTS.index("lut"), COUNTS.index("worst")]]
        assert (np.diff(rows[:, 0]) >= 0).all()
        assert (np.diff(rows[:, 1]) < 0).all()
        own = found.cores == core
        for lut, worst in rows:
            assert not ((found["lut"][own] < lut) & (found["worst"][own] <= worst)).any()


def _designs(*rows: tuple[float, float, float]) -> Found:
    """Designs of one core with these LUTs, DSP slices and latencies."""
    counts = np.array([[lut, 0, 1, dsp, 10, worst, worst] for lut, dsp, worst in rows], float)
    pairs = np.column_stack([np.arange(len(rows)), np.zeros(len(rows), int)])
    return Found([Part({}, counts[0], counts[0])] * len(rows), [{"core": "dsp"}], pairs, counts)


def test_a_wish_is_granted_with_a_margin_in_luts_or_comes_near() -> None:
    found = _designs((900, 0, 500), (995, 0, 100), (2000, 50, 10))
    wish = explore_wishes.Wish("fast", 8, "worst", {"lut": 1000, "dsp": 0})
    assert explore_wishes.granted(found, wish) == (0, True)
    assert explore_wishes.granted(found, replace(wish, limits={"lut": 1000, "worst": 200})) == (1, True)
    assert explore_wishes.granted(found, replace(wish, limits={"lut": 800, "dsp": 0})) == (0, False)


def test_the_knee_is_the_corner() -> None:
    found = _designs((100, 0, 10_000), (120, 0, 200), (1000, 0, 150), (5000, 0, 100))
    assert explore_wishes.knee(found, found.front()) == 1


def test_a_preset_that_is_written_is_read_back(tmp_path: Path) -> None:
    network = load_preset("default")
    choice = {"lanes": (1, 2), "taps": (9, 1), "pe": (32, 4), "multipliers": ("packed", "lut"),
                               "features": 2, "core": "shift", "neurons": (64, 8), "classes": 1}
    (tmp_path / "written.toml").write_text(explore.preset_text(network, choice, "least lut"), encoding="utf-8")
    read = load_preset(str(tmp_path / "written.toml"))
    assert read.fold == choice
    assert (read.channels, read.hidden) == (network.channels, network.hidden)


def test_spikes_are_as_many_as_asked_for() -> None:
    trace = explore_sparsity.trace_of(make_spec(8, 4, 8, 8, (8,), (8,)), 0.1)
    assert (trace.values["encoder"] > 0).mean() == pytest.approx(0.1, abs=0.02)
    assert trace.values["encoder"].max() <= 255


def test_a_core_pays_up_to_where_it_meets_the_dense_network() -> None:
    row = {"shares": [0.1, 0.3], "dense": {"product": 20.0},
           "cores": {"dsp": [{"product": 10.0}, {"product": 30.0}], "shift": [{"product": 30.0}, {"product": 40.0}],
                     "ticks": [{"product": 1.0}, {"product": 2.0}]}}
    assert explore_sparsity.crossing(row, "dsp") == pytest.approx(0.2)
    assert explore_sparsity.crossing(row, "shift") is None
    assert explore_sparsity.crossing(row, "ticks") == 0.3
