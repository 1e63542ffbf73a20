"""The report: what the stages leave becomes report.json and a page that shows failures as failures."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_parts import NEURONS, SAMPLES, make_parts

from base.errors import UserError
from flow.report.page import render, write_report
from flow.report.schema import Report
from flow.report.verdicts import verdicts


def leave(out: Path, parts: dict[str, Any]) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        (out / f"{name}.json").write_text(json.dumps(part))
    return out


def written(out: Path, parts: dict[str, Any]) -> tuple[dict[str, Any], str]:
    write_report(leave(out, parts))
    return json.loads((out / "report.json").read_text()), (out / "report.html").read_text()


def put(parts: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set the value at `part/key/…` (numbers index lists) and return the parts."""
    *way, last = path.split("/")
    place: Any = parts
    for key in way:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value
    return parts


class Page(HTMLParser):
    """Tags with their attributes, and the text of each table caption and figure caption."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.captions: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("caption", "figcaption"):
            self.inside = True
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("caption", "figcaption")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.captions[-1] += data


def test_report_has_the_keys_of_the_design(tmp_path: Path) -> None:
    report, _ = written(tmp_path, make_parts())
    assert set(report) >= {
        "spec_digest", "preset", "bits", "seed", "dataset", "accuracy", "bit_exact", "spikes", "cycles", "resources",
        "timing", "estimates", "wall_s",
    }
    assert set(report["dataset"]) >= {
        "name", "shape", "classes", "subjects_train", "subjects_test", "samples_train", "samples_test", "features",
    }
    assert set(report["accuracy"]) == {"majority", "svm", "ann", "float", "quantised"}
    assert all(set(row) == {"acc", "balanced", "macro_f1", "sen", "spe", "pre"} for row in report["accuracy"].values())
    assert set(report["spikes"]) >= {"per_neuron", "per_layer", "rtl_equals_model"}
    assert set(report["cycles"]) >= {"latency", "interval", "predicted_latency", "per_stage"}
    assert set(report["resources"]) == {"tool", "lut", "lutram", "ff", "bram36", "dsp", "per_unit", "limits"}
    assert report["timing"] == {"clock_mhz": 100.0, "source": "assumed"}
    assert report["wall_s"] == make_parts()["wall"]


def test_numbers_arrive_unchanged(tmp_path: Path) -> None:
    parts = make_parts()
    report, _ = written(tmp_path, parts)
    for name in ("history", "bit_exact", "spikes", "cycles", "resources"):
        assert report[name] == parts[name]
    assert isinstance(report["resources"]["lut"], int)
    assert report["resources"]["per_unit"]["b1_0"]["bram36"] == 14.5
    assert {name: parts["accuracy"][name] for name in report["accuracy"]} == report["accuracy"]
    assert report["confusion"] == parts["accuracy"]["confusion"]
    assert report["accuracy_by_bits"] == parts["accuracy"]["bits"]


def test_estimates_are_derived_and_say_so(tmp_path: Path) -> None:
    report, page = written(tmp_path, put(make_parts(), "timing/clock_mhz", 125.0))
    assert report["estimates"]["latency_us"] == 14.0
    assert report["estimates"]["energy_uj"] is None
    assert "simulated" not in report["estimates"]["basis"]
    assert "no power model run" in report["estimates"]["basis"]
    assert "assumed" in report["estimates"]["basis"]
    assert "Latency, estimate" in page
    assert "not estimated" in page


def test_page_is_drawn_from_the_json_alone(tmp_path: Path) -> None:
    _, page = written(tmp_path, make_parts())
    assert render(Report.model_validate_json((tmp_path / "report.json").read_text())) == page


def test_page_stands_alone_and_is_accessible(tmp_path: Path) -> None:
    _, page = written(tmp_path, make_parts())
    tags = Page(page).tags
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in tags}
    targets = [value for _, attrs in tags for key, value in attrs.items() if key in ("src", "href", "xlink:href")]
    assert all(str(target).startswith("#") for target in targets)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    ids = Counter(attrs["id"] for _, attrs in tags if "id" in attrs)
    assert max(ids.values()) == 1
    assert {str(target)[1:] for target in targets} | set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    drawings = [attrs for tag, attrs in tags if tag == "svg"]
    assert all(attrs.get("aria-label") or attrs.get("aria-hidden") == "true" for attrs in drawings)
    assert sum(1 for attrs in drawings if attrs.get("role") == "img") == 3 + len(NEURONS)
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")
    names = Counter(tag for tag, _ in tags)
    assert names["table"] == names["caption"]
    assert names["th"] > 0


def test_page_shows_the_numbers(tmp_path: Path) -> None:
    _, page = written(tmp_path, make_parts())
    for shown in ("73.8", "1,750", "1,702.4", "9,412", "53,200", "14.5", "17.5 µs", "4f1c" * 16, "LSNNet, INT4",
                  "make synth", "TEST_SUBJECTS=18,19,20,21,22,23", "Mean over 3 seeds", "73.9"):
        assert shown in page, shown


def test_simulated_stands_beside_every_number(tmp_path: Path) -> None:
    _, real = written(tmp_path / "real", make_parts())
    assert "simulated data" not in real.lower()
    _, page = written(tmp_path / "simulated", put(make_parts(), "dataset/simulated", True))
    assert 'class="banner"' in page
    unmarked = [text for text in Page(page).captions if "simulated data" not in text]
    assert [text.split()[0] for text in unmarked] == ["Wall-clock", "Each"]  # times and commands: not about the EEG
    cards = re.findall(r'<li class="\w+">.*?</li>', page)
    assert len(cards) == 6
    assert all("simulated data" in card for card in cards)


def test_a_healthy_run_has_no_red(tmp_path: Path) -> None:
    report, page = written(tmp_path, make_parts())
    assert [verdict.ok for verdict in verdicts(Report.model_validate_json(json.dumps(report)))] == [
        True, True, True, None, True, True,
    ]
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
    ("accuracy/seeds/svm", 0.74, "Not below the SVM", "LSNNet 73.9%, SVM 74.0%"),
    ("accuracy/seeds/quantised", [0.72, 0.72, 0.73], "INT8 within 1 point", "float 73.9%, INT8 72.3%"),
])
def test_a_failure_is_shown_as_one(tmp_path: Path, path: str, value: Any, name: str, says: str) -> None:
    report, page = written(tmp_path, put(make_parts(), path, value))
    failed = [v for v in verdicts(Report.model_validate_json(json.dumps(report))) if v.ok is False]
    assert [verdict.name for verdict in failed] == [name]
    assert says in failed[0].detail
    cards = re.findall(r'<li class="no">.*?</li>', page)
    assert len(cards) == 1
    assert "✗ " in cards[0]
    assert says in cards[0]


def test_a_drop_of_exactly_one_point_is_within_one_point(tmp_path: Path) -> None:
    parts = put(make_parts(), "accuracy/seeds/float", [0.74, 0.73, 0.75])
    _, page = written(tmp_path, put(parts, "accuracy/seeds/quantised", [0.73, 0.72, 0.74]))
    assert "✗" not in page


@pytest.mark.parametrize("name", sorted(make_parts()))
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (leave(tmp_path, make_parts()) / f"{name}.json").unlink()
    with pytest.raises(UserError, match=rf"{name}\.json: not there"):
        write_report(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (leave(tmp_path, make_parts()) / "cycles.json").write_text('{"latency": 17')
    with pytest.raises(UserError, match=r"cycles\.json: got no JSON"):
        write_report(tmp_path)


@pytest.mark.parametrize("part", sorted(set(make_parts()) - {"history", "bit_exact"}))
def test_a_missing_and_an_unknown_key_are_named(tmp_path: Path, part: str) -> None:
    for key in make_parts()[part]:
        if part == "dataset" and key == "sampling_hz":
            continue  # what the data stage says beyond the report's keys
        parts = make_parts()
        del parts[part][key]
        with pytest.raises(UserError, match=rf"^{part}\.json: {key}: got nothing"):
            write_report(leave(tmp_path, parts))
    if part != "dataset":
        with pytest.raises(UserError, match=rf"^{part}\.json: surprise: got 1"):
            write_report(leave(tmp_path, put(make_parts(), f"{part}/surprise", 1)))
    assert not (tmp_path / "report.json").exists()
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(("path", "value", "message"), [
    ("accuracy/float/macro_f1", math.nan, r"accuracy\.json: float\.macro_f1: got nan.*finite"),
    ("accuracy/svm/acc", 73.8, r"accuracy\.json: svm\.acc: got 73\.8.*less than or equal to 1"),
    ("accuracy/bits/4/acc", "high", r"accuracy\.json: bits\.4\.acc: got 'high'"),
    ("accuracy/bits/8/acc", 0.5, r"accuracy\.json: bits\.8: got other numbers"),
    ("accuracy/confusion/float/0/0", 150, r"accuracy\.json: confusion\.float: .*sum to 240"),
    ("accuracy/confusion/ann", [[240]], r"accuracy\.json: confusion\.ann: .*2 rows of 2"),
    ("accuracy/seeds/float", [0.7], r"accuracy\.json: seeds\.float: got 1 values"),
    ("history/7/val_loss", math.inf, r"history\.json: 7\.val_loss: got inf"),
    ("history", [], r"history\.json: got \[\]"),
    ("bit_exact/3/mismatches", -1, r"bit_exact\.json: 3\.mismatches: got -1"),
    ("spikes/histogram/b1_1", [1, 2, 3], r"spikes\.json: histogram\.b1_1: got 3 counts"),
    ("spikes/per_layer", [0.5, 0.5, 0.5], r"spikes\.json: per_layer of encoder: got 0\.5"),
    ("spikes/per_neuron", 0.9, r"spikes\.json: per_neuron: got 0\.9"),
    ("spikes/layers", ["encoder"], r"spikes\.json: histogram, per_layer"),
    ("cycles/latency", 0, r"cycles\.json: latency: got 0"),
    ("cycles/per_stage/pw0", math.nan, r"cycles\.json: per_stage\.pw0: got nan"),
    ("resources/limits/dsp", None, r"resources\.json: limits\.dsp: got None"),
    ("timing/clock_mhz", 0, r"timing\.json: clock_mhz: got 0"),
    ("run/spec_digest", "abc", r"run\.json: spec_digest: got 'abc'"),
    ("wall/synth", None, r"wall\.json: synth: got None"),
])
def test_a_wrong_value_is_named_on_one_line(tmp_path: Path, path: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}") as caught:
        write_report(leave(tmp_path, put(make_parts(), path, value)))
    assert "\n" not in str(caught.value)


def test_a_refused_run_leaves_the_last_report(tmp_path: Path) -> None:
    written(tmp_path, make_parts())
    before = {path.name: path.read_bytes() for path in tmp_path.glob("report.*")}
    with pytest.raises(UserError):
        write_report(leave(tmp_path, put(make_parts(), "cycles/latency", 0)))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("report.*")} == before
    assert not list(tmp_path.glob(".part-*"))


def test_names_are_escaped(tmp_path: Path) -> None:
    parts = put(make_parts(), "dataset/class_names", ["<b>rest</b>", "a & b"])
    _, page = written(tmp_path, put(parts, "dataset/source", "<script>alert(1)</script>"))
    assert "<script" not in page
    assert "<b>rest" not in page
    assert "a &amp; b" in page


def test_one_epoch_one_seed_and_four_bits_are_drawn(tmp_path: Path) -> None:
    parts = make_parts()
    parts["history"] = parts["history"][:1]
    parts["accuracy"]["seeds"] = {"seeds": [5], "svm": 0.6, "float": [0.7], "quantised": [0.7]}
    parts["run"]["bits"], parts["accuracy"]["quantised"] = 4, parts["accuracy"]["bits"]["4"]
    counts = [SAMPLES * 4, *[0] * 14, SAMPLES * 4]  # half silent, half at the first tick
    parts["spikes"] = {"per_neuron": 0.5, "per_layer": [0.5], "layers": ["encoder"], "rtl_equals_model": True,
                       "histogram": {"encoder": counts}}
    report, page = written(tmp_path, parts)
    assert report["bits"] == 4
    assert "Mean over 1 seed<" in page
    assert "LSNNet, INT4 (this build)" in page
