"""The tables of a study as Markdown, with what they say and do not say."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from base.files import read_json
from base.markdown import table
from model.baselines.ann import AnnTwin
from model.lsnnet import LSNNet, LSNNetConfig
from study.baseline_jobs import SEEDLESS
from study.costs import cost, synaptic_operations
from study.plan import ACTIVITY, FLOAT, JITTER, NOISE, PAPER_PREFIX, SWEPT_BITS, TUNED, Plan, activity_row, folders
from study.tables import METRICS, Difference, Row, difference, rows

SPIKES_WANTED, LOSS_ALLOWED = 0.3, 0.5  # spikes per neuron; points of balanced accuracy
HEADINGS = {"acc": "Acc", "balanced": "Balanced", "auc_within": "AUC within", "sen": "Sen", "spe": "Spe", "pre": "Pre",
            "macro_f1": "macro F1"}
AUC = HEADINGS["auc_within"]
NAMES = {"majority": "majority class", "linear": "linear teacher", "svm": "SVM", "eegnet": "EEGNet (raw signal)",
         "ann": "ANN twin", f"{PAPER_PREFIX}lsnnet": "LSNNet, paper's recipe", "lsnnet": "LSNNet, float",
         **{f"int{bits}": f"LSNNet, INT{bits}" for bits in TUNED}}


def spread(row: Row, metric: str = "balanced") -> str:
    mean, sd = row.mean_sd(metric)
    return f"{mean:.1f} ± {sd:.1f}"


def both(row: Row) -> tuple[str, str]:
    """Balanced accuracy, and the area within people: the threshold's part in a difference shows."""
    return spread(row), spread(row, "auc_within")


@dataclass(frozen=True)
class Found:
    """What a sweep has left, as rows."""

    done: dict[str, Path]  # job -> its folder
    classes: int
    read: dict[tuple[str, str], dict[str, Row]] = field(default_factory=dict)  # what was asked for before

    def all(self, name: str, protocol: str) -> dict[str, Row]:
        """Every setting of the jobs of one row."""
        if (name, protocol) not in self.read:
            self.read[name, protocol] = rows(folders(self.done, name, protocol), self.classes)
        return self.read[name, protocol]

    def row(self, name: str, protocol: str) -> Row:
        """A row whose jobs have one setting."""
        (own,) = self.all(name, protocol).values()
        return own

    def classifiers(self, protocol: str) -> dict[str, Row]:
        return {name: self.seedless(name, protocol) if name in SEEDLESS else self.row(name, protocol) for name in NAMES}

    def seedless(self, name: str, protocol: str, prefix: str = "") -> Row:
        """One of study.baseline_jobs.SEEDLESS."""
        return self.all(f"{prefix}seedless", protocol)[name]


def classification(found: Found, protocol: str) -> str:
    """One line per classifier, mean ± standard deviation over folds and seeds, and confusion matrices."""
    own = found.classifiers(protocol)
    lines = [[NAMES[name], *(spread(row, metric) for metric in METRICS)] for name, row in own.items()]
    return table(["", *(HEADINGS[metric] for metric in METRICS)], lines)


def confusions(found: Found, protocol: str, class_names: Sequence[str]) -> str:
    """Confusion matrices in words: row = true class, columns = predicted, counts over all folds, mean over seeds."""
    lines = []
    for name, row in found.classifiers(protocol).items():
        for label, counts in zip(class_names, row.confusion, strict=True):
            lines.append([NAMES[name], label, *(f"{count:.0f}" for count in counts)])
    return table(["", "true class", *(f"as {name}" for name in class_names)], lines)


def claims(found: Found, protocol: str) -> list[tuple[str, Difference, float]]:
    """(claim, paired difference, what it should at least be), in points of balanced accuracy."""
    own = found.classifiers(protocol)
    wanted = [("INT8 - linear", "int8", "linear", 0.0), ("INT8 - SVM", "int8", "svm", 0.0),
              ("INT8 - EEGNet", "int8", "eegnet", 0.0),
              ("INT8 - float", "int8", "lsnnet", -0.2), ("INT4 - float", "int4", "lsnnet", -1.0),
              ("LSNNet - ANN twin, float", "lsnnet", "ann", -0.5)]
    return [(claim, difference(own[first], own[second]), bar) for claim, first, second, bar in wanted]


def claim_table(found: Found, protocol: str) -> str:
    lines = [[claim, str(gap), f"at least {bar:+.1f}", gap.against(bar)] for claim, gap, bar in claims(found, protocol)]
    return table(["balanced accuracy, points", "mean [95 % interval]", "wanted", "what the data say"], lines)


def back_end(found: Found, protocol: str, config: LSNNetConfig) -> str:
    """SNN against ANN: accuracy, spikes, synaptic operations against multiply-adds."""
    lines = []
    for name in ("ann", "lsnnet", "int8", "int4"):
        row, counted = found.row(name, protocol), cost(config, AnnTwin if name == "ann" else LSNNet)
        if name == "ann":
            work, spikes = f"{counted.back_mult_adds:,} MAC", "-"
        else:
            layers = row.spikes.mean(axis=(0, 1)).tolist()
            work = f"{synaptic_operations(config, layers):,.0f} SynOp"
            spikes = f"{per_neuron(config, layers):.3f}"
        lines.append([NAMES[name], *both(row), spikes, work])
    return table(["back end", "Balanced", AUC, "spikes per neuron", "operations per inference"], lines)


def per_neuron(config: LSNNetConfig, layers: Sequence[float]) -> float:
    """Spikes per neuron over all spiking layers, from each layer's own."""
    widths = np.array([config.features, *config.hidden])
    return float((np.array(layers) * widths).sum() / widths.sum())


def front_end(found: Found, protocol: str, config: LSNNetConfig) -> str:
    lines = []
    fronts = (("depthwise-separable", "lsnnet", "separable"), ("standard 3x3", "standard", "standard"))
    for label, name, front in fronts:
        counted = cost(dataclasses.replace(config, front=front))
        lines.append([label, *both(found.row(name, protocol)), f"{counted.front_parameters:,}",
                      f"{counted.front_mult_adds:,}"])
    return table(["front end", "Balanced", AUC, "parameters", "Mult-Adds"], lines)


def window_rules(found: Found, protocol: str) -> str:
    """Window rules and the encoder with a division, with the windows that training ended with."""
    lines = []
    for label, name in (("homeostatic (default)", "lsnnet"), ("paper", "window-paper"), ("grow", "window-grow"),
                        ("fixed", "window-fixed"), ("homeostatic, encoder with division", "division")):
        own = folders(found.done, name, protocol)
        ends = [np.array(read_json(path / "training.json")["layer_windows"]) for _, path in own]
        mean = np.concatenate(ends).mean(axis=0)
        lines.append([label, *both(found.row(name, protocol)), ", ".join(f"{value:.2f}" for value in mean)])
    return table(["window rule", "Balanced", AUC, "windows of the kept networks, encoder = 1"], lines)


def disturbances(found: Found, protocol: str) -> tuple[str, str]:
    """Input noise for LSNNet and its twin; jitter for LSNNet."""
    own, twin = found.all("disturbed", protocol), found.all("disturbed-ann", protocol)
    noise = [[f"{level:g}", *both(own[f"noise {level:g}"]), *both(twin[f"noise {level:g}"])] for level in NOISE]
    jitter = [[f"{level:g}", *both(own[f"jitter {level:g}"])] for level in JITTER]
    return (table(["noise, standard deviations", "LSNNet", AUC, "ANN twin", AUC], noise),
            table(["jitter, parts of the window", "LSNNet", AUC], jitter))


def bit_widths(found: Found, protocol: str) -> str:
    """Balanced accuracy after rounding: weights alone, time alone, both; calibrated only, then tuned."""
    own, base = found.all("calibrated", protocol), found.row("lsnnet", protocol)
    tuned = {bits: found.row(f"int{bits}", protocol) for bits in TUNED}
    lines = [[f"{FLOAT} (float)", *[spread(base)] * 2, *both(base), *both(base)]]
    for bits in SWEPT_BITS:
        names = (f"w{bits}t{FLOAT}", f"w{FLOAT}t{bits}")
        lines.append([str(bits), *(spread(own[name]) for name in names), *both(own[f"w{bits}t{bits}"]),
                      *(both(tuned[bits]) if bits in tuned else ("", ""))])
    return table(["bits", "weights only", "time only", "both", AUC, "both, tuned (QAT)", AUC], lines)


def sparsity(found: Found, protocol: str, config: LSNNetConfig, plan: Plan) -> str:
    lines = []
    base = found.row(activity_row(0.0, plan), protocol)
    for weight in ACTIVITY:
        row = found.row(activity_row(weight, plan), protocol)
        layers = row.spikes.mean(axis=(0, 1)).tolist()
        chosen = " (default)" if activity_row(weight, plan) == "lsnnet" else ""
        lines.append([f"{weight:g}{chosen}", f"{per_neuron(config, layers):.3f}", *both(row),
                      "" if weight == 0.0 else str(difference(row, base)),
                      f"{synaptic_operations(config, layers):,.0f}"])
    return table(["penalty", "spikes per neuron", "Balanced", AUC, "against none, points", "SynOp"], lines)


def sparsity_reading(found: Found, protocol: str, config: LSNNetConfig, plan: Plan) -> str:
    """What the table says of the bar, for each penalty that is sparse enough."""
    base, said = found.row(activity_row(0.0, plan), protocol), []
    for weight in ACTIVITY:
        row = found.row(activity_row(weight, plan), protocol)
        spikes = per_neuron(config, row.spikes.mean(axis=(0, 1)).tolist())
        if spikes < SPIKES_WANTED:
            said.append(f"penalty {weight:g}: {spikes:.3f} spikes, {difference(row, base).against(-LOSS_ALLOWED)}")
    return (f"Wanted: below {SPIKES_WANTED} spikes per neuron at no more than {LOSS_ALLOWED} points of balanced "
            f"accuracy lost. {'; '.join(said) or '**No penalty is sparse enough**'}.")


def beside(found: Found, protocol: str, prefix: str, usual: str, other: str) -> str:
    """Linear teacher, SVM and LSNNet on the recordings as usual and otherwise, with the paired difference."""
    pairs = {name: (found.seedless(name, protocol), found.seedless(name, protocol, prefix))
             for name in ("linear", "svm")}
    pairs["lsnnet"] = found.row("lsnnet", protocol), found.row(f"{prefix}lsnnet", protocol)
    lines = [[NAMES[name], *both(first), *both(second), str(difference(second, first))]
             for name, (first, second) in pairs.items()]
    return table(["", usual, AUC, other, AUC, "difference, points"], lines)
