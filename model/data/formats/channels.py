"""Electrodes by name in a file's labels: exactly as asked for, else under the usual other spellings of one name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from base.errors import expected

_PREFIX = re.compile(r"^EEG[\s:_-]*(?=\S)", re.IGNORECASE)
# References that all electrodes of a recording share: linked ears, unnamed, average. Another one must be asked for.
_REFERENCE = re.compile(r"\s*[-:]\s*(LE|REF|AR|AVG)$", re.IGNORECASE)
# The 10-20 system's names in the 10-10 system.
_RENAMED = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}
_SHOWN = 40  # labels of a file in an error


def plain(label: str) -> str:
    """The electrode's name alone: no `EEG `, no `-LE` or `-REF`, no dots after it (PhysioNet's `Fc5.`)."""
    return _REFERENCE.sub("", _PREFIX.sub("", label.strip())).strip().rstrip(".").strip() or label.strip()


def site(label: str) -> str:
    """What all names of one place on the scalp have in common."""
    name = plain(label).upper()
    return _RENAMED.get(name, name)


def check_distinct(names: Sequence[str], where: str) -> None:
    """UserError, naming `where` and both, if two of the names mean the same electrode."""
    seen: dict[str, str] = {}
    for name in names:
        if site(name) in seen:
            raise expected(where, f"{seen[site(name)]} and {name}, the same electrode", "each electrode once")
        seen[site(name)] = name


def find(labels: Sequence[str], electrodes: Sequence[str], path: Path) -> list[int | None]:
    """Each electrode's place in a file's labels; None where it has none.

    A label that is exactly the electrode's name comes first, then one of the same site. Raises UserError where there
    are several, naming them.
    """
    stripped, sites = [label.strip() for label in labels], [site(label) for label in labels]
    places: list[int | None] = []
    for electrode in electrodes:
        exact = [i for i, label in enumerate(stripped) if label == electrode.strip()]
        found = exact or [i for i, name in enumerate(sites) if name == site(electrode)]
        if len(found) > 1:
            both = " and ".join(f"{stripped[i]} (signal {i + 1})" for i in found)
            raise expected(f"{path}: channels", f"{both} for {electrode}", "one")
        places.append(found[0] if found else None)
    return places


def pick(labels: Sequence[str], electrodes: Sequence[str], path: Path) -> list[int]:
    """find, and UserError with the file's labels where an electrode has none."""
    places = find(labels, electrodes, path)
    if missing := [name for name, place in zip(electrodes, places, strict=True) if place is None]:
        shown = ", ".join(label.strip() for label in labels[:_SHOWN]) + (", …" if len(labels) > _SHOWN else "")
        raise expected(f"{path}: channels", f"none for {' '.join(missing)} (it has {shown or 'no channels'})",
                       "every electrode")
    return [place for place in places if place is not None]
