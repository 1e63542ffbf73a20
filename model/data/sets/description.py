"""dataset.toml: what `folder` is told about a user's recordings, checked before any is opened."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field

from base.checked import Checked, Slug, load_toml
from base.errors import expected
from model.data.formats import channels
from model.data.formats.recorded import LOWEST_HZ
from model.data.recording import LARGEST_SUBJECT, trial_number
from model.data.registry import SETS
from model.data.signal.features import feature_names

FILE_NAME = "dataset.toml"
_SUFFIXES = (".edf", ".bdf", ".fif", ".fif.gz", ".vhdr", ".npz")

_Rate = Annotated[float, Field(ge=LOWEST_HZ, le=1e6)]
_Seconds = Annotated[float, Field(ge=0, le=1e7)]


class TrialEntry(Checked):
    """One [[trials]] of dataset.toml; times in seconds from the file's start. sampling_hz: this file's, if another."""

    file: str
    subject: int = Field(ge=0, le=LARGEST_SUBJECT)
    session: int = Field(default=1, ge=0)
    label: str
    sampling_hz: _Rate | None = None
    start_s: _Seconds = 0.0
    stop_s: _Seconds | None = None
    baseline_s: tuple[_Seconds, _Seconds] | None = None


class Description(Checked):
    """dataset.toml."""

    name: Slug
    class_names: tuple[str, ...] = Field(min_length=2)
    sampling_hz: _Rate
    resample_hz: int | None = Field(default=None, ge=LOWEST_HZ, le=100_000)
    sample_s: float = Field(gt=0, le=3600)
    frames_per_sample: int = Field(ge=1)
    electrodes: tuple[str, ...] = Field(min_length=1)
    grid: tuple[tuple[str, ...], ...] | None = None
    features: tuple[str, ...] = ("pse",)
    rest: str | None = None
    trials: tuple[TrialEntry, ...] = Field(min_length=1)

    @property
    def layout_hz(self) -> int:
        """The rate that all trials have or are brought to."""
        return self.resample_hz or int(self.sampling_hz)


def read_description(path: Path) -> Description:
    """Parse and check a dataset.toml. UserError, naming the key, on what is wrong in it."""
    given = load_toml(path, Description)
    if given.name.lower() in SETS:
        raise expected(f"{path}: name", given.name, "a name that no other data set has")
    for name in given.class_names:
        if given.class_names.count(name) > 1 or not name.strip() or not name.isprintable():
            got = f"{name!r} {given.class_names.count(name)} times"
            raise expected(f"{path}: class_names", got, "distinct names that can be printed")
    if given.rest is not None and given.rest not in given.class_names:
        raise expected(f"{path}: rest", repr(given.rest), "one of " + ", ".join(given.class_names))
    channels.check_distinct(given.electrodes, f"{path}: electrodes")
    feature_names(given.features)
    if given.resample_hz is None:
        for rate in (given.sampling_hz, *(trial.sampling_hz or given.sampling_hz for trial in given.trials)):
            if rate != given.layout_hz:
                raise expected(f"{path}: resample_hz", f"none, with files at {rate:.9g} Hz",
                               "the whole number of Hz that all trials are to be brought to")
    _check_trials(given, path)
    return given


def suffix(path: Path) -> str:
    """The format by the file's name, lower case; `.fif.gz` is one."""
    name = path.name.lower()
    return ".fif.gz" if name.endswith(".fif.gz") else Path(name).suffix


def _check_trials(given: Description, path: Path) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    for number, trial in enumerate(given.trials, start=1):
        name = f"{path}: trials.{number}"
        counted[trial.subject, trial.session] += 1
        trial_number(trial.subject, trial.session, counted[trial.subject, trial.session])
        if trial.label not in given.class_names:
            raise expected(f"{name}.label", repr(trial.label), "one of " + ", ".join(given.class_names))
        if suffix(Path(trial.file)) not in _SUFFIXES:
            raise expected(f"{name}.file", trial.file, "one of " + " ".join(_SUFFIXES))
        if not (path.parent / trial.file).is_file():
            raise expected(f"{name}.file", f"no {trial.file}", f"a file in {path.parent}")
        spans = (("stop_s", trial.start_s, trial.stop_s), ("baseline_s", *(trial.baseline_s or (0, 1))))
        for key, start, stop in spans:
            if start < 0 or (stop is not None and stop <= start):
                raise expected(f"{name}.{key}", f"{start:g} to {stop:g} s", "an end after the start")
        if (trial.baseline_s is None) != (given.trials[0].baseline_s is None):
            raise expected(f"{name}.baseline_s", "some trials with and some without", "it in every trial or in none")
    _check_apart(given, path)


def _check_apart(given: Description, path: Path) -> None:
    """UserError where two trials share a stretch of a file: it would be taught and tested, or have two labels."""
    spans: dict[Path, list[tuple[float, float, int]]] = {}
    for number, trial in enumerate(given.trials, start=1):
        stop = math.inf if trial.stop_s is None else trial.stop_s
        spans.setdefault((path.parent / trial.file).resolve(), []).append((trial.start_s, stop, number))
    for stretches in spans.values():
        for (_, stop, one), (start, _, other) in pairwise(sorted(stretches)):
            if start < stop:
                raise expected(f"{path}: trials.{max(one, other)}", f"a part of {given.trials[other - 1].file} that "
                               f"trials.{min(one, other)} has, too", "each stretch of a file in one trial")
