"""Lowering: each model.onnx to a spec, and both against each other over the whole test set.

Leaves, in OUT: quant/int<BITS>-seed<N>/ (spec.json, params.npz), quant.json, and accuracy.json for the report.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from base.files import read_json, read_npz, write_json
from flow.settings import Settings
from flow.software.jobs import RESULT, Job, run_jobs
from flow.software.rows import row
from model.evaluate import positive, score, select
from quant import MODEL
from quant.execute import run_qonnx
from quant.lower import lower
from spec import early, golden
from spec.netspec import NetSpec


def lower_all(settings: Settings, key: str) -> None:
    """Lower every tuned network; write quant.json and accuracy.json."""
    samples = (settings.out / "samples.npz", settings.out / "dataset.json")
    jobs = [Job(f"int{bits}", seed, settings.quant_folder(bits, seed), (*samples, model),
                partial(_lower_job, settings, bits, model, settings.quant_folder(bits, seed)))
            for bits, seed in settings.quantised for model in [settings.tune_folder(bits, seed) / MODEL]]
    results = run_jobs(settings.out / "logs", key, jobs)
    write_json(settings.out / "quant.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})
    rows = read_json(settings.out / "classifiers.json")
    for bits in settings.widths:
        seeds = [seed for width, seed in settings.quantised if width == bits]
        key = "quantised" if bits == settings.bits else f"int{bits}"
        rows.append(row(key, f"LSNNet, INT{bits}", bits, seeds, [results[f"int{bits}", seed] for seed in seeds]))
    classes = read_json(settings.out / "dataset.json")["classes"]
    write_json(settings.out / "accuracy.json", {"positive": positive(classes), "classifiers": rows})


def _lower_job(settings: Settings, bits: int, model: Path, folder: Path) -> None:
    """Lowering; then QONNX against the golden model over the whole test set.

    QONNX knows no ticks: it is compared at the window's end. What is scored is what the chip answers.
    """
    samples = read_npz(settings.out / "samples.npz")
    spec = lower(model, settings.network)
    x, _ = select(samples, "test")
    words = spec.input.quantise(x)
    ends = golden.run(spec, words)
    logits = run_qonnx(model, x)
    mismatches = int((logits != ends.logits * 2.0**spec.readout.exponent).any(axis=1).sum())
    decided = _deciding(spec, settings, samples)
    decided.save(folder)
    answered = (ends if decided is spec else golden.run(decided, words)).logits
    write_json(folder / RESULT, {
        **score(samples, answered), "digest": decided.digest,
        "bit_exact": {"pair": "qonnx=golden", "bits": bits, "samples": len(x), "mismatches": mismatches},
    })


def _deciding(spec: NetSpec, settings: Settings, samples: dict[str, np.ndarray]) -> NetSpec:
    """The network with the rule of EARLY, its margin from the validation samples."""
    if settings.early == "off":
        return spec
    seen = golden.run(spec, spec.input.quantise(select(samples, "val")[0]))
    return early.chosen(spec, seen.values[spec.spiking[-1].name], settings.early, settings.early_tolerance)
