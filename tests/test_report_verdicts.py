"""The verdicts: what was claimed, and whether the run holds it, does not, or cannot tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from report_parts import SUBJECTS, around, make_parts, put, written

from flow.report.schema import Report
from flow.report.verdicts import Verdict, verdicts

ROWS = "accuracy/classifiers"


def judged(report: dict[str, Any]) -> list[Verdict]:
    return verdicts(Report.model_validate_json(json.dumps(report)))


def by_subject(values: list[float], seeds: int = 3) -> dict[str, Any]:
    """The keys of a row in which every seed has these subjects' values."""
    return {"by_subject": [dict(zip(map(str, SUBJECTS), values, strict=True))] * seeds}


def test_a_healthy_run_has_no_red(tmp_path: Path) -> None:
    report, page = written(tmp_path, make_parts())
    assert [verdict.state for verdict in judged(report)] == ["yes", "yes", "yes", "figure", "yes", "yes"]
    assert "✗" not in page
    assert 'class="no"' not in page
    assert 'class="bad"' not in page


@pytest.mark.parametrize(("path", "value", "name", "says"), [
    ("bit_exact/2/mismatches", 3, "Bit-exact", "golden=rtl at 8 bits: 3 of 240 samples differ"),
    ("bit_exact/5/mismatches", 1, "Bit-exact", "golden=rtl at 4 bits: 1 of 240 samples differ"),
    ("bit_exact/0/samples", 10, "Bit-exact", "10 samples, the test set has 240"),
    ("bit_exact/1/pair", "golden=driver", "Bit-exact", "golden=csim at 8 bits not compared"),
    ("bit_exact/5/bits", 6, "Bit-exact", "golden=rtl at 4 bits not compared"),
    ("bit_exact", [], "Bit-exact", "qonnx=golden at 8 bits not compared"),
    ("spikes/rtl_equals_model", False, "Spike counts", "do not agree"),
    ("resources/bram36", 140.5, "Fits XC7Z020", "BRAM36 140.5 of 140"),
    ("resources/lutram", 17401, "Fits XC7Z020", "LUTRAM 17,401 of 17,400"),
    (f"{ROWS}/linear/by_subject", [dict(zip(map(str, SUBJECTS), around(0.76), strict=True))],
     "Not below the linear teacher",
     "−2.1 points (95 % interval −2.1 to −2.1 over 6 subjects): LSNNet, float 73.9% and Linear teacher 76.0%"),
    (f"{ROWS}/quantised/by_subject", by_subject(around(0.72))["by_subject"], "INT8 within 1 point",
     "−1.9 points (95 % interval −1.9 to −1.9 over 6 subjects): LSNNet, INT8 72.0% and LSNNet, float 73.9%"),
])
def test_a_failure_is_shown_as_one(tmp_path: Path, path: str, value: Any, name: str, says: str) -> None:
    report, page = written(tmp_path, put(make_parts(), path, value))
    failed = [verdict for verdict in judged(report) if verdict.state == "no"]
    assert [verdict.name for verdict in failed] == [name]
    assert says in failed[0].detail
    cards = re.findall(r'<li class="no">.*?</li>', page)
    assert len(cards) == 1
    assert "✗ " in cards[0]
    assert says in cards[0]


def test_a_drop_of_exactly_one_point_is_within_one_point(tmp_path: Path) -> None:
    parts = put(make_parts(), f"{ROWS}/float/by_subject", by_subject(around(0.74))["by_subject"])
    report, _ = written(tmp_path, put(parts, f"{ROWS}/quantised/by_subject", by_subject(around(0.73))["by_subject"]))
    assert judged(report)[-1].state == "yes"


@pytest.mark.parametrize(("ours", "says"), [
    ([0.60, 0.62, 0.95, 0.80, 0.70, 0.90], "+8.1 points"),  # more than the teacher in the mean, not in each subject
    ([0.50, 0.62, 0.90, 0.72, 0.60, 0.66], "−1.4 points"),
])
def test_an_interval_with_both_decides_nothing(tmp_path: Path, ours: list[float], says: str) -> None:
    report, page = written(tmp_path, put(make_parts(), f"{ROWS}/float/by_subject", by_subject(ours)["by_subject"]))
    verdict = judged(report)[4]
    assert (verdict.name, verdict.state, verdict.value) == ("Not below the linear teacher", "undecided", "undecided")
    assert verdict.detail.startswith(says)
    assert '<li class="undecided"><span class="what">Not below the linear teacher' in page


def test_one_subject_decides_nothing(tmp_path: Path) -> None:
    parts = put(make_parts(), "dataset/subjects_test", [18])
    for row in parts["accuracy"]["classifiers"]:
        row["by_subject"] = [{"18": seed["18"]} for seed in row["by_subject"]]
    report, _ = written(tmp_path, parts)
    verdict = judged(report)[4]
    assert verdict.state == "undecided"
    assert "one subject has no interval" in verdict.detail
