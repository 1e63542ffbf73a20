"""What a MATLAB v5 file claims, held to its size before scipy allocates it.

scipy makes room for as many cells as a header says, so that one damaged byte asks for gigabytes and minutes; it
recurses into cells as deep as they are nested; and a type of data that it does not know ends the process. Here the
elements are walked without being kept. Layout (MathWorks, MAT-File Format): 128 bytes, then elements of a tag (type,
length: u32 each; or both in the first 4 bytes, and up to 4 bytes of data in the others) and data padded to 8 bytes. A
matrix is flags, dimensions, name, then its data (twice if complex), or a matrix for each cell, or one for each element
and field of a struct. A compressed element holds one matrix.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_HEADER, _CHUNK = 128, 1 << 16
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR, _NUMBERS = 1, 2, 4, range(6, 16)
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}  # bytes of a number, by type of data
_TEXTS = (1, 2, 3, 4, 16, 17, 18)
_COMPLEX = 0x0800  # in the flags
_DEPTH = 32  # of cells in cells; DREAMER has 4
_HEAD_BYTES = 1 << 20  # of dimensions, a name or the names of fields: far more than any has


class _Stream:
    """Bytes in order, from chunks. position: how many have been passed."""

    def __init__(self, chunks: Iterator[bytes], order: str) -> None:
        self._chunks, self.order = chunks, order
        self._buffer = b""
        self.position = 0

    def read(self, count: int) -> bytes:
        if count > _HEAD_BYTES:
            raise ValueError(f"a header of {count} bytes")
        while len(self._buffer) < count:
            self._buffer += self._next()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self.position += count
        return taken

    def skip_to(self, position: int) -> None:
        count = position - self.position
        if count < 0:
            raise ValueError("an element that is longer than what holds it")
        self.position = position
        while len(self._buffer) < count:
            count -= len(self._buffer)
            self._buffer = self._next()
        self._buffer = self._buffer[count:]

    def _next(self) -> bytes:
        chunk = next(self._chunks, b"")
        if not chunk:
            raise ValueError("an element that is longer than what holds it")
        return chunk

    def tag(self) -> tuple[int, int, bytes | None]:
        """Type, length and, where it stands in the tag, the data."""
        kind, length = struct.unpack(f"{self.order}II", raw := self.read(8))
        if kind >> 16:
            return kind & 0xFFFF, kind >> 16, raw[4 : 4 + min(4, kind >> 16)]
        return kind, length, None

    def element(self) -> bytes:
        """The data of a small element, and the padding passed."""
        _, length, data = self.tag()
        return self.read(length + -length % 8)[:length] if data is None else data


def variables(path: Path) -> list[str]:
    """The names of a file's matrices, in its order. Raises ValueError, zlib.error or struct.error on damage."""
    with path.open("rb") as file:
        return [_head(stream)[-1] for stream in _matrices(file, path.stat().st_size)]


def check(path: Path, name: str) -> None:
    """The same errors where matrix `name` claims more cells or fields than it has bytes for, or is nested too deep."""
    with path.open("rb") as file:
        for stream in _matrices(file, path.stat().st_size):
            flags, count, own = _head(stream)
            if own == name:
                _walk(stream, flags, count, 0)


def _matrices(file: BinaryIO, size: int) -> Iterator[_Stream]:
    """A stream for each matrix in the file, behind its tag; those of functions' workspaces have no name."""
    order = ">" if file.read(_HEADER)[126:128] == b"MI" else "<"
    at = _HEADER
    while at + 8 <= size:
        file.seek(at)
        kind, length = struct.unpack(f"{order}II", file.read(8))
        if kind not in (_MATRIX, _COMPRESSED) or at + 8 + length > size:
            raise ValueError(f"an element of type {kind} and {length} bytes where {size - at - 8} are left")
        stream = _Stream(_chunks(file, at + 8, length, kind == _COMPRESSED), order)
        if kind == _COMPRESSED and stream.tag()[0] != _MATRIX:
            raise ValueError("a compressed element that is no matrix")
        yield stream
        at += 8 + length


def _chunks(file: BinaryIO, at: int, length: int, compressed: bool) -> Iterator[bytes]:
    inflate = zlib.decompressobj() if compressed else None
    for start in range(at, at + length, _CHUNK):
        file.seek(start)
        chunk = file.read(min(_CHUNK, at + length - start))
        if inflate is None:
            yield chunk
            continue
        while chunk:
            yield from filter(None, [inflate.decompress(chunk, 16 * _CHUNK)])
            chunk = inflate.unconsumed_tail


def _head(stream: _Stream) -> tuple[int, int, str]:
    """A matrix' flags, of which the lowest byte is its class, its number of elements, its name."""
    flags, dimensions, name = (stream.element() for _ in range(3))
    if len(flags) != 8 or len(dimensions) < 8 or len(dimensions) % 4:
        raise ValueError("a matrix without flags or dimensions")
    sizes = struct.unpack(f"{stream.order}{len(dimensions) // 4}i", dimensions)
    if min(sizes) < 0:
        raise ValueError(f"a matrix of dimensions {sizes}")
    return struct.unpack(f"{stream.order}I", flags[:4])[0], math.prod(sizes), name.decode("latin-1")


def _walk(stream: _Stream, flags: int, count: int, depth: int) -> None:
    """Pass what is behind a matrix' head."""
    kind = flags & 0xFF
    if kind == _CHAR or kind in _NUMBERS:
        for _ in range(2 if flags & _COMPLEX else 1):
            stream.skip_to(stream.position + -stream.position % 8)
            _data(stream, kind, count)
        return
    if kind not in (_CELL, _STRUCT):
        raise ValueError(f"a matrix of class {kind}")
    if depth > _DEPTH:
        raise ValueError(f"cells nested more than {_DEPTH} deep")
    if kind == _STRUCT:
        width = int.from_bytes(stream.element()[:4], "little" if stream.order == "<" else "big")
        names = stream.element()
        count *= len(names) // width if width else 0
    for _ in range(count):
        inner, length, _ = stream.tag()
        if inner != _MATRIX:
            raise ValueError(f"an element of type {inner} where a cell or field was to be")
        end = stream.position + length
        if length:
            inner_flags, inner_count, _ = _head(stream)
            _walk(stream, inner_flags, inner_count, depth + 1)
        stream.skip_to(end)


def _data(stream: _Stream, kind: int, count: int) -> None:
    """Pass the data of `count` numbers or characters."""
    stored, length, small = stream.tag()
    known = stored in _TEXTS if kind == _CHAR else stored in _WIDTHS and length == count * _WIDTHS[stored]
    if not known:
        raise ValueError(f"{length} bytes of type {stored} for {count} elements of class {kind}")
    if small is None:
        stream.skip_to(stream.position + length)
