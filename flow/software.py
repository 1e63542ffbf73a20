"""The stages that need PyTorch: samples, training, quantisation.

They leave, in OUT: samples.npz, dataset.json; train/<network>-seed<N>/ and train.json; quant/int<BITS>-seed<N>/
(model.onnx, spec.json, params.npz) and quant.json; history.json and accuracy.json for the report.
"""

from __future__ import annotations

from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from base.files import read_json, read_npz, write_json
from base.records import Record
from board.preset import Preset, load_preset
from flow.settings import Settings
from flow.workers import tell, workers
from model.baselines.ann import AnnTwin
from model.baselines.svm import majority, svm
from model.data.prepare import prepare
from model.evaluate import confusion, metrics, predict, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.train import CHECKPOINT, HISTORY, TrainOptions, train
from quant.execute import run_qonnx
from quant.lower import lower
from quant.qat import MODEL, quantise
from spec import golden

Job = tuple[str, int]  # what to train or quantise to, and the seed


def prepare_samples(settings: Settings) -> None:
    prepare(settings.dataset, settings.data_root, settings.out, settings.test_subjects,
            cache_folder=settings.out / "cache", tell=partial(tell, "features"))


def network_config(preset: Preset, samples: dict[str, np.ndarray], classes: int) -> LSNNetConfig:
    """The preset's network for samples x (N, C, H, W)."""
    _, channels, height, width = samples["x"].shape
    return LSNNetConfig(channels, height, width, classes, preset.channels, preset.hidden)


def train_all(settings: Settings, key: str) -> None:
    """Train LSNNet with every seed, its ANN twin, and the SVM; write train.json and history.json."""
    jobs: list[Job] = [*(("lsnnet", seed) for seed in settings.seeds), ("ann", settings.seed), ("svm", 0)]
    folders = {job: settings.train_folder(*job) for job in jobs}
    run_jobs(settings, key, {job: (partial(_train_job, settings, job), folder) for job, folder in folders.items()})
    results = {job: read_json(folder / "result.json") for job, folder in folders.items()}
    write_json(settings.out / "train.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})
    history = read_json(folders["lsnnet", settings.seed] / HISTORY)
    write_json(settings.out / "history.json", history)


def run_jobs(settings: Settings, key: str, jobs: dict[Job, tuple[Any, Path]]) -> None:
    """Run what has not ended for this key, at once where there are cores. A job is (call, its folder)."""
    with workers(settings.out / "logs") as pool:
        futures = []
        for job, (call, folder) in jobs.items():
            record = Record(folder / "record.json", [key, job], partial(_job_files, folder))
            if not record.fresh:
                futures.append(pool.submit(record.run, call))
        for future in as_completed(futures):
            future.result()


def _job_files(folder: Path) -> list[Path]:
    """Everything a job has left in its folder; at least its result."""
    others = [path for path in folder.iterdir() if path.name[0] != "." and path.name != "record.json"]
    return sorted({*others, folder / "result.json"})


def _train_job(settings: Settings, job: Job) -> None:
    name, seed = job
    folder = settings.train_folder(name, seed)
    samples, classes = read_npz(settings.out / "samples.npz"), read_json(settings.out / "dataset.json")["classes"]
    x, y = select(samples, "test")
    if name == "svm":
        guess, chosen = svm(samples)
        extra = {"chosen": chosen, "majority": metrics(y, majority(samples), classes)}
    else:
        build = AnnTwin if name == "ann" else LSNNet
        config = network_config(load_preset(settings.preset), samples, classes)
        result = train(samples, config, TrainOptions(seed=seed), folder, build, partial(tell, f"{name} seed {seed}"))
        predictions = predict(result.network, x)
        extra = {"best_epoch": result.best_epoch, "spikes_per_neuron": predictions.spikes_per_neuron}
        guess = predictions.classes
    write_json(folder / "result.json",
               {"metrics": metrics(y, guess, classes), "confusion": confusion(y, guess, classes), **extra})


def quantise_all(settings: Settings, key: str) -> None:
    """Quantise every seed's network to BITS and the first seed's also to the other widths; write quant.json."""
    jobs = [(settings.bits, seed) for seed in settings.seeds] + [(b, settings.seed) for b in settings.widths[1:]]
    calls: dict[Job, tuple[Any, Path]] = {
        (f"int{bits}", seed): (partial(_quant_job, settings, bits, seed), settings.quant_folder(bits, seed))
        for bits, seed in jobs
    }
    run_jobs(settings, key, calls)
    results = {(bits, seed): read_json(settings.quant_folder(bits, seed) / "result.json") for bits, seed in jobs}
    write_json(settings.out / "quant.json", {f"int{bits}-seed{seed}": r for (bits, seed), r in results.items()})
    _write_accuracy(settings, {job: result["metrics"] for job, result in results.items()},
                    results[settings.bits, settings.seed]["confusion"])


def _quant_job(settings: Settings, bits: int, seed: int) -> None:
    """QAT, export, lowering; then QONNX against the golden model over the whole test set."""
    folder = settings.quant_folder(bits, seed)
    samples, classes = read_npz(settings.out / "samples.npz"), read_json(settings.out / "dataset.json")["classes"]
    preset = load_preset(settings.preset)
    quantise(samples, settings.train_folder("lsnnet", seed) / CHECKPOINT, bits, seed, folder,
             partial(tell, f"int{bits} seed {seed}"))
    spec = lower(folder / MODEL, preset)
    spec.save(folder)
    x, y = select(samples, "test")
    trace = golden.run(spec, spec.input.quantise(x))
    logits = run_qonnx(folder / MODEL, x)
    mismatches = int((logits != trace.logits * 2.0**spec.readout.exponent).any(axis=1).sum())
    write_json(folder / "result.json", {
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
