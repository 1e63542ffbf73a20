"""The jobs of a stage: they go on at once, each in a folder of its own, and each runs again only if it is stale."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from base.files import read_json
from base.records import Record, digest
from flow.workers import workers

RESULT = "result.json"


@dataclass(frozen=True)
class Job:
    """One network, or the SVM.

    name, seed: what to train or quantise to. call() writes into `folder`, result.json at least. reads: files that it
    reads; its result depends on their contents, not on how they came about.
    """

    name: str
    seed: int
    folder: Path
    reads: tuple[Path, ...]
    call: Callable[[], None]

    def record(self, key: str) -> Record:
        contents = [digest(path) for path in self.reads]
        return Record(self.folder / "record.json", [key, self.name, self.seed, contents], partial(_files, self.folder))


def run_jobs(logs: Path, key: str, jobs: list[Job]) -> dict[tuple[str, int], Any]:
    """Run what has not ended for this key, at once where there are cores; every job's result, by name and seed.

    A result has `spans`: when the job was at work, perhaps days ago.
    """
    records = [job.record(key) for job in jobs]
    with workers(logs) as pool:
        stale = [(record, job) for record, job in zip(records, jobs, strict=True) if not record.fresh]
        for future in as_completed([pool.submit(record.run, job.call) for record, job in stale]):
            future.result()
    return {(job.name, job.seed): {**read_json(job.folder / RESULT), "spans": record.spans}
            for job, record in zip(jobs, records, strict=True)}


def _files(folder: Path) -> list[Path]:
    """Everything a job has left in its folder; at least its result."""
    others = [path for path in folder.iterdir() if path.name[0] != "." and path.name != "record.json"]
    return sorted({*others, folder / RESULT})
