"""The data sets by name: what is known of each before anything is read, and where its reader is.

A data set is one file in sets/ and one line of _ENTRIES. Naming one imports no reader, and this module no mne: the
command line, the hardware's stages and `make help` read these facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from base.errors import expected
from model.data.examples import Examples
from model.data.recording import Dataset

_SETS = "model.data.sets"


@dataclass(frozen=True)
class Entry:
    """One data set.

    reader: `module` in sets/, or `module:function` where that is not `load`; called with DATA_ROOT, and with `task`
    where one file serves several. preset: of board/presets, made for the shape of its samples. protocols: those of
    folds/protocols.py that a study runs, the main one first. signals_hz: of EEGNet's input. downloader: as reader,
    called with the folder to fill, where anyone may download the data. main: its study's page is the project's own.
    needs_root, takes_root: whether there must, and may, be a DATA_ROOT.
    eeg: it has recordings of EEG, else examples, which the study and live use know nothing of. recipe: of
    model/recipes, where it is not the usual one.
    """

    name: str
    help: str
    reader: str
    task: str | None = None
    needs_root: bool = True
    takes_root: bool = True
    preset: str = "default"
    protocols: tuple[str, ...] = ("loso", "kfold")
    signals_hz: int = 128
    downloader: str | None = None
    main: bool = False
    eeg: bool = True
    recipe: str | None = None

    @property
    def page(self) -> str:
        """Of its study, in docs/."""
        return "results.md" if self.main else f"results-{self.name}.md"


def _named(place: str) -> Callable[..., Any]:
    """`module:function` of sets/, imported now."""
    module, _, function = place.partition(":")
    called: Callable[..., Any] = getattr(import_module(f"{_SETS}.{module}"), function or "load")
    return called


_WITHIN = ("kfold", "loso")  # trials enough to learn each person
_ENTRIES = (
    # EEGNet at 64 Hz: on validation subjects of EEGMAT better than at 128 Hz, in a third of the time.
    Entry("simulated", "simulated EEG, no files", "simulated", needs_root=False, takes_root=False,
          signals_hz=64),
    Entry("eegmat", "mental arithmetic, public", "eegmat", signals_hz=64, downloader="download:download_eegmat",
          main=True),
    Entry("seed", "emotions, 3 classes", "seed", preset="seed", protocols=("9-3-3", "9-6", "loso")),
    Entry("seed-iv", "emotions, 4 classes", "seed:load_iv", preset="seed", protocols=_WITHIN),
    Entry("seed-v", "emotions, 5 classes", "seed_v", preset="seed", protocols=_WITHIN),
    # Without a task: the paper's first.
    *(Entry(name, f"rated {task}", "deap", task, preset="deap", protocols=_WITHIN) for name, task in (
        ("deap", "valence"), ("deap-valence", "valence"), ("deap-arousal", "arousal"))),
    *(Entry(name, f"rated {task}", "dreamer", task, preset="dreamer", protocols=_WITHIN) for name, task in (
        ("dreamer", "valence"), ("dreamer-valence", "valence"), ("dreamer-arousal", "arousal"),
        ("dreamer-dominance", "dominance"))),
    Entry("folder", "your own recordings", "folder"),
    *(Entry(name, said, reader, needs_root=name != "mnist", preset=preset, protocols=(), eeg=False, recipe="pictures")
      for name, said, reader, preset in (
        ("fsdd", "spoken digits", "fsdd", "fsdd"), ("faces", "faces by expression", "faces", "faces"),
        ("mnist", "digits in pictures", "mnist", "mnist"),
        ("fashion-mnist", "clothes in pictures", "mnist:load_fashion", "mnist"))),
)
SETS: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}


def entry(name: str) -> Entry:
    """UserError on a name that is not there."""
    if name not in SETS:
        raise expected("DATASET", repr(name), "one of " + ", ".join(SETS))
    return SETS[name]


def load(name: str, root: Path | None) -> Dataset | Examples:
    """Data set `name` in the folder `root`; simulated EEG needs none. UserError on another name."""
    known = entry(name)
    task = {} if known.task is None else {"task": known.task}
    dataset: Dataset | Examples = _named(known.reader)(root, **task)
    return dataset


def recordings(name: str, root: Path | None) -> Dataset:
    """Data set `name`, of EEG. UserError on one that has none."""
    dataset = load(name, root)
    if not isinstance(dataset, Dataset):
        raise expected("DATASET", name, "EEG: " + ", ".join(known.name for known in _ENTRIES if known.eeg))
    return dataset


def download(name: str, folder: Path) -> list[Path]:
    """Fill `folder` with data set `name`; the recordings' paths. UserError where only its owners give it out."""
    downloader = entry(name).downloader
    if downloader is None:
        free = ", ".join(known.name for known in _ENTRIES if known.downloader)
        raise expected("DATASET", name, f"a data set that anyone may download: {free} (docs/datasets.md)")
    paths: list[Path] = _named(downloader)(folder)
    return paths
