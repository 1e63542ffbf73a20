"""The page of a study and its plots: every table with what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from model.data.signal.null_space import PROJECTED
from model.options import USUAL_RECIPE, LSNNetConfig
from study import calibrated, results
from study.plan import CAUSAL_PREFIX, LEAKY, LENGTH_PREFIX, NULL_PREFIX, Study
from study.results import Found

PROTOCOLS = {
    "loso": "Leave one subject out", "kfold": "Within each subject, 5 folds grouped by trial",
    "9-3-3": "Within each session, 9 trials train, 3 validate, 3 test",
    "9-6": "Within each session, 9 trials train (the last of each class of them validates), 6 test",
    LEAKY: "LEAKY: windows shuffled, so that neighbours of a tested window have trained",
}

FOUND_HERE = (
    "**The recipe of LSNNet and its twin (features, teacher, penalty) was found on subjects of EEGMAT**, some 80 "
    "settings compared (docs/training.md): on EEGMAT the folds are no untouched test of it."
)


@dataclass(frozen=True)
class View:
    """A study and what its jobs have left."""

    study: Study
    found: Found

    @cached_property
    def about(self) -> dict[str, Any]:
        return self.study.material.about()

    @property
    def config(self) -> LSNNetConfig:
        return self.study.material.config(**self.study.plan.network)


def _classified(view: View, protocol: str) -> list[str]:
    return [results.classification(view.found, protocol),
            "Confusion matrices: counts over all folds, mean over seeds.",
            results.confusions(view.found, protocol, view.about["class_names"])]


def _left_out(view: View, protocol: str) -> list[str]:
    """How many subjects the protocol tests, where it is not all of them."""
    tested = {fold.name.split(" fold ")[0] for fold in view.study.material.folds(protocol)}
    if protocol not in ("kfold", "loso") or len(tested) == view.about["subjects"]:
        return []
    return [f"{len(tested)} of {view.about['subjects']} subjects tested: the others have too few trials of a class."]


def _classification(view: View) -> list[str]:
    main = view.study.main
    paper = view.study.plan.paper
    parts = [
        "## What was wanted, and what came", results.claim_table(view.found, main),
        f"Protocol: {PROTOCOLS[main].lower()}. Intervals are paired over subjects, seeds averaged (Student's t). "
        "The linear teacher is the bar: a logistic regression that LSNNet's training imitates, on the same windows. "
        f"EEGNet sees the raw signal of the same windows at {view.about['signals_hz']} Hz and trains on those that do "
        "not overlap; all others see features and train on overlapping windows, too. `LSNNet, paper's recipe` has one "
        f"seed and the paper's own features ({' + '.join(paper.features or view.about['features'])}), and trains on "
        "windows that do not overlap, by `RECIPE=paper`: cross entropy on labels alone, no teacher, no augmentation.",
    ]
    for protocol in view.study.protocols:
        parts += [f"## {PROTOCOLS[protocol]}", *_left_out(view, protocol), *_classified(view, protocol)]
    return parts


def _leaky(view: View) -> list[str]:
    return [f"## {PROTOCOLS[LEAKY]}", "Only here to show the inflation; **no measure of anything new**. One seed.",
            *_classified(view, LEAKY)]


def _back_end(view: View) -> list[str]:
    return ["## Back end: spiking or not", results.back_end(view.found, view.study.main, view.config),
            "A multiply-add (MAC) is a multiplication and an addition, a synaptic operation (SynOp) one addition; both "
            "count the back end alone, and neither is energy. The twin has no activity penalty."]


def _front_end(view: View) -> list[str]:
    return ["## Front end: depthwise-separable or standard convolution",
            results.front_end(view.found, view.study.main, view.config),
            "Mult-Adds: half the FLOPs that PyTorch's counter finds in the two blocks. Parameters with batch norm."]


def _window_rules(view: View) -> list[str]:
    return ["## Window rules and encoder", results.window_rules(view.found, view.study.main)]


def _noise(view: View) -> list[str]:
    noise, jitter = results.disturbances(view.found, view.study.main)
    return ["## Noise on the input, jitter on spike times", noise, jitter,
            "Tested with noise, trained with the recipe's own; silence is not jittered."]


def _bits(view: View) -> list[str]:
    return ["## Bits", results.bit_widths(view.found, view.study.main),
            "Calibrated after training (power-of-two scales, biases corrected); the last column tuned, as the hardware "
            "is. Words inside the blocks have 8 bits in every row but the first."]


def _sparsity(view: View) -> list[str]:
    sparse = view.found, view.study.main, view.config, view.study.plan
    return ["## Sparsity", results.sparsity(*sparse),
            results.sparsity_reading(*sparse)]


def _beside(view: View, prefix: str, usual: str, other: str) -> str:
    if prefix not in view.study.otherwise:
        return f"No table of `{other}`: these data cannot carry it, or it changes nothing in them."
    return results.beside(view.found, view.study.main, prefix, usual, other)


def _null_space(view: View) -> list[str]:
    people = len(_taken_out(view))
    return ["## What an audit finds in the recordings, taken away",
            "`make audit` asks what tells classes apart beside EEG. Cleaning by independent components, recording by "
            "recording, leaves directions of the electrodes' space in which nothing moves; here all of a person's are "
            f"projected off those of any of them, by their covariances alone ({people} people have some).",
            _beside(view, NULL_PREFIX, "as published", "off null directions"),
            "And recordings differ in length: here each person's are cut to the shortest, from the start.",
            _beside(view, LENGTH_PREFIX, "as published", "of one length")]


def _taken_out(view: View) -> list[str]:
    """A note for each person who had null directions."""
    other = view.study.otherwise.get(NULL_PREFIX)
    return [] if other is None else [note for note in other.about()["notes"] if note.endswith(PROJECTED)]


def _smoothing(view: View) -> list[str]:
    return [f"## Smoothing: `{view.about['smoothing']}` or causal filter",
            _beside(view, CAUSAL_PREFIX, "smoother", "causal filter"),
            "A smoother sees a trial's future; live, only the filter can run. `em-smoother` also fits its variances to "
            "the trial, which the filter does not."]


def _calibrated(view: View) -> list[str]:
    if view.study.rest is None:
        lines = ["No table: of these data no class is rest, they have not two classes, or it cannot be made of them."]
    else:
        lines = calibrated.section(view.found, view.study)
    return ["## Calibrated on one's own rest", *lines]


SECTIONS: dict[str, Callable[[View], list[str]]] = {
    "classification": _classification, "leaky": _leaky, "back-end": _back_end, "front-end": _front_end,
    "windows": _window_rules, "noise": _noise, "bits": _bits, "sparsity": _sparsity, "smoothing": _smoothing,
    "null-space": _null_space, "calibrated": _calibrated,
}


def head(view: View, excluded: dict[str, str], seconds: float) -> list[str]:
    """What was run on what."""
    about, plan = view.about, view.study.plan
    simulated = "**SIMULATED EEG: these numbers say nothing about people.** " if about["simulated"] else ""
    root = "" if about["simulated"] else " DATA_ROOT=…"
    positive = about["class_names"][1] if view.found.classes == 2 else "each class against the rest, averaged"
    return [
        f"# Results: {about['name']}",
        f"{simulated}Made by `make reproduce DATASET={about['name']}{root}`; nothing on this page is written by hand. "
        f"{about['source']}.",
        f"{about['subjects']} subjects, {about['trials']} trials, {about['windows']} windows of "
        f"{about['sample_s']:g} s that do not overlap ({about['training_windows']} "
        f"with the overlapping ones, which only train); samples "
        f"{'x'.join(map(str, about['shape']))} of {' + '.join(about['features'])}; classes "
        f"{', '.join(about['class_names'])}. Network: channels {plan.network['channels']}, hidden "
        f"{plan.network['hidden']}; seeds {', '.join(map(str, plan.seeds))}. All jobs together took "
        f"{seconds / 60:.0f} core-minutes.",
        f"Recipe `{plan.recipe}` (docs/training.md). {FOUND_HERE if plan.recipe == USUAL_RECIPE else ''}".strip(),
        "Accuracies are percent, mean ± standard deviation over subjects and seeds. Within a fold, training, scaling "
        "and choice of the model see training and validation windows alone. The linear teacher, SVM and majority "
        "class have no seed. `Balanced` is the mean recall of the classes, `macro F1` their "
        f"mean F1; sensitivity, specificity and precision are of {positive}. `AUC within` is the area under the ROC "
        "curve of each person's own windows, averaged over people: it does not ask where the threshold lies, so what "
        "it has above `Balanced` is lost to thresholds that do not carry over to the next person.",
        *[f"Not possible with this data: `{name}`: {reason}." for name, reason in excluded.items()],
    ]
