"""`make reproduce`: every table of the paper, for one data set, into docs/."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flow.files import read_json, write_text
from flow.settings import Settings
from flow.stages import ROOT, hash_sources
from model import data
from model.data.recording import Dataset
from quant.preset import load_preset
from study import report
from study.material import Material, carried, prepare
from study.plan import LEAKY, Plan, all_jobs, protocols_of
from study.results import Found
from study.sweep import Tell, run

SOURCES = ("model", "quant", "study/jobs.py", "study/disturb.py", "study/material.py")
CAUSAL = "causal"  # smoothing that a wearable can do while it records


def reproduce(settings: Settings, scheduler: str | None, console: Console) -> None:
    """Run what has not ended of the data set's study, then write its page and plots."""
    dataset = data.load(settings.dataset, settings.data_root)
    preset = load_preset(settings.preset)
    network = {"channels": list(preset.channels), "hidden": list(preset.hidden)}
    page = study(dataset, Plan(settings.seeds, network, {}), settings.out / "reproduce" / settings.dataset,
                 settings.out / "cache", ROOT / "docs", scheduler, console)
    console.print(f"{page.relative_to(ROOT)}")


def study(
    dataset: Dataset, plan: Plan, out: Path, store: Path, docs: Path, scheduler: str | None, console: Console
) -> Path:
    """The page docs/results.md (EEGMAT) or docs/results-<dataset>.md. out: jobs and material; store: feature cache."""
    with _Bar(console) as tell:
        reasons = carried(dataset, dataset.settings, protocols_of(dataset.name), store)
        protocols = [name for name, reason in reasons.items() if reason is None]
        material = prepare(dataset, dataset.settings, [*protocols, LEAKY], out / "material", store, tell)
        causal = dataclasses.replace(dataset.settings, smoothing=CAUSAL)
        other = prepare(dataset, causal, protocols[:1], out / "material-causal", store, tell)
        jobs = all_jobs(material, other, plan, protocols)
        done = run(jobs, out / "jobs", scheduler, _key(material, other), tell)
    seconds = sum(float(read_json(out / "jobs" / f"{job.name}.json")["wall_s"]) for job in jobs)
    found = Found(done, len(dataset.class_names))
    excluded = {name: reason for name, reason in reasons.items() if reason is not None}
    page = docs / ("results.md" if dataset.name == "eegmat" else f"results-{dataset.name}.md")
    write_text(page, report.page(found, material, plan, protocols, excluded, seconds, page.stem))
    report.draw(found, material, plan, protocols[0], docs / "results", page.stem)
    return page


def _key(*materials: Material) -> str:
    """What jobs depend on besides their arguments: their source and the data they read."""
    hashes = [hash_sources(SOURCES)]
    for material in materials:
        hashes += [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(material.folder.iterdir())]
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


class _Bar:
    """Progress on the terminal; a line every so often where there is none."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (TextColumn("{task.description}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
        self.bars = Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bars.add_task("", total=None)
        self.said = 0.0

    def __enter__(self) -> Tell:
        self.bars.start()
        return self.tell

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def tell(self, done: int, total: int, note: str) -> None:
        self.bars.update(self.task, completed=done, total=total, description=note or "jobs")
        share = done / max(total, 1)
        if not self.console.is_terminal and not note and (share < self.said or share >= self.said + 0.05):
            self.said = share
            self.console.print(f"jobs {done}/{total}")
