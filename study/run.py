"""`make reproduce`: every table of the paper, for one data set, into docs/."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flow.errors import expected
from flow.files import read_json, write_text
from flow.settings import Settings
from flow.stages import ROOT, hash_sources
from model import data
from model.data.recording import Dataset
from quant.preset import load_preset
from study.material import Material, carried, prepare
from study.plan import LEAKY, TABLES, Plan, Study, jobs_for, protocols_of
from study.plots import draw
from study.report import SECTIONS, View, head
from study.results import Found
from study.sweep import Tell, run

SOURCES = ("model", "quant", "study/jobs.py", "study/disturb.py", "study/material.py")
CAUSAL = "causal"  # smoothing that a wearable can do while it records


def reproduce(settings: Settings, table: str | None, scheduler: str | None, console: Console) -> None:
    """Run what has not ended of the data set's study, then write its page and plots; or one table, to the terminal."""
    if table is not None and table not in TABLES:
        raise expected("TABLE", repr(table), "one of " + ", ".join(TABLES))
    dataset = data.load(settings.dataset, settings.data_root)
    preset = load_preset(settings.preset)
    network = {"channels": list(preset.channels), "hidden": list(preset.hidden)}
    out = settings.out / "reproduce" / settings.dataset
    plan = Plan(settings.seeds, network, {})
    tables = list(TABLES) if table is None else [table]
    view, excluded, seconds = study(dataset, plan, tables, out, settings.out / "cache", scheduler, console)
    if table is None:
        page = write(view, excluded, seconds, ROOT / "docs")
        console.print(str(page.relative_to(ROOT)))
    else:
        console.print(Markdown("\n\n".join(SECTIONS[table](view))))


def study(
    dataset: Dataset, plan: Plan, tables: list[str], out: Path, store: Path, scheduler: str | None, console: Console
) -> tuple[View, dict[str, str], float]:
    """Run the jobs of `tables`. Returns what they left, the protocols that are not possible, and the jobs' seconds.

    out: jobs and material; store: the cache of features.
    """
    with _Bar(console) as tell:
        reasons = carried(dataset, dataset.settings, protocols_of(dataset.name), store, tell)
        protocols = [name for name, reason in reasons.items() if reason is None]
        if not protocols:
            raise expected(dataset.name, "; ".join(map(str, reasons.values())), "data for one of these protocols")
        material = prepare(dataset, dataset.settings, [*protocols, LEAKY], out / "material", store, tell)
        filtered = dataclasses.replace(dataset.settings, smoothing=CAUSAL)
        causal = prepare(dataset, filtered, protocols[:1], out / "material-causal", store, tell)
        whole = Study(material, causal, plan, protocols)
        jobs = jobs_for(whole, tables)
        done = run(jobs, out / "jobs", scheduler, _key(material, causal), tell)
    seconds = sum(float(read_json(out / "jobs" / f"{job.name}.json")["wall_s"]) for job in jobs)
    excluded = {name: reason for name, reason in reasons.items() if reason is not None}
    return View(whole, Found(done, len(dataset.class_names))), excluded, seconds


def write(view: View, excluded: dict[str, str], seconds: float, docs: Path) -> Path:
    """The page docs/results.md (EEGMAT) or docs/results-<dataset>.md, with every table and the plots."""
    name = view.about["name"]
    page = docs / ("results.md" if name == "eegmat" else f"results-{name}.md")
    parts = head(view, excluded, seconds) + [part for section in SECTIONS.values() for part in section(view)]
    draw(view, docs / "results" / f"{name}.png")
    write_text(page, "\n\n".join([*parts, f"![Noise, bits, sparsity](results/{name}.png)"]) + "\n")
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
