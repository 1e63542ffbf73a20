"""The table of people calibrated on their own rest: beside the plain one, and each result with its swap."""

from __future__ import annotations

import numpy as np

from base.markdown import table
from study.material import Material
from study.plan import MIRRORED, REST_PREFIX, TUNED, Study, folders
from study.results import AUC, NAMES, Found, both
from study.tables import Row, difference, rows

# row of a calibrated job, its setting, its name, the plain row
LINES = (
    ("seedless", "linear", NAMES["linear"], "linear"),
    ("seedless", "svm", NAMES["svm"], "svm"),
    ("lsnnet", "float", "LSNNet, the usual recipe", "lsnnet"),
    ("bare", "float", "LSNNet without teacher, swap and offset", ""),
    ("mirrored-ann", "float", "ANN twin, mirrored", "ann"),
    ("mirrored", "float", "LSNNet, mirrored", "lsnnet"),
    *((f"int{bits}", f"int{bits}", f"LSNNet, mirrored, INT{bits}", f"int{bits}") for bits in TUNED),
)
CHANCE = 50.0  # percent, of an area under the curve
_MARGIN = 2.0  # points of it: about as well


def section(found: Found, study: Study) -> list[str]:
    """Markdown: the table and what it says."""
    assert study.rest is not None
    about, main = study.rest.about(), study.main
    usual = {line[2]: _rows(found, study.rest, main, *line[:2], swapped=False) for line in LINES}
    turned = {line[2]: _rows(found, study.rest, main, *line[:2], swapped=True) for line in LINES}
    bar, lines = usual[NAMES["linear"]], []
    for _, setting, name, plain in LINES:
        beside = both(found.seedless(plain, main) if setting in ("linear", "svm") else found.row(plain, main)
                      ) if plain else ("", "")
        against = "" if usual[name] is bar else str(difference(usual[name], bar))
        lines.append([name, *beside, *both(usual[name]), f"{turned[name].mean_sd('auc_within')[0]:.1f}", against,
                      reading(turned[name])])
    head = ["", "plain", AUC, "calibrated", AUC, f"{AUC}, swapped", "calibrated, less the linear teacher's",
            "what was learnt"]
    kept = {name: row for name, row in turned.items() if row.mean_sd("auc_within")[0] >= CHANCE}
    return [
        table(head, lines),
        f"Everyone, those who train as well, is scaled by the first {about['rest_s']:g} s of their own "
        f"{about['rest']} (`STANDARDISATION=rest-baseline`), which are in no part; {about['windows']} windows are left "
        "of all. *Swapped*: the same classifiers, tested with the baseline of the other recording (its first half, at "
        "most as long) in place of rest's, on windows without a frame of it. Whoever has learnt the class keeps its "
        f"direction; an area below {CHANCE:g} was the departure from the baseline recording. *Mirrored*: no swap of "
        f"people, {100 * MIRRORED['mirror']:g} % of the samples are turned round 0 and their class with them, so that "
        "the distance from the baseline tells nothing. Its recipe was chosen on these people (docs/training.md).",
        _gain(usual, kept),
    ]


def reading(swapped: Row) -> str:
    return "the class" if swapped.mean_sd("auc_within")[0] >= CHANCE else "**departure from baseline**"


def _gain(usual: dict[str, Row], kept: dict[str, Row]) -> str:
    """What survives the swap: the best LSNNet of those that keep their direction about as well as the teacher."""
    linear = kept[NAMES["linear"]].mean_sd("auc_within")[0] if NAMES["linear"] in kept else CHANCE
    fair = [name for name, row in kept.items() if name.startswith("LSNNet") and
            row.mean_sd("auc_within")[0] >= linear - _MARGIN]
    if not fair:
        return "What survives the swap: **nothing; no LSNNet keeps its direction about as well as the linear teacher.**"
    best = max(fair, key=lambda name: usual[name].mean_sd("balanced")[0])
    gap = difference(usual[best], usual[NAMES["linear"]])
    return (f"What survives the swap (an area of at least the linear teacher's less {_MARGIN:g}): {best}, "
            f"{usual[best].mean_sd('balanced')[0]:.1f}, {gap} points from the linear teacher, as calibrated; wanted at "
            f"least 0: {gap.against(0.0)}.")


def _rows(found: Found, rest: Material, protocol: str, job: str, setting: str, *, swapped: bool) -> Row:
    """One setting of a calibrated job, on the windows by rest's baseline or on those by the other."""
    aligned, folds = rest.windows().aligned, rest.folds(protocol)

    def kept(place: int) -> np.ndarray:
        return aligned[folds[place].test] != swapped  # those that are tested again are not (Swap.tested)

    return rows(folders(found.done, f"{REST_PREFIX}{job}", protocol), found.classes, kept)[setting]
