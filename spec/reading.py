"""spec.json and params.npz as they lie on a disk: nothing in them is believed before it is checked."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError, expected
from base.files import read_json, read_npz
from base.records import digest

SPEC, PARAMS = "spec.json", "params.npz"
MOST_BYTES = 1 << 27  # of params.npz, unpacked: some hundred times what a chip of this size holds
# What a unit's integers can be, by the last word of their names; the others are sizes.
_RANGES = {"bits": (1, 64), "shift": (-64, 64), "exponent": (-64, 64), "min": (-(2**31), 2**31 - 1),
           "margin": (0, 2**32)}
_SIZES = (1, 2**20)
_MOST = 2**40  # of a weight or bias: no sum of them is too large for 64 bits
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def content_digest(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over a spec's document (its date and its digest left out) and arrays, 64 hex digits."""
    covered = {key: value for key, value in document.items() if key not in ("date", "digest")}
    named = (part for key, array in sorted(arrays.items())
             for part in (f"{key} {array.dtype.str} {array.shape}".encode(), array))
    return digest(covered, *named)


def read(folder: Path, form: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Document and arrays, whole and as they were written. Raises UserError naming the file that is not."""
    path = folder / SPEC
    try:
        document = read_json(path)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: no readable spec ({error})") from error
    if not isinstance(document, dict):
        raise expected(str(path), type(document).__name__, "an object")
    found, date = document.pop("digest", None), document.get("date")
    if document.get("format") != form:
        raise expected(f"{path}: format", document.get("format"), str(form))
    if not isinstance(date, str) or not _DATE.fullmatch(date):
        raise expected(f"{path}: date", date, "YYYY-MM-DD, or empty")
    try:
        arrays = read_npz(folder / PARAMS, MOST_BYTES)
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / PARAMS}: no readable parameters ({error})") from error
    for name, array in arrays.items():
        if array.dtype != np.int64 or not array.size:
            raise expected(f"{folder / PARAMS}: {name}", f"{array.dtype}, {array.size} values", "int64, at least one")
        if array.min() < -_MOST or array.max() > _MOST:
            raise expected(f"{folder / PARAMS}: {name}", f"{array.min()} … {array.max()}", f"at most {_MOST}")
    if content_digest(document, arrays) != found:
        raise expected(f"{folder}: digest of {SPEC} and {PARAMS}", content_digest(document, arrays)[:8],
                       str(found)[:8])
    return document, arrays


def checked_unit(path: Path, entry: Any, kinds: dict[str, type[Any]], arrays: dict[str, np.ndarray]) -> Any:
    """A unit from its entry in spec.json and its arrays. Raises UserError on a wrong key, type or range."""
    if not isinstance(entry, dict) or entry.get("kind") not in list(kinds):
        raise expected(f"{path}: kind of a unit", entry.get("kind") if isinstance(entry, dict) else entry,
                       ", ".join(kinds))
    kind = kinds[entry["kind"]]
    types = {field.name: field.type for field in fields(kind) if field.name not in kind.arrays}
    values = {key: value for key, value in entry.items() if key != "kind"}
    where = f"{path}: {entry.get('name', entry['kind'])}"
    if set(values) != set(types):
        raise expected(where, ", ".join(map(str, values)), ", ".join(types))
    for name, value in values.items():
        if type(value).__name__ != types[name]:
            raise expected(f"{where}.{name}", repr(value)[:80], f"{types[name]}")
        if type(value) is str and not _NAME.fullmatch(value):  # it names files and instances
            raise expected(f"{where}.{name}", repr(value)[:80], "letters, digits and _")
        low, high = _RANGES.get(name.split("_")[-1], _SIZES)
        if type(value) is int and not low <= value <= high:
            raise expected(f"{where}.{name}", value, f"{low} … {high}")
    names = {name: f"{entry['name']}.{name}" for name in kind.arrays}
    if missing := [name for name in names.values() if name not in arrays]:
        raise expected(f"{path.with_name(PARAMS)}", "no " + ", ".join(missing), "the arrays of every unit")
    try:
        return kind(**values, **{name: arrays[stored] for name, stored in names.items()})
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
