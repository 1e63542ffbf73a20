"""MATLAB files that are damaged or lie end in one line: no crash, no gigabytes, nothing taken for what it is not."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io
from emotion_files import write_v5, write_v73

from base.errors import UserError
from model.data.formats.matlab import MatFile

RNG = np.random.default_rng(0)
TREE = {"D": {"rate": np.array([[128.0]]), "names": ["AF3", "F7"],
              "cells": [RNG.normal(size=(20, 14)), {"x": np.arange(6.0).reshape(2, 3)}]},
        "eeg1": RNG.normal(size=(5, 40))}
READS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("read", ("eeg1",)), ("read", ("D", "rate")), ("length", ("D", "names")), ("text", ("D", "names", 1)),
    ("read", ("D", "cells", 0)), ("read", ("D", "cells", 1, "x")),
)


def plain(path: Path, variables: dict[str, Any]) -> Path:
    """v5 as scipy writes it uncompressed: every byte that is damaged means something."""
    scipy.io.savemat(write_v5(path, variables), {k: v for k, v in scipy.io.loadmat(path).items() if k[0] != "_"})
    return path


WRITERS = {"v5 plain": plain, "v5": write_v5, "v7.3": write_v73}


def refused(path: Path, *steps: Any) -> str:
    with pytest.raises(UserError) as caught, MatFile(path) as mat:
        mat.read(*steps)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("version", WRITERS)
def test_hundreds_of_damaged_files(tmp_path: Path, version: str) -> None:
    path = WRITERS[version](tmp_path / "a.mat", TREE)
    good, rng = path.read_bytes(), np.random.default_rng(1)
    outcomes = {"read": 0, "refused": 0}
    tracemalloc.start()
    for _ in range(300):
        content = bytearray(good)
        for _ in range(rng.integers(1, 5)):
            at = int(rng.integers(len(content)))
            piece = (bytes(rng.integers(0, 256, 1, np.uint8)), b"\xff\xff\xff\x7f", b"")[rng.integers(3)]
            content[at : at + len(piece) + int(rng.integers(0, 2))] = piece
        path.write_bytes(content[: int(rng.integers(len(content)))] if rng.random() < 0.1 else content)
        for call, steps in READS:
            try:
                with MatFile(path) as mat:
                    getattr(mat, call)(*steps)
                outcomes["read"] += 1
            except UserError as error:
                outcomes["refused"] += "\n" not in str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(outcomes.values()) == 300 * len(READS)
    assert min(outcomes.values()) > 10
    assert peak < 50e6


def matrix(kind: int, dimensions: tuple[int, int], content: bytes, name: bytes = b"") -> bytes:
    """One uncompressed matrix: flags, dimensions, name, and what follows."""
    padded = name + bytes(-len(name) % 8)
    body = struct.pack("<IIII", 6, 8, kind, 0) + struct.pack("<IIii", 5, 8, *dimensions)
    body += struct.pack("<II", 1, len(name)) + padded + content
    return struct.pack("<II", 14, len(body)) + body


def header(path: Path) -> bytes:
    return plain(path, {"a": np.eye(2)}).read_bytes()[:128]


def test_cells_that_are_not_there(tmp_path: Path) -> None:
    """One damaged byte: 300 million cells. scipy makes room for all, 2.4 GB and 25 s, before it misses the second."""
    path = tmp_path / "a.mat"
    content = header(path) + matrix(1, (2, 0x09000001), matrix(6, (1, 1), struct.pack("<IId", 9, 8, 1.0)), b"cells")
    path.write_bytes(content)
    tracemalloc.start()
    assert "damaged or truncated: an element" in refused(path, "cells", 0)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_cells_in_cells_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    content = matrix(6, (1, 1), struct.pack("<IId", 9, 8, 1.0))
    for _ in range(3000):
        content = matrix(1, (1, 1), content)
    path.write_bytes(header(path) + matrix(1, (1, 1), content, b"cells"))
    assert "cells nested more than 32 deep" in refused(path, "cells", 0)


@pytest.mark.parametrize(("kind", "stored", "words"), [
    (4, 144, "2 bytes of type 144 for 1 elements of class 4"),  # ends the process in scipy
    (6, 200, "2 bytes of type 200"), (6, 9, "2 bytes of type 9 for 1 elements"), (5, 9, "a matrix of class 5"),
    (99, 9, "a matrix of class 99"),
])
def test_types_that_scipy_does_not_check(tmp_path: Path, kind: int, stored: int, words: str) -> None:
    path = tmp_path / "a.mat"
    path.write_bytes(header(path) + matrix(kind, (1, 1), struct.pack("<II8s", stored, 2, b"ab"), b"x"))
    assert words in refused(path, "x")


@pytest.mark.parametrize("options", [{"chunks": (1000, 1000)}, {}])
def test_values_that_were_never_written(tmp_path: Path, options: dict[str, Any]) -> None:
    """HDF5 makes zeros of them: a file cut short while it was written, or one that asks for 80 GB."""
    path = write_v73(tmp_path / "a.mat", {"x": np.eye(2)})
    with h5py.File(path, "r+") as file:
        made = file.create_dataset("eeg1", (100_000, 100_000), "f8", **options)
        made.attrs["MATLAB_class"] = np.bytes_("double")
        hollow = file.create_dataset("empty", data=np.array([10**5, 10**5], np.uint64))
        hollow.attrs["MATLAB_empty"] = 1
    assert "80000000000 bytes claimed, 0 stored" in refused(path, "eeg1")
    assert "an empty array of shape (100000, 100000)" in refused(path, "empty")


def test_a_name_twice(tmp_path: Path) -> None:
    """scipy warns and takes one of them."""
    path = plain(tmp_path / "a.mat", {"eeg1": np.eye(2)})
    path.write_bytes(path.read_bytes() + plain(tmp_path / "b.mat", {"eeg1": np.ones((2, 2))}).read_bytes()[128:])
    assert "variables: got two named eeg1, expected every name once" in refused(path, "eeg1")


@pytest.mark.parametrize("value", [np.eye(2) * 1j, ["a", "b"], "text", {"y": np.eye(2)}])
@pytest.mark.parametrize("version", WRITERS)
def test_what_is_no_number(tmp_path: Path, version: str, value: Any) -> None:
    assert "expected a numeric array" in refused(WRITERS[version](tmp_path / "a.mat", {"x": value}), "x")


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16, np.uint8, np.bool_])
def test_numbers_of_every_width_and_big_endian_files(tmp_path: Path, kind: type) -> None:
    array = np.array([[1, 0, 1], [0, 1, 1]]).astype(kind)
    for name, writer in WRITERS.items():
        if name != "v7.3":
            with MatFile(writer(tmp_path / "a.mat", {"x": array, "c": [array, "text"]})) as mat:
                assert np.array_equal(mat.read("x"), array)
                assert np.array_equal(mat.read("c", 0), array)
                assert mat.text("c", 1) == "text"
    content = header(tmp_path / "a.mat")[:124] + b"\x01\x00MI"
    body = struct.pack(">IIII", 6, 8, 6, 0) + struct.pack(">IIii", 5, 8, 1, 2) + struct.pack(">HH4s", 1, 1, b"x")
    body += struct.pack(">IIdd", 9, 16, 3.0, 4.0)
    (tmp_path / "a.mat").write_bytes(content + struct.pack(">II", 14, len(body)) + body)
    with MatFile(tmp_path / "a.mat") as mat:
        assert mat.read("x").tolist() == [[3.0, 4.0]]
