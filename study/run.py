"""`make reproduce`: every table of the paper, for one data set, into docs/."""

from __future__ import annotations

import dataclasses
import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from base.errors import UserError, expected
from base.files import read_json, write_text
from base.lock import held
from base.progress import Tell
from base.records import ROOT, digest
from flow.run import notes_in
from flow.settings import Settings
from model.data import registry
from model.data.folds.standardise import REST_BASELINE
from model.data.options import Changes
from model.data.recording import Dataset, check_frames
from model.data.signal.null_space import projected
from model.data.signal.same_length import shortened
from study.material import ABOUT, Material, Source, carried, prepare
from study.others import where_others_stand
from study.plan import CAUSAL_PREFIX, LEAKY, NULL_PREFIX, OTHERWISE, TABLES, Plan, Study, jobs_for
from study.plots import draw
from study.report import SECTIONS, View, head
from study.results import Found
from study.sweep import run

LIBRARIES = ("torch", "scikit-learn", "brevitas", "braindecode", "numpy")
CAUSAL = "causal"  # smoothing that a wearable can do while it records


def reproduce(settings: Settings, console: Console) -> None:
    """Run what has not ended of the data set's study, then write its page and plots; or TABLE alone, to the terminal.

    The page goes to docs/, or into OUT where a setting that decides its numbers is not as usual.
    """
    table, scheduler = settings.table, settings.scheduler
    facts = registry.entry(settings.dataset)
    dataset = registry.recordings(settings.dataset, settings.data_root)
    if settings.window_s is not None:
        dataset = of_length(dataset, settings.window_s)
    preset, recipe = settings.network, settings.recipe_facts
    plan = Plan(settings.seeds, preset.shape, recipe.training, recipe.name)
    out = settings.out / "reproduce" / settings.dataset
    source = Source(facts, dataset, settings.changes.of(dataset.settings, dataset.layout), settings.out / "cache")
    tables = list(TABLES) if table is None else [table]
    with held("OUT", out):
        view, excluded, seconds = study(source, plan, tables, out, scheduler, console)
    if table is None:
        usual = set(settings.variables()) <= {"DATASET", "DATA_ROOT", "SCHEDULER"}
        page = write(view, excluded, seconds, (ROOT / "docs" if usual else out) / facts.page)
        console.print(f"{os.path.relpath(page)}")
    else:
        console.print(Markdown("\n\n".join(SECTIONS[table](view))))


def of_length(dataset: Dataset, seconds: float) -> Dataset:
    """The data set with samples of this length, in as many frames as before. UserError where these are too short."""
    layout = dataclasses.replace(dataset.layout, sample_s=seconds)
    check_frames(layout, f"WINDOW_S {seconds:g}: frames of {dataset.name}")
    return dataclasses.replace(dataset, layout=layout)


def study(
    source: Source, plan: Plan, tables: list[str], out: Path, scheduler: str | None, console: Console
) -> tuple[View, dict[str, str], float]:
    """Run the jobs of `tables`. Returns what they left, the protocols that are not possible, and the jobs' seconds."""
    with _Bar(console) as tell:
        reasons = carried(source, source.facts.protocols, tell)
        protocols = [name for name, reason in reasons.items() if reason is None]
        if not protocols:
            raise expected(source.facts.name, "; ".join(map(str, reasons.values())), "data for one of these protocols")
        material = prepare(source, [*protocols, LEAKY], True, out, tell)
        if notes := notes_in(material.folder / ABOUT):
            console.print(notes, markup=False)
        otherwise = {}
        for prefix in (prefix for table in tables for prefix in OTHERWISE.get(table, ())):
            try:
                other = prepare(changed(source, prefix), protocols[:1], False, out, tell)
            except UserError as error:
                reasons[prefix.removesuffix("-")] = str(error)
                continue
            if not _same(other, material):
                otherwise[prefix] = other
        paper = material
        if not {"classification", "leaky"}.isdisjoint(tables):
            own = Changes(features=plan.paper.features, overlap=plan.paper.overlap)
            prepared = own.of(source.settings, source.dataset.layout)
            paper = prepare(dataclasses.replace(source, settings=prepared), [*protocols, LEAKY], False, out, tell)
        rest = None
        if "calibrated" in tables and source.dataset.rest is not None and len(source.dataset.class_names) == 2:
            calibrated = dataclasses.replace(source.settings, standardisation=REST_BASELINE)
            try:
                rest = prepare(dataclasses.replace(source, settings=calibrated), protocols[:1], False, out, tell)
            except UserError as error:
                reasons["calibrated"] = str(error)
        whole = Study(material, otherwise, paper, rest, plan, protocols)
        jobs = jobs_for(whole, tables)
        done = run(jobs, out / "jobs", scheduler, _key(), tell)
    seconds = sum(float(read_json(out / "jobs" / f"{job.name}.json")["wall_s"]) for job in jobs)
    excluded = {name: reason for name, reason in reasons.items() if reason is not None}
    return View(whole, Found(done, len(source.dataset.class_names))), excluded, seconds


def _same(first: Material, second: Material) -> bool:
    """Whether the windows of both are the same, but for rounding."""
    x, other = first.windows().x, second.windows().x
    return x.shape == other.shape and np.allclose(x, other, rtol=0, atol=1e-6)


def changed(source: Source, prefix: str) -> Source:
    """The same recordings otherwise, for the jobs that this prefix names."""
    if prefix == CAUSAL_PREFIX:
        return dataclasses.replace(source, settings=dataclasses.replace(source.settings, smoothing=CAUSAL))
    change = projected if prefix == NULL_PREFIX else shortened
    return dataclasses.replace(source, dataset=change(source.dataset))


def write(view: View, excluded: dict[str, str], seconds: float, page: Path) -> Path:
    """The page, with every table and the plots, which lie in results/ beside it."""
    name = view.about["name"]
    sections = [part for section in SECTIONS.values() for part in section(view)]
    parts = [*head(view, excluded, seconds), *sections, *where_others_stand(name)]
    draw(view, page.parent / "results" / f"{name}.png")
    write_text(page, "\n\n".join([*parts, f"![Noise, bits, sparsity](results/{name}.png)"]) + "\n")
    return page


def _key() -> str:
    """What every job depends on besides its arguments and its source."""
    return digest([version(library) for library in LIBRARIES])


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
