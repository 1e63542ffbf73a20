"""One fault of the RTL, as the lists in mutants_shell.py and mutants_units.py give them to mutants.py."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One fault. `at` is a text of the source, «» mark the expression or statement that `new` replaces."""

    unit: str
    name: str
    at: str
    new: str
    equivalent: str = ""  # why it changes nothing on the pins, where that is so

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands before the marked text, that text, and what stands after it."""
        before, marked, after = re.split("[«»]", self.at) if "«" in self.at else ("", self.at, "")
        return before, marked, after


def unreset(unit: str, *statements: str, same: str = "") -> list[Mutant]:
    """Each statement of a reset left out; `same`: why that changes nothing, if it does not."""
    mutants = [Mutant(unit, "", at, ";", same) for at in statements]
    return [Mutant(unit, f"no reset: {m.parts[1].split()[0]}", m.at, ";", same) for m in mutants]
