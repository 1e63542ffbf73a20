"""Earliest decision: what waiting for the read-out's window is worth, on the run's own networks. No torch here.

Leaves OUT/earliest.json: for each quantised network accuracy against ticks waited, and what the rules of
spec.units.Readout save on the test samples; the margin is chosen on the validation samples alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from base.files import read_npz, write_json
from flow.settings import Settings
from flow.workers import tell
from model.data.folds.splits import SPLIT_CODES
from rtl import cycles
from spec import early, golden
from spec.netspec import NetSpec
from spec.units import EARLY

RULES = EARLY[1:]


def run_earliest(settings: Settings) -> None:
    """Of every network that was lowered; the first one is that which is built."""
    samples = read_npz(settings.out / "samples.npz")
    rows = []
    for done, (bits, seed) in enumerate(settings.quantised):
        tell("earliest decision", done, len(settings.quantised), f"int{bits} seed {seed}")
        rows.append({"bits": bits, "seed": seed,
                     **study(NetSpec.load(settings.quant_folder(bits, seed)), samples, settings.early_tolerance)})
    tell("earliest decision", 1, 1)
    write_json(settings.out / "earliest.json", {"tolerance": settings.early_tolerance, "networks": rows})


def study(spec: NetSpec, samples: dict[str, np.ndarray], tolerance: float) -> dict[str, Any]:
    """Of one network: `ends`, at the window's end; `waited`, lists with an entry per tick 1 … window; `rules`.

    same: share of the test samples with the class of the window's end. changed: how many have another one. spikes: of
    the last layer, mean, up to there. latency: cycles, mean; with core ticks alone, to others no tick passes.
    """
    whole = early.deciding(spec, "off")
    validation, trace = (golden.run(whole, _words(whole, samples, split)) for split in ("val", "test"))
    name, unit, truth = whole.spiking[-1].name, whole.readout, samples["y"][samples["split"] == SPLIT_CODES["test"]]
    x, final = trace.values[name], trace.predicted
    lefts = list(reversed(range(unit.window)))
    classes = [early.logits(unit, x, left).argmax(axis=1) for left in lefts]
    waited = {
        "balanced": [float(balanced_accuracy_score(truth, found)) for found in classes],
        "same": [float((found == final).mean()) for found in classes],
        "spikes": [float((x > left).sum(axis=1).mean()) for left in lefts],
    }
    ends = {name: values[-1] for name, values in waited.items()}
    if whole.core == "ticks":
        ends["latency"] = float(cycles.predicted_latency(whole, trace).mean())
    rules = {}
    for rule in RULES if whole.core == "ticks" else ():
        decided = early.chosen(whole, validation.values[name], rule, tolerance)
        ticks = early.ticks(decided.readout, x)
        left = unit.window - ticks[:, None]
        found = early.logits(unit, x, left).argmax(axis=1)
        latency = cycles.waiting_latency(decided, trace)
        waited["latency"] = latency.mean(axis=0).tolist()
        rules[rule] = {
            "margin": decided.readout.margin, "rate": decided.readout.rate, "changed": int((found != final).sum()),
            "balanced": float(balanced_accuracy_score(truth, found)),
            "ticks": np.bincount(ticks, minlength=unit.window + 1).tolist(),
            "spikes": float((x > left).sum(axis=1).mean()),
            "latency": float(latency[np.arange(len(ticks)), ticks - 1].mean()),
        }
    return {"digest": spec.digest, "core": whole.core, "window": unit.window, "samples": len(x),
            "validation": len(validation.predicted), "ends": ends, "waited": waited, "rules": rules}


def said(found: dict[str, Any]) -> str:
    """One line on the network that is built."""
    row = found["networks"][0]
    if not row["rules"]:
        return f"core {row['core']} does not decide early: spikes come to its read-out in no order of time"
    return f"of {row['window']} ticks " + ", ".join(
        f"{waited(row, of):.0f} are waited for with EARLY={rule} ({of['changed']} of {row['samples']} samples change "
        f"class)" for rule, of in row["rules"].items())


def waited(row: dict[str, Any], rule: dict[str, Any]) -> float:
    """Ticks, mean over the test samples, that a rule waits for in one of the networks."""
    return float(np.average(np.arange(row["window"] + 1), weights=rule["ticks"]))


def _words(spec: NetSpec, samples: dict[str, np.ndarray], split: str) -> np.ndarray:
    return spec.input.quantise(samples["x"][samples["split"] == SPLIT_CODES[split]])
