"""Signals on disk: those of the windows of features, made anew where they must."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cached import SETTINGS, Reads, aged_eegmat, recordings
from eeg_files import in_memory, noise, read_all

from base.errors import UserError
from model.data import cache
from model.data.grid import TEN_TWENTY
from model.data.recording import Layout, Recording
from model.data.registry import load
from model.data.sets.eegmat import LAYOUT
from model.data.trials import extract


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return aged_eegmat(tmp_path)


def test_signals_line_up_with_frames(root: Path, tmp_path: Path) -> None:
    """EEGMAT, whose recordings are 15 and 9 s long: two windows of 6 s, and one."""
    dataset = load("eegmat", root)
    windows, numbers = cache.signals(dataset, tmp_path / "cache")
    assert isinstance(windows, np.memmap)
    assert (windows.dtype, windows.shape, numbers.dtype) == (np.float32, (12, 19, 768), np.int64)
    trials = extract(dataset, SETTINGS)
    counts = [len(trial.frames) // LAYOUT.frames_per_sample for trial in trials]
    assert numbers.tolist() == [t.number for t, count in zip(trials, counts, strict=True) for _ in range(count)]
    row = 0
    for recording, count in zip(read_all(dataset), counts, strict=True):
        starts = LAYOUT.frame_starts(recording.signal.shape[1])
        for k in range(count):
            start = starts[k * LAYOUT.frames_per_sample]
            assert np.array_equal(windows[row], recording.signal[:, start : start + 768].astype("f4"))
            row += 1
    assert row == len(windows)


def test_a_signal_that_ends_with_its_last_frame(tmp_path: Path) -> None:
    """T = 9 frames of 21 in 192 samples: the 18th frame ends at 383, the second window at 384."""
    layout = Layout(128, 1.5, 9, TEN_TWENTY)
    recording = Recording(0, 0, 0, 0, noise(1, 3)[:, :383])
    dataset = in_memory([recording], layout, replace(SETTINGS, features=("pse",)))
    [trial] = extract(dataset, dataset.settings)
    assert len(trial.frames) == 18
    windows, numbers = cache.signals(dataset, tmp_path)
    assert numbers.tolist() == [0, 0]
    assert np.array_equal(windows[1, :, :191], recording.signal[:, 192:].astype("f4"))
    assert np.array_equal(windows[1, :, 191], windows[1, :, 190])


def test_signals_are_kept_and_made_anew_where_they_must(root: Path, tmp_path: Path) -> None:
    dataset, out = load("eegmat", root), tmp_path / "cache"
    right = np.array(cache.signals(dataset, out)[0])

    def reads() -> list[int]:
        counted = Reads(load("eegmat", root))
        windows, numbers = cache.signals(counted.dataset, out)
        assert np.array_equal(windows, right)
        assert len(numbers) == len(right)
        return counted.subjects

    assert reads() == []
    for suffix in ("npy", "npz"):
        [path] = out.glob(f"signals-*.{suffix}")
        whole = path.read_bytes()
        turned = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
        for content in (whole[:-1], whole[:100], b"", turned):
            path.write_bytes(content)
            assert reads() == [0, 1, 2, 3]
            assert reads() == []
        path.unlink()
        assert reads() == [0, 1, 2, 3]


def test_interrupted_signals_leave_nothing(root: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        cache.signals(Reads(load("eegmat", root), stop=2).dataset, tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["files.json"]


def test_no_recording(tmp_path: Path) -> None:
    dataset = replace(in_memory(recordings(), LAYOUT, SETTINGS), subjects=(8,), files=lambda _: [])
    assert cache.trials(dataset, SETTINGS, tmp_path) == []
    with pytest.raises(UserError, match="noise: got no recording"):
        cache.signals(dataset, tmp_path)
