"""Arrays out of a pickle whose sender is not trusted: a dictionary of numeric NumPy arrays and nothing else.

A pickle is a program that may call anything it can name. This reader lets it name three things, the ones that
NumPy's arrays are made of, and answers each with a stand-in of this module that only takes notes; any other name is
an error before it is looked up. The arrays are made afterwards from the notes, checked. So nothing of the file is
executed, and NumPy's own restoring code never sees unchecked input.

Python 2 wrote such files (DEAP's): its byte strings come as text in latin-1, one character per byte.
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from base.errors import UserError, expected

_TYPES = ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
# What pickle raises on a damaged file; the last five are its answers to malformed operands.
_DAMAGE = (pickle.UnpicklingError, EOFError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError,
           MemoryError, OverflowError, RecursionError)


class _Dtype:
    """numpy.dtype(code, align, copy), and its state (version, byte order, ...)."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in _TYPES:
            raise ValueError(f"an array of type {code!r}")
        self.code = code

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order not in ("<", ">", "|", "="):
            raise ValueError(f"byte order {order!r}")
        self.code = f"{order}{self.code}"


class _Array:
    """numpy.ndarray; its state is (version, shape, type, Fortran order, the bytes)."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(dtype, _Dtype) or not isinstance(content, str | bytes):
            raise ValueError("an array that is not numeric")
        kind = np.dtype(dtype.code)
        raw = content.encode("latin-1") if isinstance(content, str) else content
        if math.prod(shape) * kind.itemsize != len(raw):
            raise ValueError(f"{len(raw)} bytes for an array of shape {shape} and type {kind}")
        self.array = np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C")


def _reconstruct(*_: Any) -> _Array:
    """numpy's _reconstruct(ndarray, (0,), 'b'): an empty array, before its state is set."""
    return _Array()


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,  # as NumPy 1 and older wrote it
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,  # as NumPy 2 does
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise UserError(f"a call of {module}.{name}")
        return _STAND_INS[module, name]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the pickled dictionary at `path`, read-only, under their names.

    Raises UserError on a file that names anything but arrays (without executing it), that is damaged, or that
    holds something else than a dictionary of numeric arrays.
    """
    wanted = "a pickled dictionary of numeric arrays"
    try:
        with path.open("rb") as file:
            content = _Unpickler(file, encoding="latin1").load()
    except UserError as error:
        raise UserError(f"{path}: got {error}, expected {wanted}; nothing of it was executed") from None
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: not {wanted}, damaged or truncated: {reason}") from error
    if not isinstance(content, dict):
        raise expected(str(path), f"a pickled {type(content).__name__}", wanted)
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, _Array) or not hasattr(value, "array"):
            raise expected(f"{path}: {name}", f"a {type(value).__name__.lstrip('_')}", "a numeric array")
    return {name: value.array for name, value in content.items()}
