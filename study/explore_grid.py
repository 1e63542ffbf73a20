"""Accuracy of the run's network at other bits of weights and of time: tuned to each pair, lowered, tested."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from base.files import read_npz, write_json
from base.records import hash_sources
from base.sources import closure
from flow.settings import Settings
from flow.software.jobs import RESULT, Job, run_jobs
from flow.stages import VALUES
from flow.workers import tell
from model.evaluate import score, select
from model.train import CHECKPOINT
from quant import MODEL
from quant.lower import lower
from quant.qat import quantise
from spec import golden


def points(settings: Settings, pairs: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    """Of each pair (weight bits, time bits) its metrics, and the folder of its spec below OUT/grid; kept there.

    The first seed's trained network; each pair is a job of its own.
    """
    checkpoint = settings.train_folder("lsnnet", settings.seed) / CHECKPOINT
    reads = (settings.out / "samples.npz", settings.out / "dataset.json", checkpoint)
    folders = {pair: settings.out / "grid" / f"int{pair[0]}-time{pair[1]}" for pair in pairs}
    jobs = {pair: Job(folder.name, settings.seed, folder, reads, partial(tuned, settings, *pair, checkpoint, folder))
            for pair, folder in folders.items()}
    key = hash_sources(closure(["study.explore_grid"], VALUES)) + repr(settings.network)
    results = run_jobs(settings.out / "logs", key, list(jobs.values()))
    return [{"bits": bits, "time_bits": time, "folder": str(job.folder), **results[job.name, job.seed]}
            for (bits, time), job in jobs.items()]


def tuned(settings: Settings, bits: int, time_bits: int, checkpoint: Path, folder: Path) -> None:
    """model.onnx, the spec, and result.json: metrics over the whole test set, of the golden model."""
    samples = read_npz(settings.out / "samples.npz")
    quantise(samples, checkpoint, bits, time_bits, settings.seed, folder,
             partial(tell, f"int{bits} time {time_bits}"))
    spec = lower(folder / MODEL, settings.network)
    spec.save(folder)
    trace = golden.run(spec, spec.input.quantise(select(samples, "test")[0]))
    write_json(folder / RESULT, score(samples, trace.logits))
