"""Cases of one kind: some in every run of the tests, the others in `make nightly`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], always: Iterable[Any]) -> list[Any]:
    """All the cases as parameters; those that are not in `always` are marked long."""
    kept = list(always)

    def long(case: Any) -> Any:
        return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.long)

    return [case if case in kept else long(case) for case in cases]
