"""The one exception a user is meant to see."""

from __future__ import annotations

from typing import Any


class UserError(Exception):
    """Bad input. The CLI prints it as one line, `error: ...`, and exits with 2.

    Messages name the object, what came and what was expected:
    `act0: channels=6 is not a multiple of lanes=4`.
    """


def expected(name: str, got: Any, wanted: str) -> UserError:
    """Build the usual message: `name: got X, expected Y`, on one line."""
    return UserError(" ".join(f"{name}: got {got}, expected {wanted}".split()))
