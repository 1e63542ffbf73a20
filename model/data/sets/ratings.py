"""Classes from people's own ratings of a film: low up to the middle of the scale, high above it."""

from __future__ import annotations

import numpy as np

from base.errors import expected

CLASS_NAMES = ("low", "high")


def labels_of(ratings: np.ndarray, threshold: float, scale: tuple[float, float], name: str) -> list[int]:
    """0 for a rating up to and including `threshold`, 1 above it. (trials,) -> one label per trial.

    `name` says in errors whose ratings they are. Raises UserError on a rating that is not on the scale.
    """
    low, high = scale
    outside = ratings[~((ratings >= low) & (ratings <= high))]  # written so that NaN is outside
    if outside.size:
        raise expected(name, f"a rating of {outside[0]:g}", f"{low:g} … {high:g}")
    return [int(rating > threshold) for rating in ratings]
