"""`make audit`: can a data set's classes be told apart without any EEG? One page for any data set.

For each kind of trivial.py a logistic regression of those numbers alone, left-out people tested. What it can tell, a
network may have learnt as well: an accuracy of such a data set says little until it is shown that it has not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from base.errors import UserError, expected
from base.files import write_text
from base.markdown import table
from flow.report.gather import repeat_line
from flow.settings import Settings
from model.data import registry
from model.data.recording import Dataset
from study.trivial import TRIVIALS

FOLDS = 24  # people are left out one by one, or in so many groups
RESAMPLED = 2000
CONFIDENCE = 0.95  # of one kind; and over all of them together (Bonferroni)
STRENGTH = 0.1  # of the regression: few recordings, up to 62 electrodes
HOW_TO_READ = (
    "*Yes*: the interval for all lines together lies above chance; *perhaps*: only that for this line alone. Below "
    "chance is no finding: where people do not differ between classes, leaving out who leans to one side leaves those "
    "who lean to the other. In clean simulated EEG (`tests/benchmarks/audit_alarms.py`: 20 sets of two recordings a "
    "person, 20 of 15 films and three classes) 1 of 380 lines said yes, 10 said perhaps.", "",
    "*Length*, *time* and *order* are how the experiment was made, no fault of the recording, and a network that is "
    "shown one window at a time sees none of them directly. Length and time go together: beyond the end of the shorter "
    "recordings there is one class alone. *Rank* and *eigenvalues* a network can see in every window. Whether an "
    "accuracy rests on these, `make reproduce TABLE=null-space` says, which takes away null directions, and what is "
    "longer.", "",
    "*Order* is not judged where a person has one recording of each class: there, other recording and other class "
    "cannot be told apart by the data at all.", "",
)
DECIMALS = 6  # of what is looked at: what differs less has been rounded otherwise, and scaling would make it large


@dataclass(frozen=True)
class Verdict:
    """Balanced accuracy of one kind and its interval over people, for all kinds together, in shares; rows: on how many.

    alone: the lower end of the interval for this kind alone.
    """

    kind: str
    accuracy: float
    low: float
    high: float
    alone: float
    rows: int
    chance: float

    @property
    def found(self) -> bool:
        return self.low > self.chance

    @property
    def possible(self) -> bool:
        return self.alone > self.chance >= self.low

    def __str__(self) -> str:
        return f"{100 * self.accuracy:.1f} [{100 * self.low:.0f}, {100 * self.high:.0f}]"


def gather(dataset: Dataset, console: Console | None = None) -> dict[str, list[tuple[int, int, np.ndarray]]]:
    """Kind -> (subject, label, rows (n, k)) of every recording. One recording is in memory at a time."""
    found: dict[str, list[tuple[int, int, np.ndarray]]] = {kind: [] for kind in TRIVIALS}
    subjects = dataset.subjects if console is None else track(dataset.subjects, "subjects", console=console)
    for subject in subjects:
        for recording in dataset.read(subject):
            for kind, trivial in TRIVIALS.items():
                rows = np.round(trivial.of(recording, dataset.layout), DECIMALS)
                if len(rows):
                    found[kind].append((subject, recording.label, rows))
    return found


def judge(kind: str, found: list[tuple[int, int, np.ndarray]], classes: int) -> Verdict | None:
    """Leave people out; None where there is nothing to judge by.

    That is: no rows, fewer than three people, or names of recordings where each class has one alone: then which
    recording it is, is which class.
    """
    people = np.concatenate([np.full(len(rows), subject) for subject, _, rows in found] or [np.empty(0, int)])
    alone = len({(subject, label) for subject, label, _ in found}) == len(found)
    if len(np.unique(people)) < 3 or (TRIVIALS[kind].names and alone):
        return None
    y = np.concatenate([np.full(len(rows), label) for _, label, rows in found])
    x = np.concatenate([rows for _, _, rows in found])
    weights = np.concatenate([np.full(len(rows), 1 / len(rows)) for _, _, rows in found])  # recordings count alike
    predicted = np.empty_like(y)
    for train, test in GroupKFold(min(FOLDS, len(np.unique(people)))).split(x, y, people):
        if len(np.unique(y[train])) < 2:
            return None
        regression = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
        columns = OneHotEncoder(handle_unknown="ignore") if TRIVIALS[kind].names else StandardScaler()
        machine = make_pipeline(columns, regression)
        machine.fit(x[train], y[train], logisticregression__sample_weight=weights[train])
        predicted[test] = machine.predict(x[test])
    tail = 100 * (1 - CONFIDENCE) / 2
    shared = tail / len(TRIVIALS)
    low, alone_low, high = np.percentile(_drawn(y, predicted, weights, people, classes), [shared, tail, 100 - shared])
    accuracy = balanced_accuracy_score(y, predicted, sample_weight=weights)
    return Verdict(kind, float(accuracy), low, high, alone_low, len(y), 1 / classes)


def _drawn(
    y: np.ndarray, predicted: np.ndarray, weights: np.ndarray, people: np.ndarray, classes: int
) -> np.ndarray:
    """Balanced accuracies (RESAMPLED,) of people drawn again."""
    _, place = np.unique(people, return_inverse=True)
    right, all_of = (np.zeros((place.max() + 1, classes)) for _ in range(2))
    np.add.at(right, (place, y), weights * (predicted == y))
    np.add.at(all_of, (place, y), weights)
    drawn = np.random.default_rng(0).integers(len(right), size=(RESAMPLED, len(right)))
    shares = right[drawn].sum(axis=1) / np.maximum(all_of[drawn].sum(axis=1), 1e-12)
    there = all_of[drawn].sum(axis=1) > 0  # a class that nobody drawn has counts nothing
    accuracy: np.ndarray = (shares * there).sum(axis=1) / there.sum(axis=1)
    return accuracy


def audit(settings: Settings, console: Console) -> None:
    """Judge every kind, print the table, write the page."""
    dataset = registry.recordings(settings.dataset, settings.data_root)
    people = len(dataset.subjects)
    if people < 3:
        raise expected("DATASET", f"{dataset.name} of {people} people", "at least 3, to leave people out")
    found = gather(dataset, console)
    verdicts = {kind: judge(kind, rows, len(dataset.class_names)) for kind, rows in found.items()}
    if not any(verdicts.values()):
        raise UserError(f"{dataset.name}: no recording is long enough to judge by")
    path = settings.pages / "audit.md"
    write_text(path, page(settings, dataset, verdicts))
    for kind, verdict in verdicts.items():
        console.print(f"{kind:13} {_said(verdict)}", markup=False)
    console.print(f"written: {os.path.relpath(path)}")


def _said(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not judged: nothing to judge by"
    if verdict.found:
        return f"{verdict} TELLS THE CLASSES APART"
    return f"{verdict} {'perhaps' if verdict.possible else 'not told apart'}"


def page(settings: Settings, dataset: Dataset, verdicts: dict[str, Verdict | None]) -> str:
    """The page: what was judged, the table, how to read it."""
    rows = []
    for kind, verdict in verdicts.items():
        trivial = TRIVIALS[kind]
        cells = ["not judged", "", ""] if verdict is None else [str(verdict), _word(verdict), str(verdict.rows)]
        rows.append([kind, *cells, trivial.meaning, trivial.way])
    simulated = "**SIMULATED EEG.** " if dataset.simulated else ""
    judged = [verdict for verdict in verdicts.values() if verdict]
    told, perhaps = ([v.kind for v in judged if v.found], [v.kind for v in judged if v.possible])
    people, classes = len(dataset.subjects), ", ".join(dataset.class_names)
    found = [f"**Told apart by: {', '.join(told)}.** Before an accuracy on these classes is quoted, show that these "
             "are not what was learnt." if told else "None of these tells the classes apart for certain.",
             *([f"Perhaps by: {', '.join(perhaps)}."] if perhaps else [])]
    return "\n".join([
        f"# Audit of {dataset.name}", "", "<!-- Written by `make audit`. -->", "",
        f"{simulated}`make audit {repeat_line(settings.variables(places=False))}`: {people} people, classes {classes}; "
        f"chance is {100 / len(dataset.class_names):.1f}. Each line is a logistic regression of these numbers alone, "
        f"none of which is EEG, people left out {'one by one' if people <= FOLDS else f'in {FOLDS} groups'}: balanced "
        "accuracy in percent, recordings of one weight, with an interval over people (bootstrap, "
        f"{100 * CONFIDENCE:.0f} % for all lines together).", "",
        " ".join(found), "",
        table(["what", "balanced accuracy", "tells apart", "rows", "meaning", "how it could reach a network"], rows),
        "", *HOW_TO_READ])


def _word(verdict: Verdict) -> str:
    return "**yes**" if verdict.found else "perhaps" if verdict.possible else "no"
