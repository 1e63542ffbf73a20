"""A run that live use can follow, without a training: samples of small EEG, and a random network for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from eeg_files import noise
from own_files import describe
from synthetic import make_spec

from base.files import read_json
from live.chip import golden_model
from live.network import Network
from live.pipeline import Chunk, Pipeline, Result
from model.data.options import Changes, Choice
from model.data.prepare import prepare

NAMES = ("Fp1", "Fp2", "Cz", "O1", "O2")
HEAD = """name = "office"
class_names = ["rest", "work"]
rest = "rest"
sampling_hz = {rate}
{more}sample_s = 1.5
frames_per_sample = {frames}
electrodes = ["Fp1", "Fp2", "Cz", "O1", "O2"]
grid = [["Fp1", "", "Fp2", ""], ["", "Cz", "", ""], ["O1", "", "O2", ""]]
features = {features}
"""
CAUSAL = Changes(filter="causal", smoothing="causal")


def write_folder(folder: Path, rate: int = 250, to_hz: int | None = 128, seconds: float = 9, frames: int = 9,
                 features: str = '["pse", "de"]', subjects: int = 5) -> Path:
    """Recordings of noise with an offset, one of each class and subject; resampled to to_hz, or not."""
    folder.mkdir(parents=True)
    trials = []
    for subject in range(subjects):
        for label in ("rest", "work"):
            signal = 300 + noise(2 * subject + (label == "work"), seconds, rate, channels=5)
            np.savez(folder / f"{subject}-{label}.npz", signal=signal, sampling_hz=rate)
            trials.append(f'file = "{subject}-{label}.npz"\nsubject = {subject}\nlabel = "{label}"\n')
    more = f"resample_hz = {to_hz}\n" if to_hz else ""
    return describe(folder, *trials, head=HEAD.format(rate=rate, more=more, frames=frames, features=features))


def make_run(root: Path, out: Path, changes: Changes = CAUSAL) -> Path:
    """What `make lower` leaves of a data set, as far as live use reads it; the spec's folder."""
    prepare("folder", root, out, Choice(test="3,4"), changes)
    said = read_json(out / "dataset.json")
    frames, height, width = said["shape"]
    spec = make_spec(channels=frames * len(said["features"]), height=height, width=width, blocks=(8, 6), hidden=(12, 8))
    folder = out / "quant" / "int8-seed0"
    spec.save(folder)
    return folder


def network(folder: Path, changes: Changes = CAUSAL, **head: object) -> Network:
    root = write_folder(folder / "data", **head)  # type: ignore[arg-type]
    return Network.load(folder / "out", make_run(root, folder / "out", changes))


def pipeline(known: Network, raw_hz: float = 250) -> Pipeline:
    return Pipeline(known, raw_hz, golden_model(known.spec))


def push(line: Pipeline, signal: np.ndarray, broken: str = "", block: int = 32) -> list[Result]:
    """The results of a signal (electrodes, n) in blocks; broken: before the first."""
    results: list[Result] = []
    for start in range(0, signal.shape[1], block):
        results += line.push(Chunk(signal[:, start : start + block], 0.0, broken=broken if start == 0 else ""))
    return results
