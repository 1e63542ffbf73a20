"""Rows of accuracy.json: one classifier on the test subjects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def row(
    key: str, label: str, bits: int | None, seeds: Sequence[int], results: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """results: model.evaluate.score of each of `seeds`, or the only one where there is no seed.

    Of several, the first one's metrics and confusion: it is the one that is built.
    """
    return {"key": key, "label": label, "bits": bits, "seeds": list(seeds), "metrics": results[0]["metrics"],
            "confusion": results[0]["confusion"], "balanced": [result["metrics"]["balanced"] for result in results],
            "by_subject": [result["by_subject"] for result in results]}
