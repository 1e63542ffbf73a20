"""MATLAB files, v5 to v7 (scipy) and v7.3, which is HDF5 (h5py), read alike: by name, as NumPy arrays.

A value is found by a path: a name for a variable or a field of a struct, a number from 0 for a cell (or an element
of a struct array) in MATLAB's column-major order. Arrays come in MATLAB's shape; v7.3 stores them transposed.
v5 is read variable by variable, and each is kept; v7.3 is read value by value, and nothing is kept or left open.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import h5py
import numpy as np
import scipy.io
from scipy.io.matlab import MatReadError, mat_struct, matfile_version

from base.errors import UserError, expected
from model.data.formats import mat5

_V5 = 1  # what scipy calls the format of v5, v6 and v7 files; 0 is v4, 2 is v7.3
# What scipy and h5py raise on files that are cut short or damaged; a NameError is scipy's own, of an odd class.
_DAMAGE = (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, RuntimeError, MemoryError,
           OverflowError, NotImplementedError, MatReadError, zlib.error, struct.error,
           NameError, Warning)
_DEFLATED = 1032  # the most bytes that deflate makes one of
Step = str | int
T = TypeVar("T")


class MatFile:
    """A MATLAB file. Raises UserError on anything that is not one. `with` lets go of v5 variables at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._loaded: dict[str, Any] = {}
        if not path.is_file():
            raise expected("file", f"no {path}", "a MATLAB file")
        self._is_hdf5 = bool(h5py.is_hdf5(path))
        if not self._is_hdf5:
            self._check_v5()
        self.names: list[str] = self._guard(self._list)

    def __enter__(self) -> MatFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loaded.clear()

    def read(self, *path: Step) -> np.ndarray:
        """The numeric array at `path`. Raises UserError on a missing name and on what is not numeric."""
        return self._convert(path, _numeric, "a numeric array")

    def text(self, *path: Step) -> str:
        """The character array at `path`."""
        return self._convert(path, _text, "text")

    def length(self, *path: Step) -> int:
        """How many cells the cell array at `path` has."""
        return self._convert(path, _cell_count, "a cell array")

    def _list(self) -> list[str]:
        if not self._is_hdf5:
            names = [name for name in mat5.variables(self.path) if name]
            twice = [name for place, name in enumerate(names) if name in names[:place]]
            if twice:
                raise expected(f"{self.path}: variables", f"two named {twice[0]}", "every name once")
            return names
        with h5py.File(self.path, "r") as file:
            return [name for name in file if not name.startswith("#")]  # "#refs#" holds cells

    def _check_v5(self) -> None:
        version = self._guard(lambda: matfile_version(str(self.path)))[0]
        if version != _V5:
            raise expected(f"{self.path}: format", "MATLAB v4" if version == 0 else "v7.3 that is damaged or truncated",
                           "MATLAB v5, v6, v7 or v7.3")

    def _convert(self, path: tuple[Step, ...], convert: Callable[[Any], T | None], wanted: str) -> T:
        """Walk down `path` and convert what is there; None from `convert` means it is something else."""
        name = str(path[0])
        if name not in self.names:
            raise expected(f"{self.path}: variables", ", ".join(self.names) or "none", f"one named {name}")
        if not self._is_hdf5:
            if name not in self._loaded:
                self._loaded[name] = self._guard(lambda: self._load_v5(name))
            return self._guard(lambda: self._walk(self._loaded[name], path, _step_v5, convert, wanted))

        def within() -> T:
            with h5py.File(self.path, "r") as file:
                return self._walk(file[name], path, partial(_step_hdf5, file), convert, wanted)

        return self._guard(within)

    def _load_v5(self, name: str) -> Any:
        mat5.check(self.path, name)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what scipy only warns about, such as a variable it cannot read
            return scipy.io.loadmat(self.path, variable_names=[name], struct_as_record=False)[name]

    def _walk(
        self, value: Any, path: tuple[Step, ...], step_down: Callable[[Any, Step], Any],
        convert: Callable[[Any], T | None], wanted: str,
    ) -> T:
        for depth, step in enumerate(path[1:], start=1):
            try:
                value = step_down(value, step)
            except _Absent as error:
                raise expected(self._spell(path[:depth]), error.args[0], f"{_spell_step(step)} in it") from None
        converted = convert(value)
        if converted is None:
            raise expected(self._spell(path), _kind(value), wanted)
        return converted

    def _guard(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except _DAMAGE as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{self.path}: not a readable MATLAB file, damaged or truncated: {reason}") from error

    def _spell(self, path: tuple[Step, ...]) -> str:
        return f"{self.path}: {path[0]}" + "".join(
            f"{{{step + 1}}}" if isinstance(step, int) else f".{step}" for step in path[1:]
        )


class _Absent(LookupError):
    """No such field or cell; the argument says what there is."""


def _step_v5(value: Any, step: Step) -> Any:
    if isinstance(step, int):
        if not isinstance(value, np.ndarray) or value.dtype != object:
            raise _Absent(_kind(value))
        if step >= value.size:
            raise _Absent(f"{value.size} cells")
        return value.ravel(order="F")[step]
    if isinstance(value, np.ndarray) and value.dtype == object and value.size == 1:
        value = value.item()  # a struct is a 1x1 struct array
    if not isinstance(value, mat_struct):
        raise _Absent(_kind(value))
    if step not in value._fieldnames:
        raise _Absent("fields " + ", ".join(value._fieldnames))
    return getattr(value, step)


def _step_hdf5(file: h5py.File, value: Any, step: Step) -> Any:
    if isinstance(step, int):
        if not _holds_references(value):
            raise _Absent(_kind(value))
        if step >= value.size:
            raise _Absent(f"{value.size} cells")
        # MATLAB's column-major order is the row-major one of the transposed array that is stored.
        return file[value[np.unravel_index(step, value.shape)]]
    if not isinstance(value, h5py.Group):
        raise _Absent(_kind(value))
    if step not in value:
        raise _Absent("fields " + ", ".join(value))
    return value[step]


def _stored(value: h5py.Dataset) -> np.ndarray:
    """The values of a dataset. ValueError where the file has fewer: HDF5 would make zeros of what was never written."""
    claimed, stored = value.size * value.dtype.itemsize, value.id.get_storage_size()
    if claimed > _DEFLATED * stored:
        raise ValueError(f"{claimed} bytes claimed, {stored} stored")
    return np.asarray(value[()])


def _numeric(value: Any) -> np.ndarray | None:
    if isinstance(value, h5py.Dataset) and value.attrs.get("MATLAB_class") != b"char":
        if value.attrs.get("MATLAB_empty"):
            sizes = tuple(int(size) for size in _stored(value))  # an empty array's sizes are stored instead
            if 0 not in sizes:
                raise ValueError(f"an empty array of shape {sizes}")
            return np.empty(sizes)
        value = np.asarray(_stored(value)).T
    return value if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" else None


def _text(value: Any) -> str | None:
    if isinstance(value, h5py.Dataset) and value.attrs.get("MATLAB_class") == b"char":
        return "".join(map(chr, _stored(value).ravel()))
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return str(value.item()) if value.size == 1 else None
    return None


def _cell_count(value: Any) -> int | None:
    cells = value.dtype == object if isinstance(value, np.ndarray) else _holds_references(value)
    return int(value.size) if cells else None


def _holds_references(value: Any) -> bool:
    return isinstance(value, h5py.Dataset) and h5py.check_ref_dtype(value.dtype) is h5py.Reference


def _kind(value: Any) -> str:
    """What a value is, for a message."""
    if isinstance(value, mat_struct | h5py.Group):
        return "a struct"
    if isinstance(value, np.ndarray) and value.dtype == object:
        structs = value.size == 1 and isinstance(value.item(), mat_struct)
        return "a struct" if structs else f"{value.size} cells"
    if _holds_references(value):
        return f"{value.size} cells"
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return "text"
    return f"an array of {value.dtype}" if hasattr(value, "dtype") else type(value).__name__


def _spell_step(step: Step) -> str:
    return f"cell {step + 1}" if isinstance(step, int) else f"a field named {step}"
