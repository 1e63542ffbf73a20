"""Neuroscan .cnt: the samples that mne reads; sizes that do not agree, other widths and scales in one line."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest
from seed_files import CNT_LABELS, eeg, write_cnt, write_seed_v

from base.errors import UserError
from model.data.formats.cnt import open_cnt
from model.data.sets import seed_v

RATE = 1000
LENGTH = 4000
CHANNELS = len(CNT_LABELS)
DATA_AT = 900 + 75 * CHANNELS


def blocked(path: Path, block: int) -> Path:
    """The file's samples in blocks of each channel, each channel with a baseline and sensitivity of its own."""
    content = bytearray(path.read_bytes())
    steps = np.frombuffer(content, "<i4", LENGTH * CHANNELS, DATA_AT).reshape(-1, block, CHANNELS)
    content[DATA_AT : DATA_AT + steps.nbytes] = steps.transpose(0, 2, 1).tobytes()
    struct.pack_into("<i", content, 894, 4 * block)
    for k in range(CHANNELS):
        struct.pack_into("<h", content, 900 + 75 * k + 47, 10 * k - 300)
        struct.pack_into("<f", content, 900 + 75 * k + 59, 1 + k / 10)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("block", [1, 2, 40])
def test_samples_are_those_that_mne_reads(tmp_path: Path, block: int) -> None:
    path = blocked(write_cnt(tmp_path / "a.cnt", eeg(0, LENGTH, CHANNELS)), block)
    raw = mne.io.read_raw_cnt(path, data_format="int32", verbose="ERROR")
    whole = 1e6 * raw.get_data()  # at once: of a part of its blocks mne makes an error
    mine = open_cnt(path)
    assert (mine.sampling_hz, mine.samples, mine.labels) == (RATE, LENGTH, CNT_LABELS)
    for start, stop in ((0, LENGTH), (0, 1), (39, 41), (1017, 3001), (LENGTH - 1, LENGTH)):
        got = mine.read([5, 0, 65], start, stop)
        np.testing.assert_allclose(got, whole[[5, 0, 65], start:stop], rtol=1e-6, atol=1e-9)


def set_header(kind: str, at: int, value: float) -> Callable[[bytearray], None]:
    return lambda content: struct.pack_into(kind, content, at, value)


def narrow(content: bytearray) -> None:
    """16 bits, as older amplifiers write: the event table stands where half as many bytes end."""
    del content[DATA_AT : DATA_AT + 2 * LENGTH * CHANNELS]
    struct.pack_into("<I", content, 886, DATA_AT + 2 * LENGTH * CHANNELS)


def cut_data(content: bytearray) -> None:
    del content[DATA_AT + 4 * CHANNELS * 3000 :]


DAMAGE: dict[str, tuple[Callable[[bytearray], None], str]] = {
    "16 bits": (narrow, "samples: got 16 bits, expected 32 bits"),
    "cut short": (cut_data, "size: got 797850 bytes, cut short, expected more than 1061850 bytes"),
    "too many declared": (set_header("<i", 864, LENGTH + 1), "size: got 1061859 bytes, cut short"),
    "too few declared": (set_header("<i", 864, LENGTH - 1), "header: got 3999 samples, and an event table behind 4000"),
    "table moved": (set_header("<I", 886, DATA_AT + 1000), "header: got 4000 samples, and an event table behind 3.78"),
    "table nowhere": (set_header("<I", 886, 0), "header: got 4000 samples, and an event table behind -22.1"),
    "neither": (lambda c: [set_header("<i", 864, -5)(c), set_header("<I", 886, 500)(c)][0], "header: got -5 samples"),
    "between samples": (lambda c: [set_header("<i", 864, 0)(c), set_header("<I", 886, DATA_AT + 1000)(c)][0],
                        "header: got 0 samples, and an event table behind 3.78"),
    "no channel": (set_header("<H", 370, 0), "header: got 0 channels"),
    "many channels": (set_header("<H", 370, 65535), "cut short"),
    "blocks": (set_header("<i", 894, 4 * 37), "header: got blocks of 148 bytes, 4000 samples, expected whole blocks"),
    "half a block": (set_header("<i", 894, 6), "header: got blocks of 6 bytes"),
    "no scale": (set_header("<f", 900 + 75 * 9 + 59, 0.0), "channel FZ: got sensitivity times calibration of 0"),
    "minus": (set_header("<f", 900 + 75 * 9 + 71, -1.0), "channel FZ: got sensitivity times calibration of -1"),
    "NaN": (set_header("<f", 900 + 75 * 9 + 59, np.nan), "channel FZ: got sensitivity times calibration of nan"),
    "volt": (set_header("<f", 900 + 75 * 9 + 59, 1e-6), "trial 1: Fz: got 1.02e-05 uV r.m.s."),
    "a label twice": (lambda c: c.__setitem__(slice(900, 904), b"Fz\0\0"), "got Fz and FZ, channels 1 and 10"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_one_line_from_a_header_that_lies(tmp_path: Path, case: str) -> None:
    path = write_cnt(tmp_path / "a.cnt", eeg(0, LENGTH, CHANNELS))
    content = bytearray(path.read_bytes())
    DAMAGE[case][0](content)
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        list(seed_v.read_trials(path, [(3.0, 4.0)]))
    assert str(caught.value).startswith(f"{path}: ")
    assert DAMAGE[case][1] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_electrode_that_is_left_out_may_have_no_scale(tmp_path: Path) -> None:
    path = write_cnt(tmp_path / "a.cnt", eeg(0, LENGTH, CHANNELS))
    content = bytearray(path.read_bytes())
    set_header("<f", 900 + 75 * CNT_LABELS.index("VEO") + 59, 0.0)(content)
    path.write_bytes(content)
    assert len(list(seed_v.read_trials(path, [(3.0, 4.0)]))) == 1


@pytest.mark.parametrize("table", [b"", b"\x01", b"\x09\xff\xff\xff\x7f\xff\xff",
                                   b"\x01\x50\0\0\0\0\0\0\0" + b"\xff" * 80])
def test_events_cannot_stop_a_read(tmp_path: Path, table: bytes) -> None:
    """They are not used: a table that is cut, of an unknown kind, or of nonsense does not matter."""
    path = write_cnt(tmp_path / "a.cnt", eeg(0, LENGTH, CHANNELS))
    whole = [signal for signal, _ in seed_v.read_trials(path, [(3.0, 4.0)])]
    path.write_bytes(path.read_bytes()[: DATA_AT + 4 * CHANNELS * LENGTH] + table)
    assert np.array_equal(whole, [signal for signal, _ in seed_v.read_trials(path, [(3.0, 4.0)])])


TIMES = {k: [(6 * i + 4, 6 * i + 5) for i in range(15)] for k in (1, 2, 3)}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_seed_v(tmp_path_factory.mktemp("SEED-V"), [4], TIMES)


def test_data_root_by_other_names(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From inside the folder, and through a link of another name, whose parent does not hold the list of times."""
    want = seed_v.load(release).parameters
    monkeypatch.chdir(release / "EEG_raw")
    assert seed_v.load(Path()).parameters == want
    os.symlink(release / "EEG_raw", tmp_path / "my data")
    assert seed_v.load(tmp_path / "my data").parameters == want
    os.symlink(release, tmp_path / "all")
    assert seed_v.load(tmp_path / "all").parameters == want
    (tmp_path / seed_v.TIMES_NAME).write_text("another list")
    with pytest.raises(UserError, match=r"got .* and .*, expected one of them"):
        seed_v.load(tmp_path / "my data")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gbk"])
def test_list_of_times_in_other_encodings(tmp_path: Path, release: Path, encoding: str) -> None:
    text = "被试 start and end\n" + (release / seed_v.TIMES_NAME).read_text()
    path = tmp_path / seed_v.TIMES_NAME
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert seed_v.read_times(path) == seed_v.read_times(release / seed_v.TIMES_NAME)


def test_a_session_twice_in_the_list_of_times(tmp_path: Path, release: Path) -> None:
    text = (release / seed_v.TIMES_NAME).read_text()
    path = tmp_path / seed_v.TIMES_NAME
    path.write_text(text + text)
    assert seed_v.read_times(path)
    path.write_text(text + text.replace("Session 3", "Session 2").replace("[4,", "[3,"))
    with pytest.raises(UserError, match=r"Session (1|2): got it twice, with other times"):
        seed_v.read_times(path)
