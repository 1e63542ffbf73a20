"""The data sets by name, each read when it is asked for: naming one imports no reader."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from base.errors import expected
from model.data.recording import Dataset

SETS = "model.data.sets"


def _load(module: str, function: str, root: Path | None, **task: str) -> Dataset:
    dataset: Dataset = getattr(import_module(f"{SETS}.{module}"), function)(root, **task)
    return dataset


# name -> module in sets/, its function, and what else it is called with
_READERS: dict[str, Any] = {
    "simulated": partial(_load, "simulated", "load"),
    "eegmat": partial(_load, "eegmat", "load"),
    "seed": partial(_load, "seed", "load"),
    "seed-iv": partial(_load, "seed", "load_iv"),
    "seed-v": partial(_load, "seed_v", "load"),
    "deap": partial(_load, "deap", "load", task="valence"),  # the paper's first task
    **{f"deap-{task}": partial(_load, "deap", "load", task=task) for task in ("valence", "arousal")},
    "dreamer": partial(_load, "dreamer", "load", task="valence"),
    **{f"dreamer-{task}": partial(_load, "dreamer", "load", task=task) for task in ("valence", "arousal", "dominance")},
    "folder": partial(_load, "folder", "load"),
}
DATASETS = tuple(_READERS)


def load(name: str, root: Path | None) -> Dataset:
    """Dataset `name` in the folder `root`; simulated EEG needs none. UserError on another name."""
    if name not in _READERS:
        raise expected("DATASET", name, "one of " + ", ".join(DATASETS))
    dataset: Dataset = _READERS[name](root)
    return dataset
