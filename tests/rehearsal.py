"""A dress rehearsal of `make reproduce` on generated data sets of full size: `make rehearsal DATASET=seed`.

    rehearsal.py SET [--people N] [--folder FOLDER]

Writes the set (rehearsal_files.py: SIMULATED EEG, one effect for each class) into a scratch folder, which is removed at
the end unless it was named, and takes it the way of `make reproduce`: recordings to features; windows, folds and
EEGNet's signals; LSNNet, leaving one person out, with the labels as they are and with labels permuted among the films
of each session; one job of each kind and protocol, networks and EEGNet for one epoch, from whose time that of the whole
study is estimated. Each step runs in a process of its own, whose peak of memory is what the operating system counted.
Writes its line into docs/rehearsal.md; exit 1 where the effect is not found, or one is found in permuted labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rehearsal_files import SETS

from base.files import read_json, write_json, write_text
from base.progress import Tell, silent
from base.records import ROOT
from flow.settings import SEEDS, Settings
from model.baselines import eegnet
from model.data import cache, registry
from model.data.folds.windows import Windows, cut
from model.data.trials import Trial
from model.intervals import interval
from model.options import TrainOptions
from study import baseline_jobs, jobs
from study.material import Material, Source, carried, prepare
from study.plan import LEAKY, TABLES, Plan, Study, chunks, jobs_for
from study.results import table
from study.sweep import Job
from study.tables import rows

PAGE = ROOT / "docs" / "rehearsal.md"
STEPS = 1500  # of a network's training for the effect: as many as EEGMAT's recipe takes
SESSION = 1000  # of a trial's number, see recording.trial_number
PROTOCOL = "loso"  # of the effect
ANSWER = "answer.json"  # of a step


class Permuted(Source):
    """The same recordings, their labels permuted among the films of each session."""

    def load(self, tell: Tell) -> tuple[list[Trial], Windows]:
        sessions: dict[int, list[Trial]] = defaultdict(list)
        for trial in super().load(tell)[0]:
            sessions[trial.number // SESSION].append(trial)
        rng = np.random.default_rng(0)
        permuted = [dataclasses.replace(trial, label=int(label)) for own in sessions.values()
                    for trial, label in zip(own, rng.permutation([trial.label for trial in own]), strict=True)]
        return permuted, cut(permuted, self.settings, self.dataset.layout, len(self.dataset.class_names))


@dataclasses.dataclass(frozen=True)
class Rehearsal:
    """One data set in folder/data, its results in folder/out."""

    name: str
    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def source(self, build: type[Source] = Source) -> Source:
        dataset = registry.load(self.name, self.folder / "data")
        return build(registry.entry(self.name), dataset, dataset.settings, self.out / "cache")

    def plan(self, epochs: int | None = None) -> Plan:
        settings = Settings(dataset=self.name, preset=registry.entry(self.name).preset, epochs=epochs)
        return Plan(tuple(range(SEEDS)), settings.network.shape, settings.recipe_facts.training)


def features(rehearsal: Rehearsal) -> dict[str, Any]:
    own = rehearsal.source()
    return {"trials": len(cache.trials(own.dataset, own.settings, own.store))}


def material(rehearsal: Rehearsal) -> dict[str, Any]:
    """As study.run: windows, the folds of every protocol, EEGNet's signals."""
    own = rehearsal.source()
    reasons = carried(own, own.facts.protocols, silent)
    protocols = [name for name, reason in reasons.items() if reason is None]
    made = prepare(own, [*protocols, LEAKY], True, rehearsal.out, silent)
    return {"folder": str(made.folder), "protocols": protocols, "windows": made.about()["windows"]}


def sample(rehearsal: Rehearsal) -> dict[str, Any]:
    """One job of each kind and protocol: seconds a fold, and from these hours of all jobs of the study."""
    made = read_json(rehearsal.folder / "material.json")
    whole = Material(Path(made["folder"]))
    wanted = jobs_for(Study(whole, {}, whole, rehearsal.plan(), made["protocols"]), list(TABLES))
    eegnet_epochs, eegnet.EPOCHS = eegnet.EPOCHS, 1
    per_fold: dict[str, float] = {}
    for job in wanted:
        if _kind(job) not in per_fold:
            arguments = {**job.arguments, "folds": job.arguments["folds"][:None if _trains(job) else 1]}
            if _trains(job):
                arguments["options"] = {**arguments["options"], "epochs": 1}
            out = rehearsal.out / "jobs" / job.name
            out.mkdir(parents=True, exist_ok=True)
            started = time.process_time()
            job.call(out, *(rehearsal.out / "jobs" / need for need in job.needs), **arguments)
            per_fold[_kind(job)] = (time.process_time() - started) / len(arguments["folds"])
            print(f"  {_kind(job)}: {per_fold[_kind(job)]:.1f} s a fold", flush=True)
    seconds = 0.0
    for job in wanted:
        epochs = job.arguments["options"]["epochs"] if _trains(job) else eegnet_epochs if _is_eegnet(job) else 1
        seconds += per_fold[_kind(job)] * epochs * len(job.arguments["folds"])
    return {"jobs": len(wanted), "hours": seconds / 3600, "per_fold": per_fold}


def _trains(job: Job) -> bool:
    return job.call is jobs.train_networks


def _is_eegnet(job: Job) -> bool:
    return job.call is baseline_jobs.run_eegnet


def _kind(job: Job) -> str:
    """Jobs of one kind cost the same a fold."""
    network, options = (job.arguments.get(name, {}) for name in ("network", "options"))
    batch = f"batch {options['batch']}" if options else ""
    return " ".join(part for part in (job.call.__name__, network.get("front", ""), batch, job.arguments["protocol"])
                    if part)


def effect(rehearsal: Rehearsal, build: type[Source] = Source) -> dict[str, Any]:
    """Balanced accuracy of LSNNet on people left out, with its interval over people."""
    made = prepare(rehearsal.source(build), [PROTOCOL], False, rehearsal.out, silent)
    batch, usual = TrainOptions().batch, TrainOptions().epochs
    steps = len(made.folds(PROTOCOL, [0])[0].train) / batch
    plan = rehearsal.plan(min(usual, max(1, round(STEPS / steps))))
    folders = []
    for group, folds in enumerate(chunks(made, PROTOCOL, batch)):
        out = rehearsal.out / f"{build.__name__}-{group}"
        out.mkdir(parents=True)
        jobs.train_networks(out, material=str(made.folder), protocol=PROTOCOL, folds=folds, seed=0, build="lsnnet",
                            network=plan.network, options=plan.options)
        folders.append((0, out))
    classes = made.windows().classes
    (row,) = rows(folders, classes).values()
    return {"epochs": plan.options["epochs"], "chance": 100 / classes, **vars(interval(row.per_subject()))}


def permuted(rehearsal: Rehearsal) -> dict[str, Any]:
    return effect(rehearsal, Permuted)


Step = Callable[[Rehearsal], dict[str, Any]]
ALL: dict[str, Step] = {step.__name__: step for step in (features, material, effect, permuted, sample)}


def run(rehearsal: Rehearsal, step: str) -> dict[str, Any]:
    """A step in a process of its own, unless its answer is there: with its seconds of CPU and its peak in GiB."""
    path = rehearsal.folder / f"{step}.json"
    if not path.exists():
        command = [sys.executable, __file__, rehearsal.name, "--folder", str(rehearsal.folder), "--step", step]
        subprocess.run(command, check=True)
        (rehearsal.folder / ANSWER).rename(path)
    found = read_json(path)
    print(f"{rehearsal.name} {step}: {found['seconds']:.0f} s, peak {found['peak']:.2f} GiB", flush=True)
    return found


def rehearse(name: str, people: int, folder: Path) -> bool:
    """All steps; writes the page's line after each. Whether the effect was found, and none in permuted labels."""
    rehearsal, full = Rehearsal(name, folder), SETS[name]
    if not (folder / "data").exists():
        wanted = full.gb * people / full.people
        if shutil.disk_usage(folder).free < 2e9 * wanted:  # EEGNet's signals, at two rates, beside it
            sys.exit(f"{name}: {folder} has no room for {2 * wanted:.0f} GB; --people takes fewer than {people}")
        full.write(folder / "part", people)
        (folder / "part").rename(folder / "data")
    size = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    found: dict[str, dict[str, Any]] = {}
    for step in ALL:
        found[step] = run(rehearsal, step)
        write_line([name, f"{people} of {full.people}", f"{size / 1e9:.1f}", *cells(found)])
    return found["effect"]["low"] > found["effect"]["chance"] >= found["permuted"]["low"]


def cells(found: dict[str, dict[str, Any]]) -> list[str]:
    """What has been found so far, in HEAD's order; "-" for what has not."""
    def say(step: str, text: Callable[[dict[str, Any]], str]) -> str:
        return text(found[step]) if step in found else "-"

    def cost(own: dict[str, Any]) -> str:
        return f"{own['seconds'] / 60:.1f} min, {own['peak']:.1f} GiB"

    def accuracy(own: dict[str, Any]) -> str:
        return f"{own['mean']:.1f} [{own['low']:.1f}, {own['high']:.1f}]"

    return [say("material", lambda own: f"{own['windows']:,}"), say("features", cost), say("material", cost),
            say("effect", cost), say("effect", lambda own: f"{own['epochs']}"), say("effect", accuracy),
            say("permuted", accuracy), say("effect", lambda own: f"{own['chance']:.1f}"),
            say("sample", lambda own: f"{own['peak']:.1f} GiB"), say("sample", lambda own: f"{own['hours']:,.0f}")]


HEAD = ["set", "people", "GB of files", "windows", "recordings to features", "windows, folds, EEGNet's signals",
        "LSNNet, one person left out after the other", "epochs", "balanced accuracy", "labels permuted", "chance",
        "peak of a job", "core hours of the whole study, **estimated**"]
INTRO = """# Dress rehearsal: the emotion sets at full size

<!-- Written by `make rehearsal`. -->

**SIMULATED EEG.** SEED, SEED-IV, SEED-V, DEAP and DREAMER are given by their owners alone, so nothing of this project
has been run on them. Here sets of their size are generated in their exact layouts (`tests/rehearsal_files.py`), each
class with an effect of its own on a rhythm, and `make rehearsal DATASET=seed` takes one the way of `make reproduce`:
every recording to features; then windows, folds of every protocol and EEGNet's signals; minutes of one core, and the
process's peak of memory. LSNNet is trained leaving one person out, one seed, for the epochs that are 1,500 steps: with
the labels as they are, and with labels permuted among the films of each session (95 %, Student's t over people).

The study itself was run to its end on none of them. The last step runs one job of each kind and protocol, networks and
EEGNet for one epoch: seconds a fold, times folds, seeds and the recipe's epochs, are the **estimate** of its hours.
What stands as "-" has not been run, and a set without a line not at all.
"""


def write_line(line: list[str]) -> None:
    """Put the set's line into the page, in place of the one that was there."""
    old = PAGE.read_text().splitlines() if PAGE.exists() else []
    kept = {own.split(" | ")[0].removeprefix("| "): own for own in old if own.startswith("| ")}
    kept[line[0]] = "| " + " | ".join(line) + " |"
    lines = [kept[name] for name in SETS if name in kept]
    write_text(PAGE, "\n".join([INTRO, *table(HEAD, []).splitlines(), *lines, ""]))


def _peak_gib() -> float:
    """Of this process, as Linux counts it; ru_maxrss would begin with its parent's."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 2**20 if found else math.nan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("set", choices=list(SETS))
    parser.add_argument("--people", type=int, help="fewer than the release has")
    parser.add_argument("--folder", type=Path, help="kept at the end; what is there is not made again")
    parser.add_argument("--step", choices=list(ALL), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        answer = ALL[given.step](Rehearsal(given.set, given.folder))
        write_json(given.folder / ANSWER, {**answer, "seconds": time.process_time(), "peak": _peak_gib()})
        return 0
    people = given.people or SETS[given.set].people
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return int(not rehearse(given.set, people, folder))


if __name__ == "__main__":
    sys.exit(main())
