"""Sets of examples: IDX, wav and picture files as they are published, damaged ones, and how they are divided."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from base.errors import UserError
from base.files import read_npz
from model.data.folds.splits import SPLIT_CODES
from model.data.identity import identity
from model.data.options import Changes, Choice
from model.data.prepare import prepare
from model.data.registry import load, recordings
from model.data.sets import fsdd
from model.data.sets.mnist import PARTS

COUNTS = {"train": 120, "t10k": 30}


def idx(values: np.ndarray) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def make_mnist(folder: Path, packed: bool = False) -> Path:
    """Class c is a bright row c; test pictures are darker, so that they would move a scaling."""
    folder.mkdir()
    for part, count in COUNTS.items():
        y = np.arange(count, dtype=np.uint8) % 10
        x = np.random.default_rng(count).integers(0, 50, (count, 28, 28)).astype(np.uint8)
        x[np.arange(count), y] = 200 if part == "train" else 100
        for kind, values in (("images-idx3", x), ("labels-idx1", y)):
            data = idx(values)
            name = f"{part}-{kind}-ubyte"
            (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(data) if packed else data)
    return folder


def make_digits(folder: Path, speakers: tuple[str, ...] = ("ann", "bob", "cid", "dee")) -> Path:
    """Digit d is a tone; two recordings of each by everybody, of different lengths."""
    (folder / "recordings").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for speaker in speakers:
        for digit in range(10):
            for number in range(2):
                time = np.arange(1200 + 500 * number) / fsdd.SAMPLING_HZ
                tone = 8000 * np.sin(2 * np.pi * (300 + 300 * digit) * time) + 50 * rng.normal(size=len(time))
                wavfile.write(folder / "recordings" / f"{digit}_{speaker}_{number}.wav", fsdd.SAMPLING_HZ,
                              tone.astype(np.int16))
    return folder


def make_faces(folder: Path, size: tuple[int, int] = (12, 10)) -> Path:
    for label, name in enumerate(("neutral", "smiling")):
        (folder / name).mkdir(parents=True)
        for person in range(8):
            values = np.random.default_rng(person).integers(0, 100, size).astype(np.uint8)
            values[6 * label] = 250
            Image.fromarray(values).save(folder / name / f"{person:03d}.png")
    return folder


MAKERS: dict[str, Callable[[Path], Path]] = {"mnist": make_mnist, "fsdd": make_digits, "faces": make_faces}


def prepared(name: str, root: Path, out: Path, **said: Any) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    prepare(name, root, out, **said)
    return read_npz(out / "samples.npz"), json.loads((out / "dataset.json").read_text())


@pytest.mark.parametrize("packed", [False, True])
def test_a_test_set_of_its_own_stays_one(packed: bool, tmp_path: Path) -> None:
    samples, said = prepared("mnist", make_mnist(tmp_path / "mnist", packed), tmp_path)
    parts = {name: samples["split"] == code for name, code in SPLIT_CODES.items()}
    assert {name: int(rows.sum()) for name, rows in parts.items()} == {"train": 100, "val": 20, "test": 30}
    assert samples["x"].shape == (150, 1, 28, 28)
    assert said["split"] == "published"
    own = samples["x"][parts["train"]]
    assert abs(own.mean()) < 1e-4  # scaled by what trains, and by that alone
    assert abs(own.std() - 1) < 1e-4
    assert samples["x"][parts["test"]].mean() < -0.02
    rows = samples["x"].mean(axis=(1, 3)).argmax(axis=1)
    assert np.array_equal(rows, samples["y"])
    assert np.ptp(np.bincount(samples["y"][parts["val"]])) == 0


@pytest.mark.parametrize("name", ["fsdd", "faces"])
def test_people_are_in_one_part(name: str, tmp_path: Path) -> None:
    samples, said = prepared(name, MAKERS[name](tmp_path / name), tmp_path, choice=Choice(test="2"))
    people = {part: set(samples["subject"][samples["split"] == code]) for part, code in SPLIT_CODES.items()}
    assert people["test"] == {2}
    assert not people["train"] & people["val"]
    assert said["subjects_test"] == [2]


def test_a_spectrum_has_its_tone_where_it_is(tmp_path: Path) -> None:
    """A higher digit is a higher tone, whatever the recording's length; a silent recording is all zero."""
    found = load("fsdd", make_digits(tmp_path / "fsdd")).read()  # type: ignore[union-attr, call-arg]
    highest = found.x[:, 0].mean(axis=2).argmax(axis=1)
    for digit in range(9):
        assert highest[found.y == digit].max() < highest[found.y == digit + 1].min()
    assert found.x.min() >= 0
    assert found.x.max() == 1
    assert not fsdd.picture(np.zeros(900)).any()


def test_contents_make_the_identity(tmp_path: Path) -> None:
    root = make_faces(tmp_path / "faces")
    before = identity(load("faces", root), tmp_path)
    assert identity(load("faces", root), tmp_path) == before
    (root / "smiling/003.png").rename(root / "smiling/009.png")  # somebody else, with the same contents
    renamed = identity(load("faces", root), tmp_path)
    assert renamed != before
    Image.fromarray(np.zeros((12, 10), np.uint8)).save(root / "smiling" / "009.png")
    assert identity(load("faces", root), tmp_path) not in (before, renamed)


IMAGES, LABELS = (f"{PARTS[0]}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))


@pytest.mark.parametrize(("change", "message"), [
    (lambda root: (root / IMAGES).unlink(), rf"DATA_ROOT: got .*, without {IMAGES} or {IMAGES}.gz, expected MNIST's"),
    (lambda root: (root / IMAGES).write_bytes((root / IMAGES).read_bytes()[:-1]), rf"{IMAGES}: got 94095 bytes, exp"),
    (lambda root: (root / IMAGES).write_bytes((root / IMAGES).read_bytes() + b"0"), rf"{IMAGES}: got 94097 bytes"),
    (lambda root: (root / LABELS).write_bytes(b""), rf"{LABELS}: got a file that begins with nothing, expected 00 00"),
    (lambda root: (root / LABELS).write_bytes((root / IMAGES).read_bytes()), "begins with 00 00 08 03, expected 00 "),
    (lambda root: (root / LABELS).write_bytes(idx(np.zeros(9, np.uint8))), rf"{IMAGES}: got \(120, 28, 28\) values, e"),
    (lambda root: (root / LABELS).write_bytes(idx(np.full(120, 11, np.uint8))), "labels: got 11, expected 0 … 9"),
    (lambda root: (root / LABELS).write_bytes(idx(np.zeros(120, np.uint8))),
     r"training examples per class: got \[120, 0, 0, .*\], expected 6 or more, of which one validates"),
    (lambda root: [(root / f"{part}-{kind}").write_bytes(idx(np.zeros((0, *sizes), np.uint8))) for part in PARTS
                   for kind, sizes in (("images-idx3-ubyte", (28, 28)), ("labels-idx1-ubyte", ()))],
     r"training examples per class: got \[0, 0, "),
    (lambda root: [(root / f"{PARTS[1]}-{kind}").write_bytes(idx(np.zeros((0, *sizes), np.uint8)))
                   for kind, sizes in (("images-idx3-ubyte", (28, 28)), ("labels-idx1-ubyte", ()))],
     r"protocol published: published: got test windows per class \[0, 0, "),
    (lambda root: (root / f"{IMAGES}.gz").write_bytes(gzip.compress((root / IMAGES).read_bytes())[:-9]) and
     (root / IMAGES).unlink(), rf"{IMAGES}.gz: got no readable file \(Compressed file ended"),
])
def test_damaged_idx(change: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    root = make_mnist(tmp_path / "mnist")
    change(root)
    with pytest.raises(UserError, match=message):
        prepare("mnist", root, tmp_path)
    assert not (tmp_path / "samples.npz").exists()


def wav(root: Path, rate: int = fsdd.SAMPLING_HZ, values: np.ndarray | None = None) -> None:
    wavfile.write(root / "recordings/3_bob_1.wav", rate, np.zeros(900, np.int16) if values is None else values)


def cut_short(root: Path) -> None:
    path = root / "recordings/3_bob_1.wav"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(("change", "message"), [
    (cut_short, r"3_bob_1.wav: got no whole wav file \(Reached EOF prematurely"),
    (lambda root: wav(root, rate=16000), "3_bob_1.wav: sampling rate: got 16000 Hz, expected 8000 Hz"),
    (lambda root: wav(root, values=np.zeros((900, 2), np.int16)), r"3_bob_1.wav: samples: got shape \(900, 2\), expe"),
    (lambda root: wav(root, values=np.zeros(900, np.uint8)), "3_bob_1.wav: samples: got uint8, expected PCM of 16"),
    (lambda root: (root / "recordings/three.wav").write_bytes(b""), "three.wav: name: got three.wav, expected {digit}"),
    (lambda root: (root / "recordings/3_bob_1.wav").write_bytes(b"RIFF"), "3_bob_1.wav: got no whole wav file"),
])
def test_damaged_wav(change: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    root = make_digits(tmp_path / "fsdd")
    change(root)
    with pytest.raises(UserError, match=message):
        prepare("fsdd", root, tmp_path)


def huge(path: Path) -> bool:
    """A PNG whose head says 60,000 x 60,000."""
    head = b"IHDR" + struct.pack(">2I5B", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [struct.pack(">I", len(own) - 4) + own + struct.pack(">I", zlib.crc32(own)) for own in (head, b"IDAT")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return True


def picture(root: Path, values: np.ndarray, name: str = "005.png") -> None:
    Image.fromarray(values.astype(np.uint8)).save(root / "smiling" / name)


@pytest.mark.parametrize(("change", "message"), [
    (lambda root: picture(root, np.zeros((12, 11))), r"005.png: height, width: got \(12, 11\), expected \(12, 10\)"),
    (lambda root: picture(root, np.zeros((12, 10, 3))), "005.png: colours: got RGB, expected grey"),
    (lambda root: picture(root, np.zeros((12, 10)), "me.png"), "me.png: name: got me, expected the person's number"),
    (lambda root: (root / "smiling/005.png").write_bytes((root / "smiling/005.png").read_bytes()[:60]),
     "005.png: got no whole picture"),
    (lambda root: picture(root, np.zeros((12, 10)), "9" * 60 + ".png"), "person: got 9999.*, expected at most 9"),
    (lambda root: (root / "005.png").rename(root / "smiling/005.png") if huge(root / "005.png") else None,
     r"005.png: got no whole picture \(Image size \(3600000000 pixels\) exceeds limit"),
    (lambda root: (root / "smiling").rename(root / "smi\nling"), r"folder: got 'smi\\nling', expected a name that can"),
    (lambda root: (root / "sad").mkdir(), "DATA_ROOT: got .*, no picture in sad, expected two or more folders"),
])
def test_damaged_pictures(change: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    root = make_faces(tmp_path / "faces")
    change(root)
    with pytest.raises(UserError, match=message):
        prepare("faces", root, tmp_path)


@pytest.mark.parametrize(("said", "message"), [
    ({"changes": Changes(features=("pse",))}, r"FEATURES: got \('pse',\), expected none: mnist is no EEG"),
    ({"changes": Changes(rest_s=30.0)}, "REST_SECONDS: got 30.0, expected none: mnist is no EEG"),
    ({"choice": Choice(test="3")}, "TEST_SUBJECTS: got 3, expected none: mnist has a test set of its own"),
    ({"choice": Choice(split="within")}, "SPLIT: got within, expected none: mnist has a test set of its own"),
])
def test_what_only_recordings_have_is_refused(said: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        prepare("mnist", make_mnist(tmp_path / "mnist"), tmp_path, **said)


def test_who_wants_eeg_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="DATASET: got faces, expected EEG: simulated, eegmat, "):
        recordings("faces", make_faces(tmp_path / "faces"))
