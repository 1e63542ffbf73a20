"""The report: what the stages leave becomes report.json and a page that shows failures as failures."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from report_parts import NEURONS, SAMPLES, Page, around, classifier, leave, make_parts, put, written

from base.errors import UserError
from flow.report.page import render, write_report
from flow.report.schema import Report

ROWS = "accuracy/classifiers"


def test_report_has_the_keys_of_the_design(tmp_path: Path) -> None:
    report, _ = written(tmp_path, make_parts())
    assert set(report) >= {
        "spec_digest", "preset", "bits", "seed", "dataset", "accuracy", "bit_exact", "spikes", "cycles", "resources",
        "timing", "estimates", "wall_s",
    }
    assert set(report["dataset"]) >= {
        "name", "shape", "classes", "subjects_train", "subjects_test", "samples_train", "samples_test", "features",
    }
    assert set(report["accuracy"]) == {"majority", "linear", "svm", "ann", "float", "quantised"}
    measures = {"acc", "balanced", "macro_f1", "sen", "spe", "pre", "auc_within"}
    assert all(set(row) == measures for row in report["accuracy"].values())
    assert set(report["spikes"]) >= {"per_neuron", "per_layer", "rtl_equals_model"}
    assert set(report["cycles"]) >= {"latency", "interval", "predicted_latency", "per_stage"}
    assert set(report["resources"]) == {"tool", "lut", "lutram", "ff", "bram36", "dsp", "per_unit", "limits", "basis"}
    assert report["recipe"] == "firstspike"
    assert report["timing"] == {"clock_mhz": 100.0, "source": "assumed"}
    assert report["wall_s"] == make_parts()["wall"]


def test_numbers_arrive_unchanged(tmp_path: Path) -> None:
    parts = make_parts()
    report, _ = written(tmp_path, parts)
    for name in ("bit_exact", "spikes", "cycles", "resources"):
        assert report[name] == parts[name]
    assert report["history"] == parts["history"]["epochs"]
    assert report["kept"] == {name: parts["history"][name] for name in ("kept", "kept_by", "window_rule")}
    assert isinstance(report["resources"]["lut"], int)
    assert report["resources"]["per_unit"]["b1_0"]["bram36"] == 14.5
    rows = {row["key"]: row for row in parts["accuracy"]["classifiers"]}
    assert report["classifiers"] == list(rows.values())
    assert report["accuracy"] == {key: row["metrics"] for key, row in rows.items() if key != "int4"}
    assert report["confusion"] == {key: row["confusion"] for key, row in rows.items() if key != "int4"}
    assert report["accuracy_by_bits"] == {"8": rows["quantised"]["metrics"], "4": rows["int4"]["metrics"]}
    assert report["balanced_by_seed"] == {
        "seeds": [0, 1, 2], "majority": 0.5, "linear": rows["linear"]["balanced"][0],
        "svm": rows["svm"]["balanced"][0], "float": rows["float"]["balanced"],
        "quantised": rows["quantised"]["balanced"],
    }


def test_a_classifier_more_is_a_row_more(tmp_path: Path) -> None:
    parts = make_parts()
    more = classifier("forest", "Forest, same features", [[150, 30], [30, 30]], {-1: around(0.66)})
    parts["accuracy"]["classifiers"].insert(1, more)
    report, page = written(tmp_path, parts)
    assert report["accuracy"]["forest"] == more["metrics"]
    assert report["balanced_by_seed"]["forest"] == more["balanced"][0]
    assert page.count("Forest, same features") >= 2  # metrics, confusion
    assert '<th scope="row">Forest, same features</th><td>68.0</td>' in page


def test_the_kept_epoch_is_the_recipes_own(tmp_path: Path) -> None:
    """The lowest validation loss of all is not the kept one's: the recipe looks only at settled epochs."""
    parts = make_parts()
    losses = [epoch["val_loss"] for epoch in parts["history"]["epochs"]]
    assert losses.index(min(losses)) != parts["history"]["kept"]
    _, page = written(tmp_path, parts)
    assert "Kept is epoch 41: lowest validation loss among epochs 37 … 48." in page
    assert page.count("(line: epoch 41, kept)") == 3
    assert "follows the rule “grow”" in page


def test_estimates_are_derived_and_say_so(tmp_path: Path) -> None:
    report, page = written(tmp_path, put(make_parts(), "timing/clock_mhz", 125.0))
    assert report["estimates"]["latency_us"] == 14.0
    assert report["estimates"]["energy_uj"] == 1.6 * 14.0
    assert report["estimates"]["arithmetic_nj"] == pytest.approx((12300 * 0.3 + 38273.7 * 0.1) / 1000)
    assert "simulated" not in report["estimates"]["basis"]
    assert "1.6 W x latency (somebody's measurement)" in report["estimates"]["basis"]
    assert "Horowitz" in report["estimates"]["basis"]
    assert "assumed" in report["estimates"]["basis"]
    assert "Latency, estimate" in page
    assert "22.4 µJ" in page


def test_no_energy_where_the_boards_power_is_not_known(tmp_path: Path) -> None:
    report, page = written(tmp_path, put(make_parts(), "run/power", None))
    assert report["estimates"]["energy_uj"] is None
    assert "its power is not known" in report["estimates"]["basis"]
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
    assert sum(1 for attrs in drawings if attrs.get("role") == "img") == 1 + 3 + len(NEURONS)
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")
    names = Counter(tag for tag, _ in tags)
    assert names["table"] == names["caption"]
    assert names["th"] > 0


def test_page_shows_the_numbers(tmp_path: Path) -> None:
    _, page = written(tmp_path, make_parts())
    for shown in ("73.8", "1,750", "1,702.4", "9,412", "53,200", "14.5", "17.5 µs", "4f1c" * 16, "LSNNet, INT4",
                  "make synth", "DATA_ROOT=data/eegmat TEST_SUBJECTS=18-23", "Mean over 3 seeds", "73.9"):
        assert shown in page, shown


def test_simulated_stands_beside_every_number(tmp_path: Path) -> None:
    _, real = written(tmp_path / "real", make_parts())
    assert "simulated data" not in real.lower()
    _, page = written(tmp_path / "simulated", put(make_parts(), "dataset/simulated", True))
    assert 'class="banner"' in page
    unmarked = [text for text in Page(page).captions if "simulated data" not in text]
    # The design, times, tools and commands: not about the EEG.
    assert [text.split()[0] for text in unmarked] == ["Shapes:", "Wall-clock", "Versions", "Each"]
    assert page.index('class="banner"') < page.index('class="verdicts"')  # said once, before any number
    assert "simulated" not in "".join(re.findall(r'<li class="\w+">.*?</li>', page))


@pytest.mark.parametrize("name", sorted(make_parts()))
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (leave(tmp_path, make_parts()) / f"{name}.json").unlink()
    with pytest.raises(UserError, match=rf"{name}\.json: not there"):
        write_report(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (leave(tmp_path, make_parts()) / "cycles.json").write_text('{"latency": 17')
    with pytest.raises(UserError, match=r"cycles\.json: got no JSON"):
        write_report(tmp_path)


@pytest.mark.parametrize("part", sorted(set(make_parts()) - {"bit_exact", "layers", "system"}))
def test_a_missing_and_an_unknown_key_are_named(tmp_path: Path, part: str) -> None:
    for key in make_parts()[part]:
        if part == "dataset" and key == "train_stride":
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
    (f"{ROWS}/float/metrics/macro_f1", math.nan,
     r"accuracy\.json: classifiers\.4\.metrics\.macro_f1: got nan.*finite"),
    (f"{ROWS}/svm/metrics/acc", 73.8,
     r"accuracy\.json: classifiers\.2\.metrics\.acc: got 73\.8.*less than or equal to 1"),
    (f"{ROWS}/int4/metrics/acc", "high", r"accuracy\.json: classifiers\.6\.metrics\.acc: got 'high'"),
    (f"{ROWS}/quantised/metrics/balanced", 0.5, r"accuracy\.json: quantised: balanced: got 0\.73.*0\.5, as in metrics"),
    (f"{ROWS}/quantised/bits", 6, r"accuracy\.json: bits: got float None, quantised 6, .*quantised 8"),
    (f"{ROWS}/linear/key", "float", r"accuracy\.json: classifiers: got majority, float, .*linear, q.*each once"),
    (f"{ROWS}/float/confusion/0/0", 150, r"accuracy\.json: float: confusion: .*sum to 240"),
    (f"{ROWS}/ann/confusion", [[240]], r"accuracy\.json: ann: confusion: .*2 rows of 2"),
    (f"{ROWS}/float/balanced", [0.7], r"accuracy\.json: float: balanced: got 1 values"),
    (f"{ROWS}/float/by_subject/1", {"18": 0.7}, r"accuracy\.json: float: by_subject: got \[18\], .*\[18, 19"),
    ("history/epochs/7/val_loss", math.inf, r"history\.json: epochs\.7\.val_loss: got inf"),
    ("history/epochs", [], r"history\.json: epochs: got \[\]"),
    ("accuracy/positive", 2, r"accuracy\.json: positive: got 2, expected a class, 0 … 1"),
    ("history/kept", 48, r"history\.json: kept: got 48, expected one of 48 epochs"),
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
    parts["history"] |= {"kept": 0, "epochs": parts["history"]["epochs"][:1]}
    parts["run"] |= {"bits": 4, "time_bits": 4, "widths": [4, 8]}
    for row in parts["accuracy"]["classifiers"]:
        row |= {"seeds": row["seeds"][:1], "balanced": row["balanced"][:1], "by_subject": row["by_subject"][:1]}
    rows = parts["accuracy"]["classifiers"]
    rows[-2] |= {"key": "int8"}
    rows[-1] |= {"key": "quantised"}
    counts = [SAMPLES * 4, *[0] * 14, SAMPLES * 4]  # half silent, half at the first tick
    parts["spikes"] = {"per_neuron": 0.5, "per_layer": [0.5], "layers": ["encoder"], "rtl_equals_model": True,
                       "histogram": {"encoder": counts}}
    report, page = written(tmp_path, parts)
    assert report["bits"] == 4
    assert "Mean over 1 seed<" in page
    assert "LSNNet, INT4 (this build)" in page
