"""What the audit found is taken away: null directions of any of a person's recordings, and what is longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from base.errors import UserError
from model.data.identity import identity
from model.data.recording import Dataset, Recording
from model.data.sets import eegmat
from model.data.signal.null_space import NULL, null_directions, projected, spectrum
from model.data.signal.same_length import shortened

HZ, ELECTRODES = 128, 19
UNIT = np.linspace(0.5, 2.0, ELECTRODES)


def mixed(rng: np.random.Generator, samples: int, gone: np.ndarray) -> np.ndarray:
    """Noise without what lies along the columns of `gone`, but for a thousandth."""
    signal = 10 * rng.normal(size=(ELECTRODES, samples))
    basis = np.linalg.qr(gone)[0]
    return signal - 0.999 * basis @ (basis.T @ signal)


def dataset(gone: int = 2, unit: float | np.ndarray = 1.0) -> Dataset:
    """Two recordings of each person, of 30 and of 20 s, without directions of their own."""
    def read(subject: int) -> Iterator[Recording]:
        rng = np.random.default_rng(subject)
        for label, seconds in enumerate((30, 20)):
            signal = mixed(rng, seconds * HZ, rng.normal(size=(ELECTRODES, gone)))
            yield Recording(subject, 0, label, label, signal / np.reshape(unit, (-1, 1)), unit_uv=unit, raw_hz=HZ)

    return Dataset("mixed", True, "test", ("rest", "task"), eegmat.LAYOUT, eegmat.SETTINGS, (0, 1), read,
                   lambda _: [], "mixed")


def microvolt(recording: Recording) -> np.ndarray:
    return recording.signal * np.reshape(recording.unit_uv, (-1, 1))


@pytest.mark.parametrize("unit", [1.0, UNIT])
def test_both_recordings_lose_the_null_directions_of_both_and_nothing_else(unit: float | np.ndarray) -> None:
    before, after = dataset(unit=unit), projected(dataset(unit=unit))
    for subject in before.subjects:
        own = list(before.read(subject))
        directions = np.hstack([null_directions(microvolt(recording)) for recording in own])
        assert directions.shape[1] == 4
        kept = np.linalg.svd(directions)[0][:, 4:]
        for old, new in zip(own, after.read(subject), strict=True):
            assert (spectrum(microvolt(new))[0] < NULL).sum() == 4
            assert np.abs(directions.T @ microvolt(new)).max() < 1e-9
            assert np.allclose(kept.T @ microvolt(new), kept.T @ microvolt(old))
            assert (new.label, new.raw_hz) == (old.label, old.raw_hz)
            assert new.notes == (f"mixed: subject {subject}: 4 null directions of the person taken out",)


def test_no_label_is_looked_at() -> None:
    plain = dataset()
    swapped = replace(plain, read=lambda subject: (replace(own, label=1 - own.label) for own in plain.read(subject)))
    for own, other in zip(projected(plain).read(0), projected(swapped).read(0), strict=True):
        assert np.array_equal(own.signal, other.signal)


def test_recordings_of_full_rank_stay_bit_for_bit() -> None:
    plain = dataset(gone=0)
    for own, new in zip(plain.read(1), projected(plain).read(1), strict=True):
        assert np.array_equal(own.signal, new.signal)


def test_a_direction_that_all_lack_is_left() -> None:
    plain = dataset(gone=0)
    average = replace(plain, read=lambda subject: (
        replace(own, signal=own.signal - own.signal.mean(axis=0)) for own in plain.read(subject)))
    for own, new in zip(average.read(1), projected(average).read(1), strict=True):
        assert np.array_equal(own.signal, new.signal)
        assert not new.notes


def test_too_many_null_directions_are_refused() -> None:
    with pytest.raises(UserError, match=r"mixed: subject 0: null directions: got 12 of 19, expected at most half"):
        list(projected(dataset(gone=6)).read(0))


def test_recordings_are_cut_to_the_shortest() -> None:
    plain = dataset()
    for own, new in zip(plain.read(0), shortened(plain).read(0), strict=True):
        assert np.array_equal(new.signal, own.signal[:, :20 * HZ])


def test_what_is_changed_is_another_data_set(tmp_path: Path) -> None:
    plain = dataset()
    assert len({identity(own, tmp_path) for own in (plain, projected(plain), shortened(plain))}) == 3
