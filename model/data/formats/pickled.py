"""Arrays out of a pickle whose sender is not trusted: a dictionary of numeric NumPy arrays and nothing else.

A pickle is a program that may call anything it can name, and may ask for memory that the file does not fill. So no
unpickler runs here. `pickletools` takes the file apart into opcodes, its reads bounded by what is left of the file;
a small stack machine gives a meaning to those that such a dictionary is made of, in protocols 0 to 5, and refuses all
others. It knows the five names that NumPy's arrays are written with, looks none of them up, and takes notes of what
they are called with. The arrays are made afterwards from the notes, checked. Nothing of the file is executed.

Python 2 wrote such files (DEAP's): its byte strings come as text in latin-1, one character per byte, and so Python 3
writes bytes in protocols 0 to 2, by a call of `_codecs.encode`.
"""

from __future__ import annotations

import codecs
import math
import pickletools
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from base.errors import UserError, expected

_WANTED = "a pickled dictionary of numeric arrays"
_TYPES = ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
_STEPS = 100_000  # opcodes; an array takes about 40
_OPCODES = {ord(opcode.code): opcode for opcode in pickletools.opcodes}
# Opcodes whose argument is the value that they push.
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
}
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
# What NumPy 1 and NumPy 2 call the same thing.
_NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    **{(f"numpy.{core}.multiarray", "_reconstruct"): "reconstruct" for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): "frombuffer" for core in ("core", "_core")},  # protocol 5
}
_DAMAGE = (EOFError, OSError, ValueError, TypeError, IndexError, KeyError, struct.error, OverflowError, MemoryError,
           AttributeError, Warning)


@dataclass(frozen=True)
class _Name:
    """One of _NAMES' values, in place of what the file names."""

    name: str


@dataclass(frozen=True)
class _Encoded:
    """_codecs.encode(text, "latin1"): bytes that protocols 0 to 2 write as text."""

    text: str


@dataclass
class _Dtype:
    """numpy.dtype(code, align, copy); its state is (version, byte order, ...)."""

    code: str
    order: str = "="


@dataclass
class _Array:
    """numpy.ndarray. state: shape, type, Fortran order and content, each as the file has it."""

    state: tuple[Any, Any, Any, Any] | None = None


class _Bounded:
    """A file whose reads are not longer than what is left of it: a read allocates what it is asked for."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def read(self, count: int) -> bytes:
        return self._file.read(min(count, self._size - self._file.tell()))

    def readline(self) -> bytes:
        return self._file.readline()


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the pickled dictionary at `path`, read-only, under their names.

    Raises UserError on a file that names anything but arrays (without executing it), that is damaged, or that
    holds something else than a dictionary of numeric arrays.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # strings with escapes that are none
            content = _Machine(_Bounded(file, size)).run()
    except UserError as error:
        raise UserError(f"{path}: got {error}, expected {_WANTED}; nothing of it was executed") from None
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise expected(str(path), f"a pickled {_kind(content)}", _WANTED)
    for name, value in content.items():
        if not isinstance(value, _Array):
            raise expected(f"{path}: {name}", f"a {_kind(value)}", "a numeric array")
    try:
        # Each has bytes of its own in the file, so that a small file cannot stand for a lot of memory.
        if sum(_bytes(value)[1] for value in content.values()) > size:
            raise ValueError(f"arrays of more than the file's {size} bytes")
        return {name: _make(value) for name, value in content.items()}
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{path}: not {_WANTED}, damaged or truncated: {reason[:200]}")


def _kind(value: Any) -> str:
    return "bytes" if isinstance(value, _Encoded) else type(value).__name__.lstrip("_").lower()


class _Machine:
    """The opcodes' meaning: a stack, marks in it, and a memo of what was on its top."""

    def __init__(self, file: _Bounded) -> None:
        self._file = file
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        for _ in range(_STEPS):
            code = self._file.read(1)
            opcode = _OPCODES.get(code[0]) if code else None
            if opcode is None:
                raise ValueError(f"opcode {code!r}" if code else "no end")
            if opcode.name == "STOP":
                return self._stack.pop()
            if opcode.name == "STRING":
                argument: Any = _python2_string(self._file.readline())
            else:
                # mypy knows pickletools' readers as of any file
                argument = opcode.arg.reader(self._file) if opcode.arg else None  # type: ignore[arg-type]
            self._step(opcode.name, argument)
        raise ValueError(f"more than {_STEPS} steps")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _LITERALS:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            stack.append(tuple(self._pop(_TUPLES[name])))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[argument])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(_named(*(argument.split(" ", 1) if name == "GLOBAL" else self._pop(2))))
        elif name in ("REDUCE", "BUILD"):
            target, state = self._pop(2)
            stack.append(_call(target, state) if name == "REDUCE" else _build(target, state))
        elif not self._collect(name) and name not in ("PROTO", "FRAME"):  # frames only say how to buffer
            raise ValueError(f"opcode {name}, which no such dictionary needs")

    def _collect(self, name: str) -> bool:
        """Marks, and tuples, dictionaries and lists of what is on the stack; False on another opcode."""
        stack = self._stack
        if name == "MARK":
            self._marks.append(len(stack))
        elif name == "POP":
            stack.pop()
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            stack.append({} if name == "EMPTY_DICT" else [])
        elif name in ("TUPLE", "LIST", "DICT"):
            items = self._pop_marked()
            stack.append(tuple(items) if name == "TUPLE" else items if name == "LIST" else _fill({}, items))
        elif name in ("SETITEM", "SETITEMS"):
            items = self._pop(2) if name == "SETITEM" else self._pop_marked()
            _fill(stack[-1], items)
        elif name in ("APPEND", "APPENDS"):
            items = self._pop(1) if name == "APPEND" else self._pop_marked()
            if not isinstance(stack[-1], list):
                raise ValueError(f"items for a {_kind(stack[-1])}")
            stack[-1].extend(items)
        else:
            return False
        return True

    def _pop(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise ValueError("an empty stack")
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _pop_marked(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items


def _python2_string(line: bytes) -> str:
    """The repr of a byte string, as protocol 0 has it, to text in latin-1."""
    quoted = line.strip()
    if len(quoted) < 2 or quoted[:1] not in (b"'", b'"') or quoted[-1:] != quoted[:1]:
        raise ValueError("a string without its quotes")
    return codecs.escape_decode(quoted[1:-1])[0].decode("latin-1")


def _fill(target: Any, items: list[Any]) -> dict[str, Any]:
    if not isinstance(target, dict) or len(items) % 2:
        raise ValueError(f"names and values for a {_kind(target)}")
    for name, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(name, str):
            raise ValueError(f"a value named by a {_kind(name)}")
        if name in target:
            raise ValueError(f"{name[:40]!r} twice")
        target[name] = value
    return target


def _named(module: Any, name: Any) -> _Name:
    known = _NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
    if known is None:
        raise UserError(f"a call of {str(module)[:60]}.{str(name)[:60]}")
    return _Name(known)


def _call(target: Any, arguments: Any) -> Any:
    called = target.name if isinstance(target, _Name) and isinstance(arguments, tuple) else None
    if called == "reconstruct":  # (ndarray, (0,), b"b"): an empty array, before its state is set
        return _Array()
    if called == "dtype" and arguments and isinstance(arguments[0], str):
        return _Dtype(arguments[0])
    if called == "encode" and len(arguments) == 2 and isinstance(arguments[0], str) and arguments[1] == "latin1":
        return _Encoded(arguments[0])
    if called == "frombuffer" and len(arguments) == 4:
        content, dtype, shape, order = arguments
        return _Array((shape, dtype, order == "F", content))
    raise ValueError(f"a call of {called or _kind(target)} as no array has it")


def _build(target: Any, state: Any) -> Any:
    if isinstance(target, _Dtype) and isinstance(state, tuple) and len(state) > 1:
        target.order = state[1]
    elif isinstance(target, _Array) and isinstance(state, tuple) and len(state) == 5:
        target.state = state[1:]
    else:
        raise ValueError(f"a state of a {_kind(target)} as no array has it")
    return target


def _bytes(array: _Array) -> tuple[Any, int]:
    """The content of an array and its length in bytes."""
    if array.state is None:
        raise ValueError("an array without content")
    content = array.state[3]
    if isinstance(content, _Encoded):
        content = content.text
    if not isinstance(content, str | bytes | bytearray):
        raise ValueError("an array that is not numeric")
    return content, len(content)


def _make(array: _Array) -> np.ndarray:
    content, length = _bytes(array)
    shape, dtype, fortran, _ = array.state or ((), None, False, None)
    if not isinstance(dtype, _Dtype) or dtype.code not in _TYPES or dtype.order not in ("<", ">", "|", "="):
        code = f"{dtype.order}{dtype.code}" if isinstance(dtype, _Dtype) else _kind(dtype)
        raise ValueError(f"an array of type {code[:20]!r}, not numeric")
    if not isinstance(shape, tuple) or len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        raise ValueError("an array of a shape that is none")
    kind = np.dtype(dtype.order + dtype.code)
    if math.prod(shape) * kind.itemsize != length:
        raise ValueError(f"{length} bytes for an array of shape {shape} and type {kind}")
    raw = content.encode("latin-1") if isinstance(content, str) else bytes(content)
    return np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C")
