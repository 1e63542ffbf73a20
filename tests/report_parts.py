"""What the stages of one healthy run leave for the report, as Python values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

SAMPLES, BITS = 240, 8
NEURONS = {"encoder": 800, "b1_0": 64, "b1_1": 32}


def metrics(balanced: float) -> dict[str, float]:
    return {"acc": balanced + 0.02, "balanced": balanced, "macro_f1": balanced - 0.01,
            "sen": balanced - 0.04, "spe": balanced + 0.04, "pre": balanced + 0.01}


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
        "run": {"spec_digest": "4f1c" * 16, "preset": "eegmat", "bits": BITS, "seed": 0},
        "dataset": {
            "name": "eegmat", "simulated": False, "source": "PhysioNet EEGMAT 1.0.0", "shape": [4, 5, 5],
            "features": ["bandpower_alpha", "bandpower_beta", "pse"], "smoothing": "smoother", "sampling_hz": 128,
            "standardisation": "train-subjects", "class_names": ["rest", "arithmetic"], "classes": 2,
            "subjects_train": list(range(14)), "subjects_val": [14, 15, 16, 17], "subjects_test": list(range(18, 24)),
            "samples_train": 2180, "samples_val": 160, "samples_test": SAMPLES,
        },
        "accuracy": {
            "majority": {"acc": 0.75, "balanced": 0.5, "macro_f1": 0.429, "sen": 0.0, "spe": 1.0, "pre": 0.0},
            "svm": metrics(0.681), "ann": metrics(0.722), "float": metrics(0.738), "quantised": metrics(0.735),
            "confusion": {"svm": [[140, 40], [25, 35]], "ann": [[145, 35], [21, 39]],
                          "float": [[149, 31], [20, 40]], "quantised": [[148, 32], [20, 40]]},
            "seeds": {"seeds": [0, 1, 2], "svm": 0.681,
                      "float": [0.738, 0.729, 0.751], "quantised": [0.735, 0.73, 0.742]},
            "bits": {"8": metrics(0.735), "4": metrics(0.702)},
        },
        "history": [
            {"train_loss": 0.3 + 0.42 * math.exp(-e / 9), "val_loss": 0.52 + 0.2 * math.exp(-e / 8) + 0.0015 * e,
             "val_balanced": 0.5 + 0.25 * (1 - math.exp(-e / 7)),
             "windows": [1 + 3 * math.exp(-e / 12), 1 + 2 * math.exp(-e / 15)]}
            for e in range(48)
        ],
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
            "latency": 1750, "latency_mean": 1702.4, "interval": 902, "predicted_latency": 1748,
            "per_stage": {"dw0": 410, "pw0": 432, "dw1": 655, "pw1": 689, "encoder": 944, "b1_0": 1201,
                          "b1_1": 1458, "readout": 1750},
        },
        "resources": {
            **usage(9412, 288, 8404, 22, 80), "tool": "Yosys 0.70 synth_xilinx", "per_unit": units,
            "limits": usage(53200, 17400, 106400, 140, 220),
        },
        "timing": {"clock_mhz": 100.0, "source": "assumed"},
        "wall": {"train": 96.2, "quant": 71.8, "csim": 12.4, "rtl_sim": 31.0, "synth": 148.9},
    }
