"""The exceptions a user is meant to see."""

from __future__ import annotations

from typing import Any


class UserError(Exception):
    """Bad input. The CLI prints it as one line, `error: ...`, and exits with 2.

    Messages name the object, what came and what was expected:
    `act0: channels=6 is not a multiple of lanes=4`.
    """


class ToolError(RuntimeError):
    """A program that was called, or the design that it simulated, failed.

    line: what the CLI prints, exiting with 2. words: the program's own, which only a traceback shows.
    """

    def __init__(self, line: str, words: str = "") -> None:
        super().__init__(line, words)
        self.line = " ".join(line.split())
        self.words = words

    def __str__(self) -> str:
        return f"{self.line}\n{self.words}".strip()


def expected(name: str, got: Any, wanted: str) -> UserError:
    """Build the usual message: `name: got X, expected Y`, on one line."""
    return UserError(" ".join(f"{name}: got {got}, expected {wanted}".split()))


def one_line(error: BaseException) -> str | None:
    """What a user is told of this exception; None where it is a defect, whose traceback is wanted."""
    match error:
        case UserError():
            return " ".join(str(error).split())
        case ToolError():
            return error.line
        case OSError(filename=str() | bytes() as name, strerror=str(reason)):
            return f"{name if isinstance(name, str) else name.decode(errors='replace')}: {reason}"
    return None
