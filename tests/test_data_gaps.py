"""Recordings with gaps, in every format that can have them: real times, or one line that names file and gap."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pytest
from edf_bytes import Wave, write
from eeg_files import LABELS, noise, read_signal
from own_files import NAMES, RATE, describe, one, read, refused, stack, waves

from base.errors import UserError
from model.data.signal.conditioning import condition

ONSETS = [*range(10), *range(30, 50)]
PARTS = waves(30)
VALUES = stack(PARTS)


def edf(folder: Path) -> str:
    write(folder / "a.edf", PARTS, onsets=ONSETS)
    return "a.edf"


def edf_called_continuous(folder: Path) -> str:
    """Some recorders write EDF+C over records whose times have gaps."""
    write(folder / "a.edf", PARTS, onsets=ONSETS, plus="C")
    return "a.edf"


def bdf(folder: Path) -> str:
    write(folder / "a.bdf", PARTS, onsets=[0.25 + onset for onset in ONSETS], bits=24)
    return "a.bdf"


def fif(folder: Path, date: int | None = None, first: int = 0) -> str:
    """The gap's buffers are left out of the file, as a recorder does that skips."""
    info = mne.create_info(list(NAMES), RATE, "eeg", verbose="ERROR")
    with_gap = np.concatenate([VALUES[:, :2000], np.zeros((5, 4000)), VALUES[:, 2000:]], axis=1)
    raw = mne.io.RawArray(with_gap * 1e-6, info, first_samp=first, verbose="ERROR")
    raw.set_meas_date(date)
    zero = first / RATE if date else 0
    skipped = mne.Annotations([10 + zero], [20], ["BAD_ACQ_SKIP"], orig_time=raw.info["meas_date"])
    raw.set_annotations(skipped)
    raw.save(folder / "a_raw.fif", fmt="double", buffer_size_sec=1.0, verbose="ERROR")
    return "a_raw.fif"


def fif_of_a_date(folder: Path) -> str:
    return fif(folder, 1_700_000_000, 1000)


def test_a_fif_that_begins_with_a_skip(tmp_path: Path) -> None:
    """The recorder started 3 s before it kept anything: the file's start is the first sample that it kept."""
    info = mne.create_info(list(NAMES), RATE, "eeg", verbose="ERROR")
    raw = mne.io.RawArray(VALUES[:, :2000] * 1e-6, info, verbose="ERROR")
    raw.set_meas_date(1_700_000_000)
    raw.set_annotations(mne.Annotations([0, 5], [3, 2], ["BAD_ACQ_SKIP"] * 2, orig_time=raw.info["meas_date"]))
    raw.save(tmp_path / "a_raw.fif", fmt="double", buffer_size_sec=1.0, verbose="ERROR")
    (recording,) = read(one(tmp_path, "a_raw.fif", "start_s = 4.0"))
    np.testing.assert_allclose(recording.signal, condition(VALUES[:, 1400:2000], RATE), atol=0.05)
    refused(one(tmp_path, "a_raw.fif", "start_s = 1.0"), "a_raw.fif: 1 to 7 s: got a gap from 2 to 4 s")


def brainvision(folder: Path, second: str = "20260101000030000000") -> str:
    VALUES.T.astype("<f4").tofile(folder / "a.eeg")
    (folder / "a.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nDataFile=a.eeg\n[Marker Infos]\n"
        f"Mk1=New Segment,,1,1,0,20260101000000000000\nMk2=Stimulus,S 1,300,1,0\nMk3=New Segment,,2001,1,0,{second}\n")
    channels = "\n".join(f"Ch{k}={name},,1,uV" for k, name in enumerate(NAMES, start=1))
    (folder / "a.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.eeg\nMarkerFile=a.vmrk\n"
        "DataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=5\nSamplingInterval=5000\n"
        f"[Binary Infos]\nBinaryFormat=IEEE_FLOAT_32\n[Channel Infos]\n{channels}\n")
    return "a.vhdr"


formats = pytest.mark.parametrize("writer", [edf, edf_called_continuous, bdf, fif, fif_of_a_date, brainvision])


@formats
def test_times_beyond_a_gap_are_real(writer: object, tmp_path: Path) -> None:
    file = writer(tmp_path)  # type: ignore[operator]
    spans = ((2.0, 10.0), (30.0, 35.5), (40.0, 50.0))
    describe(tmp_path, *(f'file = "{file}"\nsubject = 0\nlabel = "rest"\nstart_s = {start}\nstop_s = {stop}'
                         for start, stop in spans))
    places = ((400, 2000), (2000, 3100), (4000, 6000))
    for recording, (first, stop) in zip(read(tmp_path), places, strict=True):
        np.testing.assert_allclose(recording.signal, condition(VALUES[:, first:stop], RATE), atol=0.05)


@formats
@pytest.mark.parametrize("span", ["", "start_s = 2.0", "start_s = 5.0\nstop_s = 12.0", "start_s = 28.0\nstop_s = 33.0",
                                  "start_s = 12.0\nstop_s = 20.0"])
def test_a_trial_over_a_gap_is_refused(writer: object, span: str, tmp_path: Path) -> None:
    file = writer(tmp_path)  # type: ignore[operator]
    refused(one(tmp_path, file, span), f"{file}: ", "a gap from 10 to 30 s")


@formats
def test_a_trial_past_the_end_of_the_last_piece(writer: object, tmp_path: Path) -> None:
    file = writer(tmp_path)  # type: ignore[operator]
    refused(one(tmp_path, file, "start_s = 40.0\nstop_s = 51.0"), f"{file}: length: got 50 s")


def test_eegmat_takes_no_gap(tmp_path: Path) -> None:
    parts = [Wave(label, row, 128) for label, row in zip(LABELS, noise(1, 30, 128), strict=True)]
    path = write(tmp_path / "a.edf", parts, onsets=ONSETS)
    with pytest.raises(UserError, match=r"a\.edf: 0 to 50 s: got a gap from 10 to 30 s"):
        read_signal(path)


def test_records_that_say_too_little_or_go_back(tmp_path: Path) -> None:
    one(tmp_path, "a.edf")
    write(tmp_path / "a.edf", waves(), onsets=[0, 1, 2, 3, 4, 5, 4.5, 7, 8, 9])
    refused(tmp_path, "a.edf: data record 7: got a start at 4.5 s, expected 6 s")
    path = write(tmp_path / "a.edf", waves(), onsets=range(10))
    path.write_bytes(path.read_bytes().replace(b"+3\x14\x14", b"3 s\x14"))
    refused(tmp_path, "a.edf: data records: got a time for 9 of 10")
    path.write_bytes(path.read_bytes().replace(b"EDF+D", b"EDF+C"))  # without gaps, times are not needed
    assert read(tmp_path)[0].signal.shape == (5, 2000)


@pytest.mark.parametrize("onsets", [[0.004 * (k % 2) + k for k in range(10)], [1.0001 * k + 0.33 for k in range(10)]])
def test_rounded_onsets_and_another_clock_are_no_gaps(tmp_path: Path, onsets: list[float]) -> None:
    write(tmp_path / "a.edf", waves(), onsets=onsets)
    assert read(one(tmp_path, "a.edf"))[0].signal.shape == (5, 2000)


def test_many_small_gaps_add_up(tmp_path: Path) -> None:
    """9 ms are lost after each record: none is a gap by itself."""
    write(tmp_path / "a.edf", PARTS, onsets=[1.009 * k for k in range(30)])
    refused(one(tmp_path, "a.edf"), "a.edf: 0 to ", "a gap from ")


@pytest.mark.parametrize("second", ["", "0" * 20, "20251231235959000000", "20260101000005000000"])
def test_a_brainvision_segment_without_its_time(tmp_path: Path, second: str) -> None:
    file = brainvision(tmp_path, second)
    refused(one(tmp_path, file), "a.vmrk: new segment 2 at 10 s of samples: got no time of it after 10 s")


def test_a_brainvision_segment_that_follows_at_once(tmp_path: Path) -> None:
    file = brainvision(tmp_path, "20260101000010000000")
    assert read(one(tmp_path, file))[0].signal.shape == (5, 6000)
