"""Pictures: grey values of a file that Pillow reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from base.errors import expected

_GREY = ("L", "1")
_UNREADABLE = (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError,
               Image.DecompressionBombWarning)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture; one that is far too large is an error and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as picture:
            yield picture


def read_grey(path: Path, size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width) of a picture of this size. UserError on a damaged file, another size, and on colour."""
    try:
        with _opened(path) as picture:
            mode, found = picture.mode, (picture.height, picture.width)
            if found != size:
                raise expected(f"{path}: height, width", found, f"{size}, as the first picture has")
            values = np.asarray(picture.convert("L"))
    except _UNREADABLE as error:
        raise expected(str(path), f"no whole picture ({error})", "a picture that Pillow reads") from error
    if mode not in _GREY:
        raise expected(f"{path}: colours", mode, "grey: how colours are to become grey is not decided here")
    return values


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width as the file's head says. UserError on a file that is no picture."""
    try:
        with _opened(path) as picture:
            return picture.height, picture.width
    except _UNREADABLE as error:
        raise expected(str(path), f"no picture ({error})", "a picture that Pillow reads") from error
