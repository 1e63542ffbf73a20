"""What a data set is, as one hash: of a run's samples, of the cache's entries and of a study's material.

It holds the data set's name, source and classes, the layout, what load() read (Dataset.parameters) and the contents of
every file that Dataset.files names, wherever it lies: a data set can be moved, and a link leads to what it points at.

Data files are hashed whole, in pieces. files.json remembers a file's hash under its path, size and time of change
(mtime), so that one that has not changed is read once, not on every run. This means: a change that keeps a file's
size and puts its time back is not seen (delete the cache after one). A file changed less than 2 s ago is hashed
again, since another change could have the same time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from base.files import read_json, write_json
from base.records import digest, file_hash
from model.data.examples import Examples
from model.data.recording import Dataset

_UNSETTLED_NS = 2 * 10**9  # two changes of a file this close together may carry the same time


class Hashes:
    """SHA-256 of files; those that have not changed since they were last hashed are not read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "files.json"
        try:
            self._known: dict[str, Any] = dict(read_json(self._path))
        except (OSError, ValueError, TypeError):
            self._known = {}

    def __call__(self, path: Path) -> str:
        name, status = str(path.resolve()), path.stat()
        state = [status.st_size, status.st_mtime_ns]
        match self._known.get(name):
            case [size, mtime_ns, str(sha)] if [size, mtime_ns] == state:
                return sha
        settled = time.time_ns() - status.st_mtime_ns > _UNSETTLED_NS
        sha = file_hash(path)
        if settled:
            self._known[name] = [*state, sha]
            write_json(self._path, self._known)
        return sha


def identity(dataset: Dataset | Examples, folder: Path) -> str:
    """64 hexadecimal digits of the whole data set; `folder`: the cache, which knows hashes of files.

    Files that are not known, or that cannot be read, which the reader will tell, count as none.
    """
    if isinstance(dataset, Examples):
        hashes = Hashes(folder)
        try:
            contents = [hashes(path) for path in dataset.files]
        except OSError:
            contents = []
        return digest([dataset.name, dataset.source, dataset.class_names, dataset.shape, dataset.parameters, contents])
    return digest([_described(dataset), dataset.subjects, identity_of(dataset, dataset.subjects, Hashes(folder))])


def identity_of(dataset: Dataset, subjects: Iterable[int], hashes: Hashes) -> list[Any] | None:
    """The identity with these subjects alone, as JSON; None where it is not known what they are read from."""
    if dataset.files is None:
        return None
    try:
        contents = [[subject, [hashes(path) for path in dataset.files(subject)]] for subject in subjects]
    except OSError:
        return None
    return [_described(dataset), contents]


def _described(dataset: Dataset) -> list[Any]:
    return [dataset.name, dataset.simulated, dataset.source, dataset.class_names, asdict(dataset.layout),
            dataset.parameters]
