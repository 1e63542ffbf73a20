"""Stretches in which no electrode moves: cut off at the ends and said, refused inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edf_bytes import Wave, write
from eeg_files import LABELS, noise, read_signal
from own_files import HEAD, RATE, describe, one, read, refused

from base.errors import UserError
from base.files import read_json
from model.data.options import Choice
from model.data.prepare import prepare
from model.data.signal.conditioning import condition
from model.data.signal.still import trim

NOISE = noise(3, 10, RATE, channels=5)


def held(*spans: tuple[float, float], value: float | None = 0.0, signal: np.ndarray = NOISE) -> np.ndarray:
    """The signal, standing still from … to, in seconds; value None holds the last one."""
    changed = signal.copy()
    for start, stop in spans:
        first = round(start * RATE)
        changed[:, first : round(stop * RATE)] = changed[:, max(first - 1, 0)][:, None] if value is None else value
    return changed


@pytest.mark.parametrize(("spans", "first", "stop", "said"), [
    ([(9.1, 10)], 0, 1820, "left out 0.90 s at the end"),
    ([(0, 0.5)], 100, 2000, "left out 0.50 s at the start"),
    ([(0, 0.5), (9, 10)], 100, 1800, "left out 0.50 s at the start and 1.00 s at the end"),
    ([(9.97, 10)], 0, 1994, "left out 0.03 s at the end"),
    ([(9.99, 10)], 0, 2000, ""),  # two samples
    ([], 0, 2000, ""),
])
def test_ends_are_cut_and_said(spans: list[tuple[float, float]], first: int, stop: int, said: str) -> None:
    signal, notes = trim(held(*spans), RATE, "a.edf")
    np.testing.assert_array_equal(signal, held(*spans)[:, first:stop])
    assert notes == ((f"a.edf: {said}, where no electrode moves",) if said else ())


def test_an_end_of_several_values_is_one_end() -> None:
    """As in EEGMAT: the last value is held, then zeros; in a resampled copy with some ringing between them."""
    signal = held((9, 10), signal=held((8, 9), value=None))
    assert trim(signal, RATE, "a.edf")[0].shape[1] in (1599, 1600)
    ringing = signal.copy()
    ringing[:, 1795:1820] = NOISE[:, 1795:1820]
    assert trim(ringing, RATE, "a.edf")[0].shape[1] in (1599, 1600)
    reversed_ends = trim(ringing[:, ::-1], RATE, "a.edf")
    assert reversed_ends[0].shape[1] in (1599, 1600)
    assert "2.0" in reversed_ends[1][0]
    assert "at the start" in reversed_ends[1][0]


def test_one_electrode_that_stands_still_is_no_end() -> None:
    signal = NOISE.copy()
    signal[:4, 1800:] = 0
    assert trim(signal, RATE, "a.edf")[0].shape == signal.shape


def test_a_dropout_inside_is_refused_with_its_time() -> None:
    with pytest.raises(UserError, match=r"^a\.edf: 4\.00 to 4\.50 s of it: got no electrode that moves, expected EEG"):
        trim(held((4, 4.5)), RATE, "a.edf")
    assert trim(held((4, 4.1)), RATE, "a.edf")[0].shape == NOISE.shape  # a packet lost


def test_a_signal_that_never_moves_is_left_to_be_refused(tmp_path: Path) -> None:
    assert trim(np.zeros((5, 2000)), RATE, "a.edf")[0].shape == (5, 2000)
    np.savez(tmp_path / "a.npz", signal=np.zeros((5, 2000)), sampling_hz=RATE)
    refused(one(tmp_path, "a.npz"), "channel Fp1: got a flat line")


def test_the_tail_is_cut_before_the_filter_and_reaches_the_description(tmp_path: Path) -> None:
    for subject in range(4):
        signal = noise(subject, 10, RATE, channels=5)
        np.savez(tmp_path / f"{subject}.npz", signal=held((9, 10), signal=signal), sampling_hz=RATE)
    tags = [(subject, label) for subject in range(4) for label in ("rest", "work")]
    describe(tmp_path, *(f'file = "{subject}.npz"\nsubject = {subject}\nlabel = "{label}"\n'
                         + (f"start_s = {4 * (label == 'work')}\n" + "stop_s = 4.0" * (label == "rest"))
                         for subject, label in tags))
    first, second = read(tmp_path)[:2]
    np.testing.assert_allclose(second.signal, condition(noise(0, 10, RATE, channels=5)[:, 800:1800], RATE), atol=1e-9)
    note = f"{tmp_path}/0.npz: subject 0, session 1, trial 2: left out 1.00 s at the end, where no electrode moves"
    assert (first.notes, second.notes) == ((), (note,))
    prepare("folder", tmp_path, tmp_path / "out", Choice(test="3"))
    notes = read_json(tmp_path / "out" / "dataset.json")["notes"]
    assert len(notes) == 4
    assert notes[0] == note


def test_a_baseline_is_cut_as_well(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=held((0, 0.5)), sampling_hz=RATE)
    (recording,) = read(one(tmp_path, "a.npz", "start_s = 2.0\nbaseline_s = [0.0, 2.0]"))
    base = NOISE[:, 100:400]
    want = (NOISE[:, 400:] - base.mean(axis=1, keepdims=True)) / base.std(axis=1, keepdims=True)
    np.testing.assert_allclose(recording.signal, want, atol=1e-9)
    assert "baseline: left out 0.50 s at the start" in recording.notes[0]


def test_eegmats_zeros_leave_the_last_frame(tmp_path: Path) -> None:
    values = noise(1, 12, 128)
    values[:, -115:] = 0
    path = write(tmp_path / "a.edf", [Wave(label, row, 128) for label, row in zip(LABELS, values, strict=True)])
    signal, notes = read_signal(path)
    assert notes == (f"{path}: left out 0.90 s at the end, where no electrode moves",)
    np.testing.assert_allclose(signal, condition(values[:, :-115], 128), atol=0.05)
    values[:, 760:] = 0
    write(tmp_path / "a.edf", [Wave(label, row, 128) for label, row in zip(LABELS, values, strict=True)])
    with pytest.raises(UserError, match=r"a\.edf: length: got 5\.9 s, expected at least 6 s"):
        read_signal(path)


def test_a_trial_that_is_all_tail(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=held((9, 10)), sampling_hz=RATE)
    refused(one(tmp_path, "a.npz", "start_s = 9.2", head=HEAD.replace("sample_s = 1.0", "sample_s = 0.5")),
            "channel Fp1: got a flat line")
    refused(one(tmp_path, "a.npz", "start_s = 8.5"), "trial 1: length: got 0.5 s, expected at least 1 s")
