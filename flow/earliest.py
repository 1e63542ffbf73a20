"""Earliest decision: what waiting for the read-out's window is worth, on the run's own networks. No torch here.

Leaves OUT/earliest.json: for each quantised network accuracy against ticks waited, and what the rules of
spec.units.Readout save on the test samples; the margin is chosen on the validation samples alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from base.files import read_npz, write_json
from flow.settings import Settings
from flow.workers import tell
from model.data.folds.splits import SPLIT_CODES
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
    """Of one network: `waited`, lists with an entry per tick 1 … window, and `rules`.

    same: share of the test samples with the class of the window's end. spikes: of the last layer, mean, up to there.
    changed: test samples whose class is not that of the window's end.
    """
    whole = NetSpec(spec.preset, (*spec.units[:-1], replace(spec.readout, early="off", margin=0)), spec.date)
    validation, test = (_earliness(whole, samples, split) for split in ("val", "test"))
    truth, unit = samples["y"][samples["split"] == SPLIT_CODES["test"]], whole.readout
    final = early.logits(unit, test, 0).argmax(axis=1)
    classes = [early.logits(unit, test, left).argmax(axis=1) for left in reversed(range(unit.window))]
    waited = {
        "balanced": [float(balanced_accuracy_score(truth, found)) for found in classes],
        "same": [float((found == final).mean()) for found in classes],
        "spikes": [float((test > left).sum(axis=1).mean()) for left in reversed(range(unit.window))],
    }
    rules = {}
    for rule in RULES:
        decided = early.chosen(whole, validation, rule, tolerance).readout
        ticks = early.ticks(decided, test)
        left = unit.window - ticks[:, None]
        found = early.logits(decided, test, left).argmax(axis=1)
        rules[rule] = {
            "margin": decided.margin, "rate": decided.rate, "changed": int((found != final).sum()),
            "balanced": float(balanced_accuracy_score(truth, found)), "ticks": np.bincount(
                ticks, minlength=unit.window + 1).tolist(),
            "spikes": float((test > left).sum(axis=1).mean()),
        }
    return {"digest": spec.digest, "window": unit.window, "samples": len(test), "waited": waited, "rules": rules}


def said(found: dict[str, Any]) -> str:
    """One line on the network that is built."""
    row = found["networks"][0]
    return f"of {row['window']} ticks " + ", ".join(
        f"{np.average(np.arange(row['window'] + 1), weights=of['ticks']):.0f} are waited for with EARLY={rule} "
        f"({of['changed']} of {row['samples']} samples change class)" for rule, of in row["rules"].items())


def _earliness(spec: NetSpec, samples: dict[str, np.ndarray], split: str) -> np.ndarray:
    """(N, neurons) of the last layer."""
    words = spec.input.quantise(samples["x"][samples["split"] == SPLIT_CODES[split]])
    return golden.run(spec, words).values[spec.spiking[-1].name]
