"""Outputs appear under their final name only when they are whole."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from base.processes import if_ended

PART = ".part-"  # begins the name of what is not whole yet


@contextmanager
def atomic_path(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there if the block ends well, delete it if not.

    The temporary name keeps the suffix, since numpy and torch choose formats by it.
    """
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=PART, suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        remove = partial(temporary.unlink, missing_ok=True)
        with if_ended(remove):
            try:
                yield temporary
                os.chmod(temporary, mode)
                os.replace(temporary, path)
            finally:
                remove()


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """Yield a temporary folder, in `parent` or where the system has such; it is gone after the block."""
    with _named(parent or Path(tempfile.gettempdir())):
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=PART))
        remove = partial(shutil.rmtree, folder, ignore_errors=True)
        with if_ended(remove):
            try:
                yield folder
            finally:
                remove()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let what the system says against writing, a full disk above all, name `path`.

    Such errors often come without a name, with that of a temporary file, or hidden behind a library's own error.
    """
    try:
        yield
    except Exception as error:
        cause = _of_system(error)
        if cause is None or not (cause.filename is None or PART in str(cause.filename)):
            raise
        raise OSError(cause.errno, cause.strerror, str(path)) from error


def _of_system(error: BaseException | None) -> OSError | None:
    """The first error of the system among `error` and what led to it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        error = error.__cause__ or error.__context__
    return None


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_sealed(path: Path, data: bytes | memoryview) -> None:
    """Write data and its SHA-256 after it, which those who read zip files do not mind."""
    write_bytes(path, bytes(data) + hashlib.sha256(data).digest())


def read_sealed(path: Path) -> bytes | None:
    """What write_sealed has written; None where it is not there or not whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    size = hashlib.sha256().digest_size
    data, seal = content[:-size], content[-size:]
    return data if hashlib.sha256(data).digest() == seal else None


def write_text(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        # ndarray keywords only: nothing is pickled, and allow_pickle is off on reading too.
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def new_memmap(path: Path, dtype: np.dtype | type, shape: tuple[int, ...]) -> np.memmap:
    """A new .npy of zeros, to be written in place. Its room is taken now: to a full disk, one written in place dies."""
    array: np.memmap = np.lib.format.open_memmap(path, "w+", dtype, shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def read_npz(path: Path, most_bytes: int | None = None) -> dict[str, np.ndarray]:
    """The arrays of an npz. Raises OSError where it cannot be read, ValueError where it is damaged.

    Headers are compared with the sizes of what they head before room is made for it. most_bytes: of all arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if most_bytes is not None and total > most_bytes:
                raise ValueError(f"{total} bytes of arrays, expected at most {most_bytes}")
            return {member.filename.removesuffix(".npy"): _read_array(archive, member) for member in members}
    except OSError as error:
        if error.filename is None:
            raise ValueError(f"{path}: damaged ({error})") from error
        raise
    except Exception as error:  # zipfile, zlib, lzma and numpy raise many kinds on damaged files
        raise ValueError(f"{path}: damaged ({error})") from error


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = head(file)
        if dtype.hasobject or file.tell() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{member.filename}: {shape} of {dtype} in {member.file_size} bytes")
        file.seek(0)
        array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # at the end the sum of what was read is compared
        return array
