"""What the report says of the run itself: layers, repeat line, cautions, estimates, people."""

from __future__ import annotations

import json
import math
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from report_parts import SUBJECTS, make_parts, put, written
from synthetic import make_spec

from base.files import write_json
from flow.reading import read
from flow.report import gather
from flow.report.cautions import cautions
from flow.report.layers import layer_rows
from flow.report.schema import Layer, Report

ROWS = "accuracy/classifiers"


def said(report: dict[str, Any]) -> str:
    return " ".join(cautions(Report.model_validate_json(json.dumps(report))))


def test_layers_are_the_specs_own_and_follow_each_other() -> None:
    spec = make_spec(channels=6, height=3, width=4, blocks=(8, 8), hidden=(10, 5), lanes=2)
    rows = [Layer.model_validate(row) for row in layer_rows(spec)]
    assert [(row.name, row.kind) for row in rows] == [(unit.name, unit.kind) for unit in spec.units]
    for before, after in pairwise(rows):
        assert math.prod(before.shape_out) == math.prod(after.shape_in)
        assert before.out_bits == after.in_bits
        assert before.lanes_out == after.lanes_in
    for row, unit in zip(rows, spec.units, strict=True):
        assert row.weights == (unit.weight.size if hasattr(unit, "weight") else 0)
        assert row.acc_bits == getattr(unit, "acc_bits", None)
    assert rows[0].shape_in == [6, 3, 4]
    assert rows[-1].shape_out == [spec.readout.classes]


def test_the_repeat_line_names_a_folder_of_ones_own(tmp_path: Path) -> None:
    """A data set in a folder has a name of its own; what repeats the run is the variables, quoted for a shell."""
    root = tmp_path / "my data"
    root.mkdir()
    given = read("report", {"DATASET": "folder", "DATA_ROOT": str(root), "TEST_SUBJECTS": "3",
                            "OUT": str(tmp_path / "out")})
    words = shlex.split(gather.repeat_line(given.variables()))
    assert {"DATASET=folder", f"DATA_ROOT={root}", "TEST_SUBJECTS=3"} <= set(words)


def test_cautions_come_first_and_from_the_run(tmp_path: Path) -> None:
    report, page = written(tmp_path, make_parts())
    text = said(report)
    assert "6 subjects were tested" in text
    assert "Undecided" not in text
    assert "one seed of 3, number 2 of them in balanced accuracy: LSNNet, INT8 has 73.5 % here, 73.0 to 74.2" in text
    assert "Rest against arithmetic, not emotion." in text
    assert "clock of 100 MHz is assumed" in text
    assert "synthesis, before place and route" in text
    assert page.index("Read this before you quote it") < page.index("<h2>Accuracy")
    assert "Subject03_1.edf: last 0.9 s trimmed" in page


@pytest.mark.parametrize(("balanced", "rank"), [([0.8, 0.7, 0.75], "the best"), ([0.7, 0.8, 0.75], "the worst")])
def test_the_builds_place_among_its_seeds(tmp_path: Path, balanced: list[float], rank: str) -> None:
    parts = put(make_parts(), f"{ROWS}/quantised/balanced", balanced)
    report, _ = written(tmp_path, put(parts, f"{ROWS}/quantised/metrics/balanced", balanced[0]))
    assert f"one seed of 3, {rank} of them" in said(report)


def test_people_who_also_trained_are_told(tmp_path: Path) -> None:
    report, page = written(tmp_path / "apart", make_parts())
    assert "also trained" not in said(report)
    assert "held out from training and validation" in page
    report, page = written(tmp_path / "within", put(make_parts(), "dataset/subjects_train", SUBJECTS))
    assert "also trained" in said(report)
    assert "held out from training" not in page


def test_what_sensitivity_is_about_is_the_metrics_own(tmp_path: Path) -> None:
    _, page = written(tmp_path / "two", put(make_parts(), "accuracy/positive", 0))
    assert "precision are those of “rest”" in page
    _, page = written(tmp_path / "none", put(make_parts(), "accuracy/positive", None))
    assert "precision are means over the classes" in page


def test_undecided_verdicts_are_named(tmp_path: Path) -> None:
    values = dict(zip(map(str, SUBJECTS), [0.5, 0.62, 0.95, 0.8, 0.7, 0.9], strict=True))
    report, _ = written(tmp_path, put(make_parts(), f"{ROWS}/float/by_subject", [values] * 3))
    assert "Undecided here: Not below the linear teacher; INT8 within 1 point." in said(report)


def test_throughput_follows_from_interval_and_clock(tmp_path: Path) -> None:
    report, page = written(tmp_path, put(make_parts(), "timing/clock_mhz", 50.0))
    assert report["estimates"]["inferences_per_s"] == pytest.approx(50e6 / 902)
    assert "Inferences per second, estimate" in page
    assert re.search(r"power on a board</th><td>not measured<", page)
    assert "55,432" in page
    report, page = written(tmp_path, put(make_parts(), "cycles/interval", 0))
    assert report["estimates"]["inferences_per_s"] is None
    assert "not seen" in page


def test_the_hardware_is_named_in_full(tmp_path: Path) -> None:
    parts = put(make_parts(), "run/part", "xc7a100tcsg324-2")
    _, page = written(tmp_path, put(parts, "resources/basis", "place and route"))
    for shown in ("xc7a100tcsg324-2", "Fits XC7A100", "vitis_hls: not on PATH", "5.48.0", "2,104",
                  "mean of 240 samples, one at a time", "12 × 5 × 5", "51,692"):
        assert shown in page, shown
    assert "before place and route" not in page
    assert "XC7Z020" not in page


def test_each_subject_has_its_row_and_no_interval_leaves_the_possible(tmp_path: Path) -> None:
    values = dict(zip(map(str, SUBJECTS), [1.0, 1.0, 1.0, 1.0, 1.0, 0.6], strict=True))
    _, page = written(tmp_path, put(make_parts(), f"{ROWS}/int4/by_subject", [values]))
    rows = re.findall(r'<tr><th scope="row">(\d+)</th>((?:<td>[\d.]+</td>){7})</tr>', page)
    assert [int(who) for who, _ in rows] == SUBJECTS
    assert [re.findall(r"[\d.]+", cells)[-1] for _, cells in rows] == ["100.0"] * 5 + ["60.0"]
    assert "93.3 [76.2, 100.0]" in page


def test_what_the_driver_did_is_told_of_this_network_alone(tmp_path: Path) -> None:
    spec, rows = make_spec(), [{"pair": "golden=driver", "bits": 8, "samples": 3, "mismatches": 0}]
    assert gather._driver_rows(tmp_path, spec) == []
    for digest, wanted in ((spec.digest, rows), ("of another", [])):
        write_json(tmp_path / "driver.json", {"digest": digest, "bit_exact": rows, "ways": {}})
        assert gather._driver_rows(tmp_path, spec) == wanted


def test_what_the_overlay_reported_is_told_of_this_network_and_board_alone(tmp_path: Path) -> None:
    found = {"route": "vivado", "said": "a bitstream", "tool": "Vivado 2024.1", "part": "xc7z020", "clock_mhz": 100,
             "resources": {"lut": 9120.0, "lutram": 718.0, "ff": 9911.0, "bram36": 17.5, "dsp": 82.0},
             "wns_ns": -0.25, "whs_ns": 0.021, "met": False}
    write_json(tmp_path / "overlay.json", {"digest": "d", "board": "pynq-z2", "files": {"a": "b"}, **found})
    assert gather._system(tmp_path, "d", "pynq-z2") == found
    assert gather._system(tmp_path, "e", "pynq-z2") is gather._system(tmp_path, "d", "pynq-z1") is None
    assert gather._system(tmp_path / "none", "d", "pynq-z2") is None
    report, page = written(tmp_path, put(make_parts(), "system", found))
    assert report["system"]["resources"]["bram36"] == 17.5
    assert "9,120 LUT" in page
    assert "worst slack -0.25 ns of setup and 0.021 ns of hold at 100 MHz: <strong>timing is not met" in page
    report, page = written(tmp_path, put(make_parts(), "system", {"route": "open", "said": "yosys: a netlist"}))
    assert report["system"]["resources"] is None
    assert "(<code>make overlay</code>, open): yosys: a netlist." in page
