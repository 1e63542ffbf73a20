"""What `make reproduce` runs: the jobs of every table, for the protocols that a data set can carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from model.fold_training import batches_of
from model.options import USUAL_RECIPE, TrainOptions
from model.recipe_file import Recipe, load_recipe
from study import baseline_jobs, jobs
from study.material import Material
from study.sweep import Job

STACK = 8  # folds that are trained at once: more fit no better into a core's cache
NOISE = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)  # deviation of white noise on standardised input
JITTER = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)  # deviation of a spike's time, in parts of its layer's window
SWEPT_BITS = (16, 8, 7, 6, 5, 4)
FLOAT = 32  # bits that mean: not rounded
WIDTHS = ([[bits, bits] for bits in SWEPT_BITS] + [[bits, FLOAT] for bits in SWEPT_BITS]
          + [[FLOAT, bits] for bits in SWEPT_BITS])
TUNED = (8, 4)  # bits with quantisation-aware training
ACTIVITY = (0.0, 0.05, 0.1, 0.2, 0.4)  # weights of the activity penalty
COSTS = {"train": 20.0, "standard": 60.0, "eegnet": 10.0, "seedless": 6.0, "tune": 20.0, "calibrate": 8.0,
         "disturb": 2.0}

LEAKY = "shuffled"
# Begin the names of jobs on the same recordings otherwise: smoothed causally; off null directions; of the same length.
CAUSAL_PREFIX, NULL_PREFIX, LENGTH_PREFIX = "causal-", "null-space-", "same-length-"
PAPER, PAPER_PREFIX = "paper", "paper-"  # a recipe, and what begins the names of its jobs
REST_PREFIX, CALIBRATED = "rest-", load_recipe("calibrated")  # on people who are calibrated by their rest
MIRRORED = {name: CALIBRATED.training[name] for name in ("swap", "mirror")}  # where it is not the usual recipe

# name of a row -> what is trained: (build, network fields, recipe fields)
Variant = tuple[str, dict[str, Any], dict[str, Any]]
VARIANTS: dict[str, Variant] = {
    "lsnnet": ("lsnnet", {}, {}),
    "ann": ("ann", {}, {}),
    "standard": ("lsnnet", {"front": "standard"}, {}),
    "division": ("lsnnet", {"encoder": "division"}, {}),
    **{f"window-{rule}": ("lsnnet", {"window": rule}, {}) for rule in ("paper", "grow", "fixed")},
    **{f"activity-{weight:g}": ("lsnnet", {}, {"activity": weight}) for weight in ACTIVITY},
    "bare": ("lsnnet", {}, {"teacher": 0.0, "swap": 0.0, "offset": 0.0}),
    "mirrored": ("lsnnet", {}, MIRRORED),
    "mirrored-ann": ("ann", {}, MIRRORED),
}
WINDOW_ROWS = ("lsnnet", "window-paper", "window-grow", "window-fixed", "division")


@dataclass(frozen=True)
class Plan:
    """How much is run. `network`: channels and hidden, of the preset; `options`: recipe fields for every training.

    recipe: its name. paper: what the row with the paper's own recipe is trained by, with one seed.
    """

    seeds: tuple[int, ...]
    network: dict[str, Any]
    options: dict[str, Any]
    recipe: str = USUAL_RECIPE
    paper: Recipe = field(default_factory=lambda: load_recipe(PAPER))


@cache
def chunks(material: Material, protocol: str, batch: int) -> list[list[int]]:
    """Places of the protocol's folds, in groups that can be trained at once."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, fold in enumerate(material.folds(protocol)):
        groups[batches_of(fold, batch)].append(place)
    return [own[i : i + STACK] for own in groups.values() for i in range(0, len(own), STACK)]


class _Jobs:
    """Collects jobs; a job's name says row, protocol, seed and group of folds."""

    def __init__(self, material: Material, plan: Plan, prefix: str = "") -> None:
        self.material, self.plan, self.prefix, self.made = material, plan, prefix, dict[str, Job]()

    def _add(self, kind: str, name: str, call: Any, arguments: dict[str, Any], needs: tuple[str, ...] = ()) -> None:
        shared = {"material": str(self.material.folder.resolve())}
        cost = COSTS[kind] * len(arguments["folds"])
        name = self.prefix + name
        self.made[name] = Job(name, call, {**shared, **arguments}, needs, cost)

    def all(self) -> list[Job]:
        return list(self.made.values())

    def networks(self, rows: Sequence[str], protocol: str) -> list[Job]:
        """Training of these rows of VARIANTS."""
        for row in rows:
            self._train(row, protocol)
        return self.all()

    def tuned(self, protocol: str, of: str = "lsnnet") -> None:
        """A row's LSNNet quantised as for the hardware; its training comes before."""
        for bits in TUNED:
            self.derive("tune", f"int{bits}", of, protocol, jobs.tune_networks, {"bits": bits})

    def _train(self, row: str, protocol: str) -> None:
        build, network, options = VARIANTS[row]
        for where in self._where(protocol):
            self._add("standard" if row == "standard" else "train", f"{row}-{_tag(where)}", jobs.train_networks, {
                **_public(where), "build": build, "network": {**self.plan.network, **network},
                "options": {**self.plan.options, **options}})

    def derive(self, kind: str, row: str, of: str, protocol: str, call: Any, extra: dict[str, Any]) -> None:
        """A job on each group of networks that row `of` has trained."""
        for where in self._where(protocol):
            needs = (f"{self.prefix}{of}-{_tag(where)}",)
            self._add(kind, f"{row}-{_tag(where)}", call, {**_public(where), **extra}, needs)

    def seedless(self, protocol: str) -> None:
        """Majority class, linear teacher, SVM: one job a fold, no seed enters."""
        for where in self._single(protocol):
            if where["seed"] == self.plan.seeds[0]:
                arguments = {"protocol": protocol, "folds": where["folds"]}
                self._add("seedless", f"seedless-{_tag(where)}", baseline_jobs.run_seedless, arguments)

    def eegnet(self, protocol: str) -> None:
        for where in self._single(protocol):
            self._add("eegnet", f"eegnet-{_tag(where)}", baseline_jobs.run_eegnet, _public(where))

    def _single(self, protocol: str) -> list[dict[str, Any]]:
        """As _where, but every fold on its own."""
        return [{**where, "folds": [place], "group": f"{where['group']}.{index}"}
                for where in self._where(protocol) for index, place in enumerate(where["folds"])]

    def _where(self, protocol: str) -> list[dict[str, Any]]:
        groups = chunks(self.material, protocol, TrainOptions(**self.plan.options).batch)
        return [{"protocol": protocol, "seed": seed, "folds": folds, "group": str(index)}
                for seed in self.plan.seeds for index, folds in enumerate(groups)]


def _tag(where: dict[str, Any]) -> str:
    return f"{where['protocol']}-s{where['seed']}-g{where['group']}"


def _public(where: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in where.items() if name != "group"}


@dataclass(frozen=True)
class Study:
    """Where the data lie and what is run on them. protocols: those the data carry; the first has the ablations.

    otherwise: the same recordings otherwise, by the prefix of their jobs; of those that the tables need (OTHERWISE),
    those that the data can carry and in which anything is another.
    """

    material: Material
    otherwise: dict[str, Material]
    paper: Material  # the same recordings, features and windows of the paper's recipe
    rest: Material | None  # calibrated by rest; None where there is none, or not two classes
    plan: Plan
    protocols: list[str]

    @property
    def main(self) -> str:
        return self.protocols[0]


def _classifiers(study: Study, protocols: Sequence[str], plan: Plan) -> list[Job]:
    made = _Jobs(study.material, plan)
    for protocol in protocols:
        made.networks(["lsnnet", "ann"], protocol)
        made.tuned(protocol)
        made.seedless(protocol)
        made.eegnet(protocol)
    paper = _Jobs(study.paper, replace(plan, seeds=plan.seeds[:1], options=plan.paper.training), PAPER_PREFIX)
    return [*made.all(), *(job for protocol in protocols for job in paper.networks(["lsnnet"], protocol))]


def classification(study: Study) -> list[Job]:
    return _classifiers(study, study.protocols, study.plan)


def leaky(study: Study) -> list[Job]:
    """One seed is enough to show an inflation."""
    return _classifiers(study, [LEAKY], replace(study.plan, seeds=study.plan.seeds[:1]))


def back_end(study: Study) -> list[Job]:
    made = _Jobs(study.material, study.plan)
    made.networks(["lsnnet", "ann"], study.main)
    made.tuned(study.main)
    return made.all()


def front_end(study: Study) -> list[Job]:
    return _Jobs(study.material, study.plan).networks(["lsnnet", "standard"], study.main)


def window_rules(study: Study) -> list[Job]:
    return _Jobs(study.material, study.plan).networks(WINDOW_ROWS, study.main)


def noise(study: Study) -> list[Job]:
    """Input noise and jitter."""
    made = _Jobs(study.material, study.plan)
    made.networks(["lsnnet", "ann"], study.main)
    levels: dict[str, Any] = {"noise": list(NOISE), "jitter": list(JITTER)}
    made.derive("disturb", "disturbed", "lsnnet", study.main, jobs.disturb_networks, levels)
    made.derive("disturb", "disturbed-ann", "ann", study.main, jobs.disturb_networks, {**levels, "jitter": []})
    return made.all()


def bits(study: Study) -> list[Job]:
    made = _Jobs(study.material, study.plan)
    made.networks(["lsnnet"], study.main)
    made.tuned(study.main)
    made.derive("calibrate", "calibrated", "lsnnet", study.main, jobs.calibrate_networks, {"widths": WIDTHS})
    return made.all()


def sparsity(study: Study) -> list[Job]:
    made = _Jobs(study.material, study.plan)
    return made.networks([activity_row(weight, study.plan) for weight in ACTIVITY], study.main)


def _beside(study: Study, prefixes: Sequence[str]) -> list[Job]:
    """LSNNet, linear teacher and SVM on the recordings as usual and otherwise."""
    there = [(prefix, study.otherwise[prefix]) for prefix in prefixes if prefix in study.otherwise]
    several = [_Jobs(material, study.plan, prefix) for prefix, material in [("", study.material), *there]]
    for made in several:
        made.networks(["lsnnet"], study.main)
        made.seedless(study.main)
    return [job for made in several for job in made.all()]


def smoothing(study: Study) -> list[Job]:
    return _beside(study, OTHERWISE["smoothing"])


def null_space(study: Study) -> list[Job]:
    return _beside(study, OTHERWISE["null-space"])


def calibrated(study: Study) -> list[Job]:
    """With the plain rows that they stand beside."""
    if study.rest is None:
        return []
    plain, own = _Jobs(study.material, study.plan), _Jobs(study.rest, study.plan, REST_PREFIX)
    plain.networks(["lsnnet", "ann"], study.main)
    own.networks(["lsnnet", "bare", "mirrored", "mirrored-ann"], study.main)
    for made, row in ((plain, "lsnnet"), (own, "mirrored")):
        made.tuned(study.main, row)
        made.seedless(study.main)
    return [*plain.all(), *own.all()]


TABLES: dict[str, Callable[[Study], list[Job]]] = {
    "classification": classification, "leaky": leaky, "back-end": back_end, "front-end": front_end,
    "windows": window_rules, "noise": noise, "bits": bits, "sparsity": sparsity, "smoothing": smoothing,
    "null-space": null_space, "calibrated": calibrated,
}
# Table -> the prefixes of what it needs beside the recordings as usual.
OTHERWISE: dict[str, tuple[str, ...]] = {"smoothing": (CAUSAL_PREFIX,), "null-space": (NULL_PREFIX, LENGTH_PREFIX)}


def jobs_for(study: Study, tables: Sequence[str]) -> list[Job]:
    """The jobs of these tables, each once."""
    made = {job.name: job for table in tables for job in TABLES[table](study)}
    return list(made.values())


def activity_row(weight: float, plan: Plan) -> str:
    """The row with this weight of the activity penalty; the recipe's own is `lsnnet`."""
    return "lsnnet" if weight == TrainOptions(**plan.options).activity else f"activity-{weight:g}"


def folders(found: dict[str, Path], row: str, protocol: str) -> list[tuple[int, Path]]:
    """(seed, folder) of the jobs of one row, from what study.sweep.run answers."""
    start = f"{row}-{protocol}-s"
    return [(int(name[len(start) :].split("-")[0]), path) for name, path in found.items() if name.startswith(start)]
