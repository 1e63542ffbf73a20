"""Faces in folders by expression, one picture per person and folder: `<class>/<person>.png`, grey, all of one size.

Made for the Face Research Lab London Set (DeBruine and Jones 2017, CC BY 4.0), 70 people, neutral and smiling, cut to
48x48; any folder of this form is read. The person is the number that the file's name is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.examples import Examples, Pictures
from model.data.formats.picture import picture_size, read_grey
from model.data.recording import LARGEST_SUBJECT

SUFFIXES = (".png", ".bmp", ".pgm", ".tif", ".tiff")  # without loss; no format whose colours are guessed


def load(root: Path | None) -> Examples:
    """All pictures below `root`; their size is that of the first. UserError on anything missing or damaged."""
    if root is None:
        raise UserError("DATA_ROOT: got none, expected a folder of folders by expression, <class>/<person>.png")
    if not root.is_dir():
        raise expected("DATA_ROOT", f"{root}, which is not a folder", "a folder of folders by expression")
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    files = [(label, path) for label, folder in enumerate(folders) for path in sorted(folder.iterdir())
             if path.suffix.lower() in SUFFIXES]
    for folder in folders:
        if not folder.name.isprintable():  # nor is what is no UTF-8
            raise expected(f"{root}: folder", repr(folder.name), "a name that can be printed: it is a class's")
    empty = [folder.name for label, folder in enumerate(folders) if label not in {found for found, _ in files}]
    if len(folders) < 2 or empty:
        got = f"no picture in {empty[0]}" if empty else f"{len(folders)} folders with pictures"
        raise expected("DATA_ROOT", f"{root}, {got}", "two or more folders, one per class, of pictures "
                       f"({', '.join(SUFFIXES)})")
    height, width = picture_size(files[0][1])
    people = [_person(path) for _, path in files]

    def read() -> Pictures:
        x = np.stack([read_grey(path, (height, width)) for _, path in files])
        y = np.array([label for label, _ in files], np.int64)
        return Pictures((x[:, None] / np.float32(255)).astype(np.float32), y, np.array(people, np.int64))

    return Examples("faces", "pictures of faces, by the user's folder", tuple(folder.name for folder in folders),
                    (1, height, width), ("grey",), read, tuple(path for _, path in files),
                    parameters=repr([(label, person) for (label, _), person in zip(files, people, strict=True)]))


def _person(path: Path) -> int:
    if not (path.stem.isascii() and path.stem.isdigit()):
        raise expected(f"{path}: name", path.stem, "the person's number, by which people are kept apart in training "
                       "and test")
    if len(path.stem) > len(str(LARGEST_SUBJECT)) or int(path.stem) > LARGEST_SUBJECT:
        raise expected(f"{path}: person", path.stem[:40], f"at most {LARGEST_SUBJECT}")
    return int(path.stem)
