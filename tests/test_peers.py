"""The peers' side without their environment: what they are given, what is read of their reports, the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_specs import random_spec
from synthetic import make_words

from base.errors import UserError, one_line
from peers import dense, environment
from peers.compare import execution
from peers.finn_flow import summary
from peers.finn_graph import graph
from peers.hls4ml_flow import Size, plan, reuse_factor, sizes
from peers.hls4ml_layers import fixed, layers
from peers.page import chosen, page, table_rows, verdicts
from peers.published import ROWS
from spec import golden
from spec.netspec import NetSpec

CACHE = Path(__file__).parents[1] / "build" / "verilated"
SEEDS = (5, 8, 22)  # with blocks, without strides
COUNTS = {"lut": 100, "ff": 200, "bram36": 3.5, "dsp": 4}


def words_of(spec: NetSpec, count: int = 12) -> np.ndarray:
    return make_words(spec, count, seed=1)


def finn_reports(folder: Path, layers: dict[str, dict[str, float]]) -> Path:
    """Reports as FINN's estimate flow leaves them, of made-up layers."""
    total = {key: sum(layer[key] for layer in layers.values()) for key in ("LUT", "BRAM_18K", "DSP", "URAM")}
    folder.mkdir(parents=True)
    (folder / "estimate_layer_resources.json").write_text(json.dumps({**layers, "total": total}))
    (folder / "estimate_network_performance.json").write_text(json.dumps({
        "critical_path_cycles": 8816, "max_cycles": 800, "max_cycles_node_name": "MVAU_rtl_0",
        "estimated_throughput_fps": 125000.0, "estimated_latency_ns": 88160.0}))
    return folder


def width(mismatches: int = 0) -> dict[str, Any]:
    """One width's findings, all made up."""
    exact = {"samples": 240, "mismatches": mismatches}
    ours = {"tool": "Verilator, Yosys 0", "execution": exact, "interval": 800.0, "latency": 2169, "front": 1250,
            "back_latency": 919, "lut": 7617, "ff": 8001, "bram36": 16.0, "dsp": 82, "back": COUNTS}
    build = {"target": 800, "activations": "thresholds", "interval": 800, "latency": 8816, "slowest": "MVAU_rtl_0",
             "lut": 19308, "bram36": 23.5, "dsp": 37, "uncounted": []}
    fast = {**build, "target": 100, "interval": 100, "lut": 40000}
    large = {**build, "target": 50, "interval": 50, "lut": 113609}
    return {"bits": 8, "time_bits": 8, "digest": "0123456789abcdef", "shape": "20x5x5 in", "target": 800,
            "work": {"macs": {"pw0": 16000}, "dense": {"b1_0": 51200}, "synops": {"b1_0": 2560.0}},
            "ours": {"ticks": ours},
            "dense": {"tool": "Verilator, Yosys 0", "execution": exact, "interval": 800.0, "back_latency": 119,
                      "back": {"lut": 50, "ff": 60, "bram36": 7.0, "dsp": 98}},
            "finn": {"tool": "finn-plus 0", "execution": exact, "builds": [build, fast, large]},
            "hls4ml": {"tool": "hls4ml 0", "execution": exact, "layers": {}, "interval": 800, "multipliers": 151}}


LIMITS = {"lut": 53200, "lutram": 17400, "ff": 106400, "bram36": 140, "dsp": 220}


@pytest.mark.parametrize("seed", SEEDS)
def test_finn_is_given_the_same_network(seed: int) -> None:
    """Thresholds, encoder merged into them, channels last: QONNX executes the graph to golden's logits."""
    from qonnx.core.onnx_exec import execute_onnx

    spec = random_spec(seed)
    words, model = words_of(spec), graph(spec)
    found = [execute_onnx(model, {"input": word[None].astype(np.float32)})["logits"][0] for word in words]
    assert np.array_equal(np.array(found), golden.run(spec, words).logits)


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_dense_back_end_equals_golden(seed: int, tmp_path: Path) -> None:
    spec = random_spec(seed)
    trace = golden.run(spec, words_of(spec))
    result = dense.simulate(spec, trace, tmp_path / "dense", CACHE)
    assert np.array_equal(result.logits, trace.logits)
    assert result.interval >= spec.encoder.features


def test_finn_reports_are_read(tmp_path: Path) -> None:
    report = finn_reports(tmp_path / "report", {
        "MVAU_rtl_0": {"LUT": 0, "BRAM_18K": 3, "DSP": 5, "URAM": 0},
        "Thresholding_rtl_0": {"LUT": 96.0, "BRAM_18K": 0, "DSP": 0, "URAM": 0},
        "FMPadding_rtl_0": {"LUT": 0, "BRAM_18K": 0, "DSP": 0, "URAM": 0}})
    found = summary(report, 790, "requant")
    assert found == {"target": 790, "activations": "requant", "interval": 800, "latency": 8816, "slowest": "MVAU_rtl_0",
                     "lut": 96, "bram36": 1.5, "dsp": 5, "uncounted": ["FMPadding_rtl_0"]}


def test_reuse_factors_are_those_that_hls4ml_takes_unchanged() -> None:
    assert reuse_factor(Size(800, 64, 51200, 1), 800) == 800
    assert reuse_factor(Size(64, 32, 2048, 1), 800) == 512
    assert reuse_factor(Size(32, 32, 1024, 25), 800) == 32
    assert reuse_factor(Size(32, 32, 1024, 25), 10) == 1  # no interval is so short; nothing shared is all there is


def test_plan_covers_every_layer_with_weights() -> None:
    spec = random_spec(SEEDS[0])
    rows = plan(spec, 500)
    assert set(rows) == set(sizes(spec)) == {unit.name for unit in spec.units if unit.rows is not None}
    for name, size in sizes(spec).items():
        assert rows[name]["multipliers"] * rows[name]["reuse"] >= size.products
        assert rows[name]["cycles"] == rows[name]["reuse"] * size.times


def test_types_given_to_hls4ml_are_exact() -> None:
    assert fixed(8, 7, False, ",TRN,SAT") == "ufixed<8,15,TRN,SAT>"
    assert fixed(8, -3) == "fixed<8,5>"
    spec = random_spec(SEEDS[0])
    net = layers(spec, {})
    shifts = [getattr(unit, "shift", 0) for unit in spec.units]
    assert net.exponent == sum(shifts)
    for row in net.rows:
        assert "default" not in net.config[row["name"]]["Precision"]


def test_page_has_every_design_and_source() -> None:
    text = page({"date": "2026-01-01", "variables": {"DATASET": "eegmat"}, "part": "xc7z020clg400-1",
                 "clock_mhz": 100.0, "limits": LIMITS, "widths": [width()]})
    for part in ("7,617", "19,308", "151 multipliers", "1,369", "240 of 240", "2026-01-01",
                 "`make peers DATASET=eegmat`", "5.0 %"):
        assert part in text, part
    for row in ROWS:
        assert f"| {row.what} |" in text
    assert text.count("**not verified**") == sum(not row.read for row in ROWS) == 2
    assert all(line.count("|") == 10 for line in text.splitlines() if line.startswith("| FINN, thresholds"))


def test_page_says_where_a_peer_differs() -> None:
    found = table_rows(width(mismatches=3), LIMITS)
    assert {row.exact["mismatches"] for row in found} == {3}


def test_fastest_build_is_one_that_fits_the_part() -> None:
    builds = width()["finn"]["builds"]
    assert [build["interval"] for build in chosen(builds, 800, LIMITS)] == [800, 100]
    assert [build["interval"] for build in chosen(builds, 800, {**LIMITS, "lut": 20000})] == [800]


def test_verdict_names_what_is_better_and_what_is_worse() -> None:
    lines = verdicts(table_rows(width(), LIMITS))
    assert lines[0] == ("- **our front end, dense ANN back end**, interval 800: better in latency 1,369 against 2,169, "
                        "LUT 7,567 against 7,617; worse in BRAM36 19.5 against 16, DSP 176 against 82.")
    assert lines[1].startswith("- **FINN, thresholds**, interval 800: better in DSP 37 against 82; worse in LUT 19,308")


def test_a_differing_sample_is_counted() -> None:
    wanted = np.arange(6).reshape(3, 2)
    found = wanted.copy()
    found[1, 1] += 1
    assert execution(found, wanted) == {"samples": 3, "mismatches": 1}


@pytest.mark.parametrize("half", [False, True], ids=["none", "half made"])
def test_missing_environment_is_one_line(half: bool, tmp_path: Path) -> None:
    folder = tmp_path / ".venv-peers"
    if half:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").write_text("")
    with pytest.raises(UserError) as caught:
        environment.run("peers.finn_flow", tmp_path, tmp_path, tmp_path / "out", folder=folder)
    assert one_line(caught.value) == (".venv-peers: got no whole environment, expected FINN and hls4ml in it, "
                                      "run `make peers`")
