"""The data stage: recordings of a dataset to $OUT/samples.npz and $OUT/dataset.json."""

from __future__ import annotations

from pathlib import Path

from flow.errors import expected
from model.data import eegmat, samples, simulated, splits
from model.data.features import DEFAULT_FEATURES, feature_names
from model.data.recording import Dataset
from model.data.smoothing import check_smoothing
from model.data.standardise import TRAIN_SUBJECTS, check_standardisation

DATASETS = ("eegmat", "simulated")
TRAIN_STRIDE = 1  # frames: training windows overlap by 3 of 4 frames, an augmentation

__all__ = ["DATASETS", "DEFAULT_FEATURES", "TRAIN_STRIDE", "load", "prepare"]


def load(name: str, root: Path | None) -> Dataset:
    """Read dataset `name` from the folder `root`; simulated EEG needs none. UserError on another name."""
    if name == "eegmat":
        return eegmat.load(root)
    if name == "simulated":
        return simulated.load()
    raise expected("DATASET", name, "one of " + ", ".join(DATASETS))


def prepare(
    name: str,
    root: Path | None,
    out: Path,
    test_subjects: str | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    smoothing: str = "smoother",
    standardisation: str = TRAIN_SUBJECTS,
    train_stride: int = TRAIN_STRIDE,
) -> None:
    """Write out/samples.npz and out/dataset.json for dataset `name` in the folder `root`.

    test_subjects: `18-23` or `3,7,20-22`; None takes the fixed split of splits.split_subjects. There is no
    seed: simulated EEG has one of its own, so that a run's SEED changes its training and nothing else. Raises
    UserError on bad settings (before anything is read) and on bad data.
    """
    feature_names(features)
    check_smoothing(smoothing)
    check_standardisation(standardisation)
    if train_stride < 1:
        raise expected("train_stride", train_stride, "at least 1 frame")
    if test_subjects is not None:
        splits.parse_subjects(test_subjects)
    dataset = load(name, root)
    split = splits.split_subjects({recording.subject for recording in dataset.recordings}, test_subjects)
    settings = samples.Settings(features, smoothing, standardisation, train_stride)
    made = samples.assemble(dataset, split, settings)
    samples.write(out, made, samples.describe(dataset, split, settings, made))
