"""The data stage: recordings of a dataset to $OUT/samples.npz and $OUT/dataset.json."""

from __future__ import annotations

from pathlib import Path

from base.progress import Tell, silent
from model.data import cache, examples, prepare_examples
from model.data.examples import Examples
from model.data.folds import samples, splits
from model.data.folds.calibration import calibrated
from model.data.folds.protocols import folds, materialise
from model.data.folds.windows import cut
from model.data.options import UNCHANGED, USUAL, Changes, Choice
from model.data.registry import load
from model.data.trials import extract


def prepare(
    name: str,
    root: Path | None,
    out: Path,
    choice: Choice = USUAL,
    changes: Changes = UNCHANGED,
    cache_folder: Path | None = None,
    tell: Tell = silent,
) -> None:
    """Write out/samples.npz and out/dataset.json for dataset `name` in the folder `root`.

    choice: who trains and who is tested. changes: what is not done as the data set's own settings say. There is no
    seed: simulated EEG has one of its own, so that a run's SEED changes its training and nothing else.
    cache_folder: where features are kept for the next run (cache.py); None keeps none. tell(done, total, note):
    progress, in subjects. Raises UserError on bad settings (before anything is read) and on bad data.
    """
    choice.check()
    changes.check()
    dataset = load(name, root)
    if isinstance(dataset, Examples):
        examples.check(dataset, choice, changes)
        prepare_examples.prepare(dataset, out, choice)
        return
    layout = dataset.layout
    settings = changes.of(dataset.settings, layout)
    if choice.split == splits.BY_SUBJECT:  # wrong ones are told before any is read
        splits.split_subjects(dataset.subjects, choice.test, choice.validation)
    trials = extract(dataset, settings) if cache_folder is None else cache.trials(dataset, settings, cache_folder, tell)
    trials = calibrated(trials, dataset, settings)
    windows = cut(trials, settings, layout, len(dataset.class_names))
    (fold,) = folds(choice.protocol, trials, windows, settings, layout, choice)
    arrays = materialise(windows, fold)
    samples.write(out, arrays, samples.describe(dataset, choice, settings, arrays, trials))
