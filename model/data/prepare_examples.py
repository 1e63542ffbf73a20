"""The data stage of a set of examples: to $OUT/samples.npz and $OUT/dataset.json, as prepare.py does for recordings.

An example is a trial of its own; whoever is seen or heard in it is its subject, so that the protocols of folds/ divide
people here as they do there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from base.errors import expected
from model.data.examples import Examples, Pictures
from model.data.folds import samples
from model.data.folds.protocols import Fold, Parts, check_parts, divided, materialise
from model.data.folds.windows import Windows
from model.data.options import Choice

VALIDATION = 6  # of the training examples of a set with a test set of its own, every so many validate: MNIST's 10,000
SCALED = "training examples, per channel"


@dataclass(frozen=True)
class _Tag:
    """An example as the protocols see it."""

    subject: int
    label: int
    number: int


def prepare(examples: Examples, out: Path, choice: Choice) -> None:
    """Write out/samples.npz and out/dataset.json, as prepare.prepare does for recordings."""
    found = examples.read()
    count, classes = len(found.y), len(examples.class_names)
    if found.x.shape != (count, *examples.shape):
        raise expected(f"{examples.name}: examples", f"shape {found.x.shape}", f"{(count, *examples.shape)}")
    whole = np.ones(count, bool), np.ones(examples.shape[1:], bool)
    windows = Windows(found.x, found.y, found.person, np.arange(count), *whole, classes)
    if found.test is None:
        tags = [_Tag(*(int(value) for value in tag)) for tag in zip(found.person, found.y, range(count), strict=True)]
        (parts,) = divided(choice.protocol, tags, windows, choice)
    else:
        parts = _published(found, classes)
        check_parts("published", parts, windows)
    arrays = materialise(windows, Fold(*parts, *_scaling(found.x[parts[1]])))
    samples.write(out, arrays, _describe(examples, choice, arrays, found))


def _published(found: Pictures, classes: int) -> Parts:
    """The set's own test examples; of the others one in VALIDATION validates, classes spread evenly."""
    assert found.test is not None
    others = np.flatnonzero(~found.test)
    counts = np.bincount(found.y[others], minlength=classes)
    if counts.min() < VALIDATION:
        raise expected("training examples per class", counts.tolist(), f"{VALIDATION} or more, of which one validates")
    train, val = train_test_split(others, test_size=1 / VALIDATION, random_state=0, stratify=found.y[others])
    return "published", np.sort(train), np.sort(val), np.flatnonzero(found.test)


def _scaling(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each channel of x (N, C, H, W), spread over the picture, (C, H, W); 1 for a flat one."""
    mean, deviation = x.mean((0, 2, 3), np.float64, keepdims=True), x.std((0, 2, 3), np.float64, keepdims=True)
    deviation = np.where(deviation == 0, 1.0, deviation)
    return np.broadcast_to(mean[0], x.shape[1:]).copy(), np.broadcast_to(deviation[0], x.shape[1:]).copy()


def _describe(
    examples: Examples, choice: Choice, arrays: dict[str, np.ndarray], found: Pictures
) -> dict[str, Any]:
    return {
        "name": examples.name, "simulated": False, "source": examples.source,
        "shape": (1, *examples.shape[1:]), "features": examples.channels, "standardisation": SCALED,
        **dict.fromkeys(("sampling_hz", "frame_s", "sample_s", "filter", "smoothing")), "bands_hz": {},
        "class_names": examples.class_names, "classes": len(examples.class_names),
        "split": choice.split if found.test is None else "published",
        **samples.parts(arrays), "cautions": examples.cautions, "notes": found.notes,
    }
