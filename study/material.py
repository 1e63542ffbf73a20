"""What every job of a study reads: the windows of a data set and the folds of a protocol, on disk once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from base.errors import UserError, expected
from base.files import atomic_path, new_memmap, read_json, read_npz, write_json, write_npz
from base.progress import Tell
from base.records import Record, digest, hash_sources
from model.baselines.eegnet import SHORTEST
from model.data import cache
from model.data.folds import protocols, standardise
from model.data.folds.calibration import Swap, calibrated
from model.data.folds.protocols import Fold
from model.data.folds.windows import Windows, cut
from model.data.identity import identity
from model.data.recording import Dataset, Preparation
from model.data.registry import Entry
from model.data.signal.features import feature_names
from model.data.trials import Trial
from model.options import LSNNetConfig

WINDOWS, SIGNALS, ABOUT = "windows.npz", "signals.npy", "about.json"
RECORD = "record.json"
CODE = ("model/data/folds", "study/material.py")
CHUNK = 64  # windows
_PARTS = ("train", "val", "test", "mean", "deviation")


@dataclass(frozen=True)
class Material:
    """A folder with windows.npz, folds-<protocol>.npz, signals.npy and about.json."""

    folder: Path

    def windows(self) -> Windows:
        arrays: dict[str, Any] = read_npz(self.folder / WINDOWS)
        return Windows(**{**arrays, "classes": int(arrays["classes"])})

    def folds(self, protocol: str, indices: Sequence[int] | None = None) -> list[Fold]:
        """All folds of the protocol, or those named by their place."""
        arrays = read_npz(self.folder / f"folds-{protocol}.npz")
        names = arrays["names"].tolist()
        leaky = bool(arrays["leaky"])
        return [
            Fold(names[i], leaky=leaky, **{part: arrays[f"{part}_{i}"] for part in _PARTS})
            for i in (range(len(names)) if indices is None else indices)
        ]

    def about(self) -> dict[str, Any]:
        return read_json(self.folder / ABOUT)

    def config(self, **network: Any) -> LSNNetConfig:
        """The network for these windows: `network` holds what is not given by their shape."""
        about = self.about()
        frames, height, width = about["shape"]
        return LSNNetConfig(frames * len(about["features"]), height, width, len(about["class_names"]), **network)

    def signals(self) -> np.ndarray:
        """Raw signals (aligned windows, electrodes, samples), in the windows' order; a memmap."""
        return np.load(self.folder / SIGNALS, mmap_mode="r", allow_pickle=False)


@dataclass(frozen=True)
class Source:
    """What material is made from: a data set, what the registry says of it, and its features' settings."""

    facts: Entry
    dataset: Dataset
    settings: Preparation
    store: Path  # the cache of features

    def load(self, tell: Tell) -> tuple[list[Trial], Windows, Swap | None]:
        """Trials, windows and, of calibrated ones, the other class's baselines."""
        if self.settings.standardisation == standardise.PER_SUBJECT:
            wanted = f"{standardise.TRAIN_SUBJECTS}: a fold is scaled by its training trials"
            raise expected("standardisation", self.settings.standardisation, wanted)
        found = cache.trials(self.dataset, self.settings, self.store, tell)
        trials = calibrated(found, self.dataset, self.settings)
        windows = cut(trials, self.settings, self.dataset.layout, len(self.dataset.class_names))
        plain = self.settings.standardisation == standardise.TRAIN_SUBJECTS
        return trials, windows, None if plain else Swap.of(found, windows, self.dataset, self.settings)


def prepare(source: Source, protocols_wanted: Sequence[str], signals: bool, root: Path, tell: Tell) -> Material:
    """Write the material for these protocols, with raw signals or without, unless it is there.

    Its folder in `root` is named by what it is made from, so that a job's arguments say which data it reads.
    """
    trials, windows, swap = source.load(tell)
    content = digest(*(part for t in trials for part in ([t.number, t.label, t.frames.shape], t.frames)))
    key = [content, identity(source.dataset, source.store), asdict(source.facts), asdict(source.settings),
           list(protocols_wanted), signals, hash_sources(CODE)]
    names = [WINDOWS, ABOUT, *(f"folds-{name}.npz" for name in protocols_wanted), *([SIGNALS] if signals else [])]
    out = root / f"material-{digest(key)[:12]}"
    record = Record(out / RECORD, key, lambda: [out / name for name in names])
    if not record.fresh:
        record.run(lambda: _write(source, trials, windows, swap, protocols_wanted, signals, out, tell))
    return Material(out)


def _write(
    source: Source, trials: list[Trial], windows: Windows, swap: Swap | None, names: Sequence[str], signals: bool,
    out: Path, tell: Tell,
) -> None:
    dataset, settings = source.dataset, source.settings
    write_npz(out / WINDOWS, **vars(windows if swap is None else swap.tested(windows, [])[0]))
    counts = {}
    for name in names:
        made = protocols.folds(name, trials, windows, settings, dataset.layout)
        made = made if swap is None else swap.tested(windows, made)[1]
        parts = {f"{part}_{i}": getattr(fold, part) for i, fold in enumerate(made) for part in _PARTS}
        leaky = np.array(any(fold.leaky for fold in made))
        write_npz(out / f"folds-{name}.npz", names=np.array([fold.name for fold in made]), leaky=leaky, **parts)
        counts[name] = len(made)
    if signals:
        _write_signals(source, windows, out / SIGNALS, tell)
    write_json(out / ABOUT, {
        "name": source.facts.name, "signals_hz": source.facts.signals_hz, "simulated": dataset.simulated,
        "source": dataset.source,
        "class_names": dataset.class_names, "shape": dataset.layout.shape,
        "sample_s": dataset.layout.sample_s, "features": feature_names(settings.features),
        "smoothing": settings.smoothing, "subjects": len(dataset.subjects), "trials": len(trials),
        "rest": dataset.rest, "rest_s": settings.apart_s,
        "windows": int(windows.aligned.sum()), "training_windows": len(windows.y), "folds": counts,
        "notes": list(dict.fromkeys(note for trial in trials for note in trial.notes)),
    })


def _write_signals(source: Source, windows: Windows, path: Path, tell: Tell) -> None:
    """Signals of the aligned windows at signals_hz, low-passed, in one .npy; a few windows in memory at a time."""
    signals, numbers = cache.signals(source.dataset, source.store, tell, source.settings.filter)
    if not np.array_equal(numbers, windows.trial[windows.aligned]):
        raise AssertionError("signals and features are not of the same windows")
    sampling_hz, wanted_hz = source.dataset.layout.sampling_hz, source.facts.signals_hz
    common = math.gcd(wanted_hz, sampling_hz)
    up, down = wanted_hz // common, sampling_hz // common
    samples = -(-signals.shape[2] * up // down)
    if samples < SHORTEST:
        length = f"{source.dataset.layout.sample_s:g} s, {samples} values at {wanted_hz} Hz"
        raise expected(f"{source.facts.name}: length of a sample", length, f"at least {SHORTEST}, for EEGNet")
    with atomic_path(path) as temporary:
        made = new_memmap(temporary, np.float32, (*signals.shape[:2], samples))
        for start in range(0, len(signals), CHUNK):
            made[start : start + CHUNK] = resample_poly(signals[start : start + CHUNK], up, down, axis=2)
        made.flush()


def carried(source: Source, wanted: Sequence[str], tell: Tell) -> dict[str, str | None]:
    """Per protocol: None where the data set can carry it, else the reason why not."""
    trials, windows, _ = source.load(tell)
    reasons: dict[str, str | None] = {}
    for name in wanted:
        try:
            protocols.folds(name, trials, windows, source.settings, source.dataset.layout)
            reasons[name] = None
        except UserError as error:
            reasons[name] = str(error)
    return reasons

