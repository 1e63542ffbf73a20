"""What every job of a study reads: the windows of a data set and the folds of a protocol, on disk once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from flow.errors import UserError
from flow.files import atomic_path, read_json, read_npz, write_json, write_npz
from model.data import cache, protocols
from model.data.features import feature_names
from model.data.protocols import Fold
from model.data.recording import Dataset, Settings
from model.data.windows import Windows, cut
from model.lsnnet import LSNNetConfig

WINDOWS, SIGNALS, ABOUT = "windows.npz", "signals.npy", "about.json"
SIGNALS_HZ = 64  # of EEGNet's input: on validation subjects of EEGMAT better than 128, and a third of the time
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
        """Raw signals at SIGNALS_HZ, (aligned windows, electrodes, samples), in the windows' order; a memmap."""
        return np.load(self.folder / SIGNALS, mmap_mode="r", allow_pickle=False)


def prepare(
    dataset: Dataset, settings: Settings, names: Sequence[str], out: Path, store: Path, tell: cache.Tell
) -> Material:
    """Write the material for the protocols `names` into `out`; features come from the cache folder `store`."""
    trials = cache.trials(dataset, settings, store, tell)
    windows = cut(trials, settings, dataset.layout)
    write_npz(out / WINDOWS, **vars(windows))
    counts = {}
    for name in names:
        made = protocols.folds(name, trials, windows, dataset.layout)
        parts = {f"{part}_{i}": getattr(fold, part) for i, fold in enumerate(made) for part in _PARTS}
        leaky = np.array(any(fold.leaky for fold in made))
        write_npz(out / f"folds-{name}.npz", names=np.array([fold.name for fold in made]), leaky=leaky, **parts)
        counts[name] = len(made)
    signals, _ = cache.signals(dataset, store, tell)
    _write_resampled(signals, dataset.layout.sampling_hz, out / SIGNALS)
    write_json(out / ABOUT, {
        "name": dataset.name, "simulated": dataset.simulated, "source": dataset.source,
        "class_names": dataset.class_names, "shape": dataset.layout.shape, "features": feature_names(settings.features),
        "smoothing": settings.smoothing, "subjects": len(dataset.subjects), "trials": len(trials),
        "windows": int(windows.aligned.sum()), "training_windows": len(windows.y), "folds": counts,
    })
    return Material(out)


def _write_resampled(signals: np.ndarray, sampling_hz: int, path: Path) -> None:
    """Signals (N, electrodes, samples) at SIGNALS_HZ, low-passed, in one .npy; a few windows in memory at a time."""
    common = math.gcd(SIGNALS_HZ, sampling_hz)
    up, down = SIGNALS_HZ // common, sampling_hz // common
    samples = -(-signals.shape[2] * up // down)
    with atomic_path(path) as temporary:
        made = np.lib.format.open_memmap(temporary, "w+", np.float32, (*signals.shape[:2], samples))
        for start in range(0, len(signals), CHUNK):
            made[start : start + CHUNK] = resample_poly(signals[start : start + CHUNK], up, down, axis=2)
        made.flush()


def carried(
    dataset: Dataset, settings: Settings, wanted: Sequence[str], store: Path, tell: cache.Tell
) -> dict[str, str | None]:
    """Per protocol: None where the data set can carry it, else the reason why not."""
    trials = cache.trials(dataset, settings, store, tell)
    windows = cut(trials, settings, dataset.layout)
    reasons: dict[str, str | None] = {}
    for name in wanted:
        try:
            protocols.folds(name, trials, windows, dataset.layout)
            reasons[name] = None
        except UserError as error:
            reasons[name] = str(error)
    return reasons

