"""Lowering: each model.onnx to a spec, and both against each other over the whole test set.

Leaves, in OUT: quant/int<BITS>-seed<N>/ (spec.json, params.npz), quant.json, and accuracy.json for the report.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from base.files import read_json, read_npz, write_json
from board.preset import load_preset
from flow.settings import Settings
from flow.software.jobs import RESULT, Job, run_jobs
from model.evaluate import confusion, metrics, select
from quant import MODEL
from quant.execute import run_qonnx
from quant.lower import lower
from spec import golden


def lower_all(settings: Settings, key: str) -> None:
    """Lower every tuned network; write quant.json and accuracy.json."""
    samples = (settings.out / "samples.npz", settings.out / "dataset.json")
    jobs = [Job(f"int{bits}", seed, settings.quant_folder(bits, seed), (*samples, model),
                partial(_lower_job, settings, bits, model, settings.quant_folder(bits, seed)))
            for bits, seed in settings.quantised for model in [settings.tune_folder(bits, seed) / MODEL]]
    results = run_jobs(settings.out / "logs", key, jobs)
    write_json(settings.out / "quant.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})
    found = {(bits, seed): results[f"int{bits}", seed] for bits, seed in settings.quantised}
    _write_accuracy(settings, {pair: result["metrics"] for pair, result in found.items()},
                    found[settings.bits, settings.seed]["confusion"])


def _lower_job(settings: Settings, bits: int, model: Path, folder: Path) -> None:
    """Lowering; then QONNX against the golden model over the whole test set."""
    samples, classes = read_npz(settings.out / "samples.npz"), read_json(settings.out / "dataset.json")["classes"]
    spec = lower(model, load_preset(settings.preset))
    spec.save(folder)
    x, y = select(samples, "test")
    trace = golden.run(spec, spec.input.quantise(x))
    logits = run_qonnx(model, x)
    mismatches = int((logits != trace.logits * 2.0**spec.readout.exponent).any(axis=1).sum())
    write_json(folder / RESULT, {
        "metrics": metrics(y, trace.predicted, classes), "confusion": confusion(y, trace.predicted, classes),
        "digest": spec.digest,
        "bit_exact": {"pair": "qonnx=golden", "bits": bits, "samples": len(x), "mismatches": mismatches},
    })


def _write_accuracy(settings: Settings, quantised: dict[tuple[int, int], Any], matrix: list[list[int]]) -> None:
    """accuracy.json: everything on the test subjects, this run's seed; balanced accuracy for every seed."""
    trained = read_json(settings.out / "train.json")
    svm_result, ann = trained["svm-seed0"], trained[f"ann-seed{settings.seed}"]
    ours = trained[f"lsnnet-seed{settings.seed}"]
    write_json(settings.out / "accuracy.json", {
        "majority": svm_result["majority"], "svm": svm_result["metrics"], "ann": ann["metrics"],
        "float": ours["metrics"], "quantised": quantised[settings.bits, settings.seed],
        "confusion": {"svm": svm_result["confusion"], "ann": ann["confusion"], "float": ours["confusion"],
                      "quantised": matrix},
        "seeds": {
            "seeds": list(settings.seeds), "svm": svm_result["metrics"]["balanced"],
            "float": [trained[f"lsnnet-seed{seed}"]["metrics"]["balanced"] for seed in settings.seeds],
            "quantised": [quantised[settings.bits, seed]["balanced"] for seed in settings.seeds],
        },
        "bits": {str(bits): quantised[bits, settings.seed] for bits in settings.widths},
    })
