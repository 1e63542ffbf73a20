"""Pickled arrays: every protocol reads alike; a damaged or hostile one ends in a line, in little memory, unexecuted."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emotion_files import py2_pickle

from base.errors import UserError
from model.data.formats.pickled import read_arrays

RNG = np.random.default_rng(0)
ARRAYS = {
    "labels": RNG.uniform(1, 9, (3, 4)),
    "data": np.asfortranarray(RNG.normal(size=(2, 3, 4)).astype(np.float32)),
    "steps": np.arange(-5, 6, dtype=">i2"),
}
# Python 2's protocol 0, by hand: everything is a line of text, bytes are their repr, booleans are I00 and I01.
PROTOCOL_0 = (
    b"(dp1\nS'data'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\ntp5\nS'b'\np6\ntp7\nRp8\n"
    b"(I1\n(L2L\nI2\ntp9\ncnumpy\ndtype\np10\n(S'f8'\np11\nI0\nI1\ntp12\nRp13\n(I3\nS'<'\np14\nNNNI-1\nI-1\nI0\ntp15\n"
    b"bI00\nS" + repr(np.arange(4.0).tobytes())[1:].encode() + b"\np16\ntp17\nbs."
)


def put(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "s01.dat"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("core", [b"numpy._core", b"numpy.core"])
@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol(tmp_path: Path, protocol: int, core: bytes) -> None:
    content = pickle.dumps(ARRAYS, protocol)
    if protocol < 4:  # names end with their line; from 4 on they have a length
        content = content.replace(b"numpy._core", core)
    elif core == b"numpy.core":
        content = content.replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
        content = content.replace(b"\x13numpy._core.numeric", b"\x12numpy.core.numeric")
    arrays = read_arrays(put(tmp_path, content))
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
        assert not arrays[name].flags.writeable


def test_protocol_0_of_python_2(tmp_path: Path) -> None:
    trusted = pickle.loads(PROTOCOL_0, encoding="latin1")
    arrays = read_arrays(put(tmp_path, PROTOCOL_0))
    assert np.array_equal(arrays["data"], [[0, 1], [2, 3]])
    assert np.array_equal(arrays["data"], trusted["data"])


def outcome(path: Path) -> str:
    """The arrays, printed, or the error."""
    try:
        return repr(read_arrays(path))
    except UserError as error:
        return str(error)


TOO_MUCH = {
    "string": b"\x80\x02T\xff\xff\xff\x7f",
    "10 bytes": b"\x80\x02}r\xff\xff\xff\xff.",  # a memo of 2^32 places
    "memo by text": b"\x80\x02}p4000000000\n.",
    "unicode": b"\x80\x02X\xff\xff\xff\xff",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**40),
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 2**33),
    "frame": b"\x80\x04\x95" + struct.pack("<Q", 2**40),
    "long": b"\x80\x02\x8b\xff\xff\xff\x7f",
    "one content, many arrays": pickle.dumps({f"a{k}": np.zeros(1) for k in range(2)}, 2).replace(
        b"(K\x01K\x01\x85", b"(K\x01J\xff\xff\xff\x7f\x85", 1),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_memory_is_bounded_by_the_file(tmp_path: Path, case: str) -> None:
    path = put(tmp_path, TOO_MUCH[case])
    tracemalloc.start()
    assert outcome(path) == "{}" or "damaged or truncated" in outcome(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_one_content_for_many_arrays(tmp_path: Path) -> None:
    """10 kB of text that 500 arrays share by the memo: 5 MB, where each has none of its own."""
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I10000\ntcnumpy\ndtype\n"
    array += b"(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\ng0\ntbs"
    content = b"S'" + b"a" * 10_000 + b"'\np0\n0(d" + b"".join(b"S'%d'\n" % k + array for k in range(500)) + b"."
    assert len(pickle.loads(content, encoding="latin1")) == 500
    with pytest.raises(UserError, match=r"arrays of more than the file's \d+ bytes"):
        read_arrays(put(tmp_path, content))


@pytest.mark.parametrize(("content", "words"), [
    (pickle.dumps({1: np.zeros(2)}, 2), "a value named by a int"),
    (pickle.dumps({"data": np.array([1j])}, 4), "an array of type '<c16', not numeric"),
    (pickle.dumps({"data": np.float64(1)}, 4), r"a call of numpy\._?core\.multiarray\.scalar"),
    (b"\x80\x02}(U\x04dataK\x01U\x04dataK\x02u.", "'data' twice"),
    (b"\x80\x02cnumpy\ndtype\n}U\x08__code__K\x01sb.", "a state of a name as no array has it"),
    (b"\x80\x02" + b"(" * 200_000 + b".", "more than 100000 steps"),
    (b"\x80\x02)" + b"\x85" * 90_000 + b"K\x01}s.", "a state|names|value"),  # a key whose hash would be 90,000 deep
    (b"\x80\x02cbuiltins\ngetattr\n.", r"a call of builtins\.getattr, .*nothing of it was executed"),
    (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", r"a call of os\.system, .*nothing of it was executed"),
    (b"\x80\x02c__builtin__\neval\n(S'1'\ntR.", "nothing of it was executed"),
    (b"\x80\x02\x82\x01.", "opcode EXT1, which no such dictionary needs"),
    (b"\x80\x05\x97.", "opcode NEXT_BUFFER, which no such dictionary needs"),
])
def test_what_no_dictionary_of_arrays_needs(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read_arrays(put(tmp_path, content))
    assert "\n" not in str(caught.value)


class _Command:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


def test_thousands_of_damaged_files(tmp_path: Path) -> None:
    """Bytes flipped, cut out, put in, pieces of others and calls among them: arrays, or one line; nothing runs."""
    mark = tmp_path / "executed"
    small = {name: array[:2] for name, array in ARRAYS.items()}
    whole = [pickle.dumps(small, protocol) for protocol in range(6)] + [py2_pickle({"a": np.eye(2)}), PROTOCOL_0]
    calls = [pickle.dumps(_Command(f"touch {mark}"), protocol)[:-1] for protocol in (0, 2, 4)]
    rng = np.random.default_rng(1)
    outcomes = {"arrays": 0, "refused": 0}
    tracemalloc.start()
    for _ in range(3000):
        content = bytearray(whole[rng.integers(len(whole))])
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(len(content)))
            other = whole[rng.integers(len(whole))]
            piece = (bytes(rng.integers(0, 256, rng.integers(1, 6), np.uint8)), b"\xff\xff\xff\x7f", b"", b"R", b"b",
                     other[:at], calls[rng.integers(3)])[rng.integers(7)]
            content[at : at + int(rng.integers(0, 8))] = piece
        said = outcome(put(tmp_path, bytes(content)))
        assert said.startswith("{") or (str(tmp_path) in said and "\n" not in said)
        outcomes["arrays" if said.startswith("{") else "refused"] += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not mark.exists()
    assert peak < 20e6
    assert outcomes["refused"] > 2000
    assert outcomes["arrays"] > 0
