"""Tuning: each trained network to a QONNX model of fewer bits. Leaves, in OUT: tune/int<BITS>-seed<N>/, tune.json."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from base.files import read_npz, write_json
from flow.settings import Settings
from flow.software.jobs import RESULT, Job, run_jobs
from flow.workers import tell
from model.train import CHECKPOINT
from quant.qat import quantise


def tune_all(settings: Settings, key: str) -> None:
    """Tune every seed's network to BITS and the first seed's also to the other widths; write tune.json."""
    samples = settings.out / "samples.npz"
    jobs = [Job(f"int{bits}", seed, settings.tune_folder(bits, seed), (samples, checkpoint),
                partial(_tune_job, samples, checkpoint, (bits, settings.time_of(bits)), seed,
                        settings.tune_folder(bits, seed)))
            for bits, seed in settings.quantised
            for checkpoint in [settings.train_folder("lsnnet", seed) / CHECKPOINT]]
    results = run_jobs(settings.out / "logs", key, jobs)
    write_json(settings.out / "tune.json", {f"{name}-seed{seed}": result for (name, seed), result in results.items()})


def _tune_job(samples: Path, checkpoint: Path, bits: tuple[int, int], seed: int, folder: Path) -> None:
    result = quantise(read_npz(samples), checkpoint, *bits, seed, folder, partial(tell, f"int{bits[0]} seed {seed}"))
    write_json(folder / RESULT, {"best_epoch": result.best_epoch})
