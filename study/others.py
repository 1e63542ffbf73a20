"""What others have published on a data set, from their sources: beside our numbers, not in their tables."""

from __future__ import annotations

import re

from base.markdown import table

# (who says it, protocol, what came), by the name of a data set, its task apart
_EEGAIN = "[EEGain](https://github.com/EmotionLab/EEGain), README"
_LOSO = "leave one subject out, windows of 4 s; accuracy"
_NEURALBENCH = "NeuralBench-EEG 1.0 (Meta AI, 2026)"
PUBLISHED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "eegmat": (
        (_NEURALBENCH, "36 people, 80 % train, 20 % test; windows of 5 s",
         "REVE 73.9, features by hand 69.8, LaBraM 68.7, CBraMod 68.5, EEGNet 48.5"),
        ("[NeurIPT](https://arxiv.org/abs/2510.16548)", "28 people train, 4 validate, 4 test; windows of 5 s",
         "NeurIPT 86.5"),
        ("[CBraMod](https://arxiv.org/abs/2412.07236)", "the same split", "CBraMod 72.6 (a re-run by others: 58.9), "
         "EEGNet 67.7"),
    ),
    "deap": ((_EEGAIN, f"arousal, {_LOSO}", "best of four networks 57, trivial baseline 59"),
             (_EEGAIN, f"valence, {_LOSO}", "best of four networks 53, trivial baseline 57")),
    "dreamer": ((_EEGAIN, f"arousal, {_LOSO}", "best of four networks 48, trivial baseline 52"),
                (_EEGAIN, f"valence, {_LOSO}", "best of four networks 60, trivial baseline 59")),
    "seed": ((_EEGAIN, f"three classes, {_LOSO}", "best of four networks 55, trivial baseline 34"),),
    "seed-iv": ((_EEGAIN, f"four classes, {_LOSO}", "best of four networks 45, trivial baseline 31"),),
}
_EEGMAT = (
    "EEGMAT is rest against arithmetic. Where four people test, a figure moves by many points with who they are, and "
    "none of these sources tests everybody. As far as we know nobody has published all 36 people left out one by one: "
    "`make data DATASET=eegmat` and `make reproduce DATASET=eegmat` give that to whoever has no copy yet, "
    "with `WINDOW_S=5` in windows of 5 s."
)


def where_others_stand(dataset: str) -> list[str]:
    """The section on a data set; nothing where we know of no source."""
    family = dataset if dataset in PUBLISHED else re.sub("-(valence|arousal|dominance)$", "", dataset)
    own = PUBLISHED.get(family, ())
    if not own:
        return []
    said = [_EEGMAT] if dataset == "eegmat" else []
    return ["## Where others stand", table(["source", "protocol", "per cent"], own),
            "As the sources say it; nothing of it was run here, and no row has our protocol: none is a comparison.",
            *said]
