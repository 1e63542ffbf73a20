"""`make earliest`: its numbers by another way, and its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import make_spec

from flow.earliest import said, study, waited
from flow.earliest_page import page, write_page
from flow.settings import Settings
from rtl import cycles
from spec import golden
from spec.fold import fold
from spec.netspec import NetSpec

SPEC = fold(make_spec(6, hidden=(16, 8), seed=3), (1, 1), neurons=(16, 4))


def made(seed: int = 0) -> dict[str, np.ndarray]:
    """Samples whose labels are nearly the network's own answers: 80 of validation, 120 of test."""
    rng = np.random.default_rng(seed)
    shape = (200, SPEC.input.channels, SPEC.input.height, SPEC.input.width)
    x = rng.normal(0, 1, shape) * rng.choice([0.3, 1, 4], (200, 1, 1, 1))
    answers = golden.run(SPEC, SPEC.input.quantise(x)).predicted
    y = np.where(rng.random(200) < 0.9, answers, rng.integers(0, 2, 200))
    return {"x": x, "y": y, "split": np.repeat([1, 2], (80, 120))}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return study(SPEC, made(), 0.0)


def test_rules_are_what_the_chip_answers(found: dict[str, Any]) -> None:
    samples = made()
    words = SPEC.input.quantise(samples["x"][samples["split"] == 2])
    ends = golden.run(SPEC, words)
    for rule, row in found["rules"].items():
        unit = replace(SPEC.readout, early=rule, margin=row["margin"])
        spec = NetSpec(SPEC.preset, (*SPEC.units[:-1], unit))
        trace = golden.run(spec, words)
        assert row["changed"] == (trace.predicted != ends.predicted).sum()
        assert row["spikes"] == trace.spike_counts(spec)[:, -1].mean()
        assert row["latency"] == cycles.predicted_latency(spec, trace).mean()
        assert row["rate"] == unit.rate
        assert sum(row["ticks"]) == 120
    assert found["rules"]["exact"]["changed"] == 0
    assert waited(found, found["rules"]["margin"]) < found["window"]


def test_the_last_tick_is_the_windows_end(found: dict[str, Any]) -> None:
    lists, ends = found["waited"], found["ends"]
    assert {len(values) for values in lists.values()} == {found["window"]}
    assert lists["same"][-1] == 1
    assert lists["balanced"][-1] == ends["balanced"] > lists["balanced"][0]
    assert lists["latency"][-1] == pytest.approx(ends["latency"] + 2)


def test_test_samples_choose_nothing(found: dict[str, Any]) -> None:
    samples = made()
    test = samples["split"] == 2
    samples["x"][test], samples["y"] = -samples["x"][test], 1 - samples["y"]
    assert study(SPEC, samples, 0.0)["rules"]["margin"]["margin"] == found["rules"]["margin"]["margin"]


def test_page(found: dict[str, Any], tmp_path: Path) -> None:
    from base.files import write_json

    settings = Settings(out=tmp_path)
    whole = {"tolerance": 0.0, "networks": [{"bits": 6, "seed": 0, **found}]}
    write_json(tmp_path / "earliest.json", whole)
    text = write_page(settings).read_text(encoding="utf-8")
    assert text == page(settings, whole)
    assert "SIMULATED" in text
    assert f"| INT6, seed 0 | exact | 0 | {found['rules']['exact']['rate']} |" in text
    assert (tmp_path / "earliest.png").stat().st_size > 5000
    assert "0 of 120 samples change class" in said(whole)
    other = study(fold(SPEC, (1, 1), core="dsp"), made(), 0.0)
    assert (other["rules"], other["waited"]["same"]) == ({}, found["waited"]["same"])
    assert said({"networks": [other]}).startswith("core dsp does not decide early")
