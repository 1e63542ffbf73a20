"""`folder`: a user's own recordings, EDF, BDF, FIF, BrainVision or npz, described by one dataset.toml beside them.

    name = "office"
    class_names = ["rest", "work"]
    sampling_hz = 256                # of every file; nothing is resampled
    sample_s = 1.5                   # length of a sample
    frames_per_sample = 6            # T
    electrodes = ["Fp1", "Fp2", "Cz", "O1", "O2"]
    grid = [["Fp1", "", "Fp2"], ["", "Cz", ""], ["O1", "", "O2"]]   # optional, "" is an empty cell
    features = ["pse"]               # optional: pse, bandpower, de

    [[trials]]
    file = "anna.edf"                # beside dataset.toml, or a path from there
    subject = 1
    session = 1                      # optional, 1
    label = "rest"
    start_s = 3.0                    # optional, the file's start
    stop_s = 63.0                    # optional, the file's end
    baseline_s = [0.0, 3.0]          # optional, in every trial or in none

Electrodes without a grid must be names of the standard montage (montage.py); the grid is then square, its side the
smallest odd one whose cells number at least 5/4 of the electrodes. In files that name their channels, a name may have
the prefix `EEG ` and any case, and channels that are not asked for are left. An npz holds `signal` (electrodes,
samples) in microvolt, rows in the order of `electrodes`, and `sampling_hz`.

With a baseline a trial is z-scored by it, as the paper does; without, it is conditioned as EEGMAT is (common average,
1 to 45 Hz). Trials are numbered from 1 within a subject's session, in the order of the file.
"""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import mne
import numpy as np
from pydantic import Field

from base.checked import Checked, load_toml
from base.errors import UserError, expected
from model.data.formats.edf import check_size
from model.data.grid import Grid, electrodes
from model.data.recording import Dataset, Layout, Recording, trial_number
from model.data.sets.montage import from_montage
from model.data.sets.paper import paper_settings
from model.data.signal.conditioning import check_average, check_signal, condition, from_baseline
from model.data.signal.features import feature_names

FILE_NAME = "dataset.toml"
_SUFFIXES = (".edf", ".bdf", ".fif", ".vhdr", ".npz")
# What numpy and mne raise on files that are not what their names say.
_DAMAGE = (zipfile.BadZipFile, ValueError, RuntimeError, OSError, IndexError, KeyError, TypeError, EOFError)
_LOWEST_HZ = 100  # slower sampling could not carry the pass band's 45 Hz with room for a filter


class TrialEntry(Checked):
    """One [[trials]] of dataset.toml; times in seconds from the file's start."""

    file: str
    subject: int = Field(ge=0)
    session: int = Field(default=1, ge=0)
    label: str
    start_s: float = Field(default=0.0, ge=0)
    stop_s: float | None = None
    baseline_s: tuple[float, float] | None = None


class Description(Checked):
    """dataset.toml."""

    name: str = Field(min_length=1)
    class_names: tuple[str, ...] = Field(min_length=2)
    sampling_hz: int = Field(ge=_LOWEST_HZ)
    sample_s: float = Field(gt=0)
    frames_per_sample: int = Field(ge=1)
    electrodes: tuple[str, ...] = Field(min_length=1)
    grid: tuple[tuple[str, ...], ...] | None = None
    features: tuple[str, ...] = ("pse",)
    trials: tuple[TrialEntry, ...] = Field(min_length=1)


def load(root: Path | None) -> Dataset:
    """The data set that dataset.toml in `root` describes. UserError on anything missing in it or contradictory."""
    if root is None or not (root / FILE_NAME).is_file():
        raise expected("DATA_ROOT", f"{root or 'none'}, without {FILE_NAME}", f"a folder with a {FILE_NAME}")
    path = root / FILE_NAME
    given = load_toml(path, Description)
    cells = _grid(given, path)
    layout = Layout(given.sampling_hz, given.sample_s, given.frames_per_sample, cells)
    if layout.frame_samples < 2:
        raise expected(f"{path}: frames_per_sample", given.frames_per_sample, "frames of at least 2 samples")
    feature_names(given.features)
    _check_trials(given, path)
    if given.trials[0].baseline_s is None:
        check_average(given.electrodes, f"{path}: electrodes")
    settings = paper_settings(layout, given.features)
    subjects = tuple(sorted({trial.subject for trial in given.trials}))
    return Dataset(given.name, False, f"own recordings: {given.name}", given.class_names, layout, settings, subjects,
                   partial(_read, root, given, layout), partial(_files, root, given), given.model_dump_json())


def _grid(given: Description, path: Path) -> Grid:
    if given.grid is None:
        side = math.ceil(math.sqrt(1.25 * len(given.electrodes)))
        side += 1 - side % 2
        return from_montage(given.electrodes, side, side)
    widths = {len(row) for row in given.grid}
    if len(widths) != 1 or 0 in widths:
        raise expected(f"{path}: grid", f"rows of {sorted(widths)} cells", "rows of equal length")
    cells = tuple(tuple(name or None for name in row) for row in given.grid)
    if sorted(electrodes(cells)) != sorted(given.electrodes):
        odd = set(electrodes(cells)) ^ set(given.electrodes)
        raise expected(f"{path}: grid", f"{' '.join(sorted(odd)) or 'an electrode twice'}, not in both",
                       "each of `electrodes` once")
    return cells


def _check_trials(given: Description, path: Path) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    for number, trial in enumerate(given.trials, start=1):
        name = f"{path}: trials.{number}"
        counted[trial.subject, trial.session] += 1
        trial_number(trial.subject, trial.session, counted[trial.subject, trial.session])
        if trial.label not in given.class_names:
            raise expected(f"{name}.label", repr(trial.label), "one of " + ", ".join(given.class_names))
        if Path(trial.file).suffix.lower() not in _SUFFIXES:
            raise expected(f"{name}.file", trial.file, "one of " + " ".join(_SUFFIXES))
        if not (path.parent / trial.file).is_file():
            raise expected(f"{name}.file", f"no {trial.file}", f"a file in {path.parent}")
        spans = (("stop_s", trial.start_s, trial.stop_s), ("baseline_s", *(trial.baseline_s or (0, 1))))
        for key, start, stop in spans:
            if start < 0 or (stop is not None and stop <= start):
                raise expected(f"{name}.{key}", f"{start:g} to {stop:g} s", "an end after the start")
        if (trial.baseline_s is None) != (given.trials[0].baseline_s is None):
            raise expected(f"{name}.baseline_s", "some trials with and some without", "it in every trial or in none")


def _files(root: Path, given: Description, subject: int) -> list[Path]:
    """The files of one subject's trials, and those that they name: BrainVision's data, the parts of a split FIF."""
    paths = dict.fromkeys(root / trial.file for trial in given.trials if trial.subject == subject)
    files: list[Path] = []
    for path in paths:
        files.append(path)
        if path.suffix.lower() in (".vhdr", ".fif"):
            # One that cannot be opened is named alone: reading it will say what is wrong.
            with suppress(*_DAMAGE):
                files += map(Path, mne.io.read_raw(path, preload=False, verbose="ERROR").filenames)
    return files


def _read(root: Path, given: Description, layout: Layout, subject: int) -> Iterator[Recording]:
    """One subject's trials in the order of dataset.toml; one trial's signal is held at a time."""
    counted: Counter[int] = Counter()
    rows = [given.electrodes.index(name) for name in layout.electrodes]
    for trial in given.trials:
        if trial.subject != subject:
            continue
        counted[trial.session] += 1
        path = root / trial.file
        where = f"{path}: subject {subject}, session {trial.session}, trial {counted[trial.session]}"
        signal = _cut(path, given, trial.start_s, trial.stop_s)[rows]
        unit_uv: float | np.ndarray = 1.0
        if trial.baseline_s is None:
            check_signal(signal, layout.electrodes, f"{where}: channel")
            conditioned = condition(signal, layout.sampling_hz)
        else:
            baseline = _cut(path, given, *trial.baseline_s)[rows]
            conditioned, unit_uv = from_baseline(signal, baseline, layout.electrodes, where)
        label = given.class_names.index(trial.label)
        yield Recording(subject, trial.session, counted[trial.session], label, conditioned, unit_uv=unit_uv)


def _cut(path: Path, given: Description, start_s: float, stop_s: float | None) -> np.ndarray:
    """float64 (electrodes, samples) in microvolt, rows in the order of given.electrodes, from start_s to stop_s."""
    try:
        read = _read_npz if path.suffix.lower() == ".npz" else _read_mne
        return read(path, given, start_s, stop_s)
    except _DAMAGE as error:
        raise UserError(f"{path}: not a readable recording: {' '.join(str(error).split())}") from error


def _read_npz(path: Path, given: Description, start_s: float, stop_s: float | None) -> np.ndarray:
    with np.load(path, allow_pickle=False) as archive:
        for name in ("signal", "sampling_hz"):
            if name not in archive.files:
                raise expected(f"{path}: arrays", ", ".join(archive.files) or "none", f"one named {name}")
        signal, rate = archive["signal"], float(archive["sampling_hz"])
    if signal.ndim != 2 or len(signal) != len(given.electrodes):
        raise expected(f"{path}: signal", f"shape {signal.shape}", f"({len(given.electrodes)}, samples)")
    start, stop = _bounds(path, given, rate, signal.shape[1], start_s, stop_s)
    return signal[:, start:stop].astype(np.float64)


def _read_mne(path: Path, given: Description, start_s: float, stop_s: float | None) -> np.ndarray:
    if path.suffix.lower() in (".edf", ".bdf"):
        check_size(path, 2 if path.suffix.lower() == ".edf" else 3)
    raw = mne.io.read_raw(path, preload=False, verbose="ERROR")
    labels = {label.strip().upper().removeprefix("EEG").strip(): label for label in raw.ch_names}
    missing = [name for name in given.electrodes if name.upper() not in labels]
    if missing:
        raise expected(f"{path}: channels", f"none for {' '.join(missing)}", f"the electrodes of {FILE_NAME}")
    start, stop = _bounds(path, given, float(raw.info["sfreq"]), raw.n_times, start_s, stop_s)
    picks = [labels[name.upper()] for name in given.electrodes]
    return raw.get_data(picks=picks, start=start, stop=stop, verbose="ERROR") * 1e6  # mne holds volts


def _bounds(
    path: Path, given: Description, rate: float, samples: int, start_s: float, stop_s: float | None
) -> tuple[int, int]:
    """First sample and the one after the last, checked against the file's rate and length."""
    if abs(rate - given.sampling_hz) > 1e-6 * given.sampling_hz:
        raise expected(f"{path}: sampling rate", f"{rate:g} Hz", f"{FILE_NAME}'s {given.sampling_hz} Hz")
    start, stop = round(start_s * rate), samples if stop_s is None else round(stop_s * rate)
    if not start < stop <= samples:
        raise expected(f"{path}: length", f"{samples / rate:g} s", f"{FILE_NAME}'s {start_s:g} to {stop_s or 0:g} s")
    return start, stop
