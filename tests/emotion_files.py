"""Small DEAP and DREAMER files in their exact layouts, written without the code under test.

DEAP's are Python 2 pickles: their opcodes are put together here, since Python 3 writes bytes in another way.
DREAMER.mat is written as MATLAB v5 by scipy, and as v7.3 by h5py with MATLAB's conventions: transposed arrays,
references for cells, UTF-16 text, class attributes, a 512-byte header.
"""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

_numbers = itertools.count()  # names of v7.3's cells
ELECTRODES = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"]


def _string(raw: bytes) -> bytes:
    return b"U" + bytes([len(raw)]) + raw if len(raw) < 256 else b"T" + struct.pack("<i", len(raw)) + raw


def _array(array: np.ndarray) -> bytes:
    code = array.dtype.str[1:].encode()
    state = b"(K\x03U\x01<NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
    dtype = b"cnumpy\ndtype\n" + _string(code) + b"K\x00K\x01\x87R" + state
    shape = b"(" + b"".join(b"J" + struct.pack("<i", size) for size in array.shape) + b"t"
    start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    return start + b"(K\x01" + shape + dtype + b"\x89" + _string(array.tobytes()) + b"tb"


def py2_pickle(arrays: dict[str, np.ndarray]) -> bytes:
    """A dictionary of arrays as Python 2's cPickle writes it, protocol 2."""
    items = b"".join(_string(name.encode()) + _array(array) for name, array in arrays.items())
    return b"\x80\x02}q\x01(" + items + b"u."


def deap_arrays(seed: int, trials: int = 3) -> dict[str, np.ndarray]:
    """`data` of noise, another offset and scale in each channel; `labels` 1 to 9, one of them exactly 5."""
    rng = np.random.default_rng(seed)
    scale = rng.uniform(1, 20, (trials, 40, 1))
    labels = rng.uniform(1, 9, (trials, 4))
    labels[0, :2] = 5.0, 8.5
    return {"labels": labels, "data": 50 * rng.normal(size=scale.shape) + scale * rng.normal(size=(trials, 40, 8064))}


def dreamer_tree(seed: int, subjects: int = 1, seconds: float = 61) -> dict[str, Any]:
    """DREAMER as nested dictionaries (structs), lists (cells) and arrays, `seconds` per stimulus, 2 s baselines."""
    rng = np.random.default_rng(seed)

    def subject() -> dict[str, Any]:
        signals = {
            part: [4000 + 30 * rng.normal(size=(round(s * 128), 14)) for _ in range(18)]
            for part, s in (("baseline", 2), ("stimuli", seconds))
        }
        scores = {f"Score{name}": rng.integers(1, 6, (18, 1)).astype(float)
                  for name in ("Valence", "Arousal", "Dominance")}
        return {"Age": "22", "Gender": "male", "EEG": signals, **scores}

    return {"Data": [subject() for _ in range(subjects)], "EEG_SamplingRate": np.array([[128.0]]),
            "EEG_Electrodes": list(ELECTRODES), "noOfSubjects": np.array([[float(subjects)]])}


def write_v5(path: Path, variables: dict[str, Any]) -> Path:
    def convert(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: convert(item) for key, item in value.items()}
        if isinstance(value, list):
            cells = np.empty((len(value), 1), dtype=object)
            for k, item in enumerate(value):
                cells[k, 0] = convert(item)
            return cells
        return value

    scipy.io.savemat(path, {name: convert(value) for name, value in variables.items()}, do_compression=True)
    return path


def write_v73(path: Path, variables: dict[str, Any]) -> Path:
    with h5py.File(path, "w", userblock_size=512) as file:
        refs = file.create_group("#refs#")
        for name, value in variables.items():
            _store(file, refs, name, value)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 2026 HDF5 schema 1.00 ."
    with path.open("r+b") as raw:
        raw.write(header.ljust(124) + b"\x00\x02IM")
    return path


def _store(group: h5py.Group, refs: h5py.Group, name: str, value: Any) -> h5py.Group | h5py.Dataset:
    if isinstance(value, dict):
        made = group.create_group(name)
        for key, item in value.items():
            _store(made, refs, key, item)
        kind = "struct"
    elif isinstance(value, list):
        cells = [_store(refs, refs, f"r{next(_numbers)}", item).ref for item in value]
        made = group.create_dataset(name, data=np.array(cells, dtype=h5py.ref_dtype)[None])  # a column, transposed
        kind = "cell"
    elif isinstance(value, str):
        made = group.create_dataset(name, data=np.array([[ord(c)] for c in value], dtype=np.uint16))
        kind = "char"
    else:
        made = group.create_dataset(name, data=value.T)
        kind = "double"
    made.attrs["MATLAB_class"] = np.bytes_(kind)
    return made
