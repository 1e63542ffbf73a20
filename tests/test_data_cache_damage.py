"""The cache of features: what is damaged is made anew, what is wrong with the data is said as an extraction says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cached import SETTINGS, Reads, aged_eegmat, equal, recordings
from eeg_files import in_memory, noise

from base.errors import UserError
from base.files import read_npz
from model.data import cache
from model.data.recording import Dataset, Recording
from model.data.registry import load
from model.data.sets.eegmat import LAYOUT
from model.data.trials import extract


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return aged_eegmat(tmp_path)


def damaged(content: bytes) -> list[bytes]:
    """Cut short at several places, empty, other bytes, and with one bit turned here and there."""
    cuts = [content[: len(content) * k // 8] for k in range(8)] + [content[:-1], b"\0" * len(content)]
    rng = np.random.default_rng(0)
    places = [*rng.integers(0, len(content), 60), *range(40), *range(len(content) - 300, len(content), 3)]
    return cuts + [content[:k] + bytes([content[k] ^ 1 << k % 8]) + content[k + 1 :] for k in places]


def test_damage_is_never_returned(tmp_path: Path) -> None:
    dataset = replace(in_memory(recordings(), LAYOUT, SETTINGS), files=lambda _: [])
    right = cache.trials(dataset, SETTINGS, tmp_path / "cache")
    [path] = (tmp_path / "cache").glob("features-*.npz")
    whole = path.read_bytes()
    remade = 0
    for content in damaged(whole):
        path.write_bytes(content)
        counted = Reads(dataset)
        assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), right)
        remade += bool(counted.subjects)
        assert bool(counted.subjects) == (path.read_bytes() != content)
    assert remade > 60  # the others turned a bit that says nothing, such as a date


def test_an_array_that_its_header_makes_smaller(tmp_path: Path) -> None:
    """numpy does not read it to its end, where zipfile would compare the sum."""
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(9000))
    assert cache._read_arrays(path) is not None
    path.write_bytes(path.read_bytes().replace(b"(9000,)", b"(1000,)"))
    with np.load(path) as archive:
        assert len(archive["a"]) == 1000
    assert cache._read_arrays(path) is None


def test_an_entry_of_another_form_is_made_anew(root: Path, tmp_path: Path) -> None:
    dataset = replace(load("eegmat", root), subjects=(1,))
    right = cache.trials(dataset, SETTINGS, tmp_path / "cache")
    [path] = (tmp_path / "cache").glob("features-*.npz")
    whole = read_npz(path)
    nan = whole["frames"].copy()
    nan[3, 2, 1] = np.nan
    for other in ({"frames": whole["frames"][:, :, 1:]}, {"frames": whole["frames"][1:]}, {"frames": nan},
                  {"label": whole["label"] + 2}, {"number": whole["number"][:1]}, {"extra": nan}):
        np.savez(path, **whole | other)
        counted = Reads(dataset)
        assert equal(cache.trials(counted.dataset, SETTINGS, tmp_path / "cache"), right)
        assert counted.subjects == [1]


def faulty(**changed: object) -> list[Recording]:
    return [*recordings(), replace(recordings(4)[3], **changed)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        faulty(trial=0),
        faulty(label=2),
        faulty(trial=1000),
        faulty(signal=noise(0, 12)[1:]),
        faulty(signal=noise(0, 5)),
        faulty(signal=np.full((19, 2000), np.nan)),
    ],
)
@pytest.mark.parametrize("use", [lambda d, f: cache.trials(d, SETTINGS, f), lambda d, f: cache.signals(d, f)])
def test_the_errors_of_an_extraction(
    wrong: list[Recording], use: Callable[[Dataset, Path], object], tmp_path: Path
) -> None:
    dataset = replace(in_memory(wrong, LAYOUT, SETTINGS), files=lambda _: [])
    with pytest.raises(UserError) as wanted:
        extract(dataset, SETTINGS)
    with pytest.raises(UserError) as got:
        use(dataset, tmp_path / "cache")
    assert str(got.value) == str(wanted.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_damaged_or_missing_data_file_is_the_readers_error(root: Path, tmp_path: Path) -> None:
    dataset = load("eegmat", root)
    path = root / "Subject01_2.edf"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"Subject01_2\.edf"):
        cache.trials(dataset, SETTINGS, tmp_path / "cache")
    path.unlink()
    with pytest.raises(UserError) as wanted:
        extract(dataset, SETTINGS)
    with pytest.raises(UserError) as got:
        cache.trials(dataset, SETTINGS, tmp_path / "cache")
    assert str(got.value) == str(wanted.value)


@pytest.mark.parametrize("use", [lambda d, f: cache.trials(d, SETTINGS, f), lambda d, f: cache.signals(d, f)])
def test_files_that_change_while_they_are_read(
    use: Callable[[Dataset, Path], object], root: Path, tmp_path: Path
) -> None:
    dataset = load("eegmat", root)

    def read(subject: int) -> Iterable[Recording]:
        yield from dataset.read(subject)
        with (root / "Subject00_1.edf").open("ab") as file:
            file.write(b"\0")

    with pytest.raises(UserError, match="subject 0: got files that changed while they were read"):
        use(replace(dataset, read=read), tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npz"))
