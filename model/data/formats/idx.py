"""IDX, the format of MNIST: two zero bytes, type, number of sizes, the sizes (big-endian), the values."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from base.errors import expected

_UNSIGNED_BYTES = 8
_LARGEST = 1 << 30  # bytes: some twenty times MNIST


def read_idx(path: Path, sizes: int) -> np.ndarray:
    """uint8 array with so many sizes, of a file that may be packed (.gz). UserError on any other content or length."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise expected(str(path), f"no readable file ({error})", "IDX, or IDX packed by gzip") from error
    start = 4 + 4 * sizes
    if len(data) < start or data[:4] != bytes([0, 0, _UNSIGNED_BYTES, sizes]):
        raise expected(str(path), f"a file that begins with {data[:4].hex(' ') or 'nothing'}",
                       f"00 00 08 {sizes:02x}: IDX, unsigned bytes, {sizes} sizes")
    shape = np.frombuffer(data, ">u4", sizes, 4).tolist()
    wanted = start + int(np.prod(shape, dtype=object))
    if len(data) != wanted:
        got = "more than a GiB" if len(data) > _LARGEST else f"{len(data)} bytes"
        raise expected(str(path), got, f"{wanted}, for {' x '.join(map(str, shape))} values")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
