"""The data stage: recordings of a dataset to $OUT/samples.npz and $OUT/dataset.json."""

from __future__ import annotations

from pathlib import Path

from base.errors import expected
from base.progress import Tell, silent
from model.data import cache
from model.data.folds import samples, splits
from model.data.folds.standardise import check_standardisation
from model.data.recording import Preparation
from model.data.registry import load
from model.data.signal.features import feature_names
from model.data.signal.smoothing import check_smoothing
from model.data.trials import extract


def prepare(
    name: str,
    root: Path | None,
    out: Path,
    test_subjects: str | None = None,
    features: tuple[str, ...] | None = None,
    smoothing: str | None = None,
    standardisation: str | None = None,
    train_stride: int | None = None,
    cache_folder: Path | None = None,
    tell: Tell = silent,
) -> None:
    """Write out/samples.npz and out/dataset.json for dataset `name` in the folder `root`.

    test_subjects: `18-23` or `3,7,20-22`; None takes the fixed split of splits.split_subjects. features,
    smoothing, standardisation, train_stride: None takes the data set's own (Dataset.settings). There is no
    seed: simulated EEG has one of its own, so that a run's SEED changes its training and nothing else.
    cache_folder: where features are kept for the next run (cache.py); None keeps none. tell(done, total, note):
    progress, in subjects. Raises UserError on bad settings (before anything is read) and on bad data.
    """
    if features is not None:
        feature_names(features)
    if smoothing is not None:
        check_smoothing(smoothing)
    if standardisation is not None:
        check_standardisation(standardisation)
    if train_stride is not None and train_stride < 1:
        raise expected("train_stride", train_stride, "at least 1 frame")
    if test_subjects is not None:
        splits.parse_subjects(test_subjects)
    dataset = load(name, root)
    split = splits.split_subjects(set(dataset.subjects), test_subjects)
    own = dataset.settings
    settings = Preparation(
        features or own.features,
        smoothing or own.smoothing,
        standardisation or own.standardisation,
        train_stride or own.train_stride,
    )
    trials = extract(dataset, settings) if cache_folder is None else cache.trials(dataset, settings, cache_folder, tell)
    made = samples.arrange(trials, split, settings, dataset.layout)
    samples.write(out, made, samples.describe(dataset, split, settings, made, trials))
