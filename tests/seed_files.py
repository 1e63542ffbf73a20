"""Small files in the layouts of SEED, SEED-IV and SEED-V. Neuroscan's .cnt is written from the format's facts."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import scipy.io

SEED_LABELS = (1, 0, -1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 0, 1, -1)
CHANNELS = 62
# As the .cnt files name them: upper case, with mastoids and eye channels among them.
_CNT_ORDER = """
    FP1 FPZ FP2 AF3 AF4 F7 F5 F3 F1 FZ F2 F4 F6 F8 FT7 FC5 FC3 FC1 FCZ FC2 FC4 FC6 FT8 T7 C5 C3 C1 CZ C2 C4 C6 T8 M1
    TP7 CP5 CP3 CP1 CPZ CP2 CP4 CP6 TP8 M2 P7 P5 P3 P1 PZ P2 P4 P6 P8 PO7 PO5 PO3 POZ PO4 PO6 PO8 CB1 O1 OZ O2 CB2
    HEO VEO
"""
CNT_LABELS = tuple(_CNT_ORDER.split())


def eeg(seed: int, samples: int, channels: int = CHANNELS) -> np.ndarray:
    """Noise (channels, samples), r.m.s. 10 uV about an offset of each channel's own."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 10, (channels, samples)) + rng.normal(0, 30, (channels, 1))


def write_v5(path: Path, variables: Mapping[str, np.ndarray]) -> Path:
    scipy.io.savemat(path, dict(variables))
    return path


def write_v73(path: Path, variables: Mapping[str, np.ndarray]) -> Path:
    """MATLAB 7.3: HDF5 behind a block of 512 bytes, arrays by columns, each with its MATLAB class."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            file.create_dataset(name, data=np.asarray(value, dtype=np.float64).T).attrs["MATLAB_class"] = np.bytes_(
                "double"
            )
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + struct.pack("<H2s", 0x0200, b"IM"))
    return path


def session(seed: int, trials: int, prefix: str = "djc_eeg", samples: int = 600) -> dict[str, np.ndarray]:
    """One file's variables: prefix1, prefix2, ... of 3 s, each one sample longer than the one before."""
    return {f"{prefix}{k}": eeg(100 * seed + k, samples + k) for k in range(1, trials + 1)}


def write_seed(root: Path, subjects: Sequence[int]) -> Path:
    """root/Preprocessed_EEG with label.mat, a readme and three dates for each subject; returns root."""
    folder = root / "Preprocessed_EEG"
    folder.mkdir(parents=True)
    write_v5(folder / "label.mat", {"label": np.array([SEED_LABELS])})
    (folder / "readme.txt").write_text("SEED")
    for subject in subjects:
        for k, date in enumerate((20131027, 20131030, 20131107), start=1):
            write_v5(folder / f"{subject}_{date}.mat", session(10 * subject + k, 15))
    return root


def write_seed_iv(root: Path, subjects: Sequence[int]) -> Path:
    """root/eeg_raw_data/{1,2,3}; the dates do not follow the sessions, the folders say which is which."""
    for k, date in ((1, 20160518), (2, 20161125), (3, 20160101)):
        folder = root / "eeg_raw_data" / str(k)
        folder.mkdir(parents=True)
        for subject in subjects:
            write_v5(folder / f"{subject}_{date}.mat", session(10 * subject + k, 24, "cz_eeg", 400))
    return root


def write_times(path: Path, times: Mapping[int, Sequence[tuple[int, int]]]) -> Path:
    """trial_start_end_timestamp.txt: per session a heading and two lists of seconds."""
    lines = []
    for number, trials in times.items():
        starts, ends = ([pair[i] for pair in trials] for i in (0, 1))
        lines += [f"Session {number}:", f"start_second: {starts}", f"end_second: {ends}", ""]
    path.write_text("\n".join(lines))
    return path


def write_cnt(
    path: Path, signal_uv: np.ndarray, rate: int = 1000, labels: Sequence[str] = CNT_LABELS, count: int | None = None
) -> Path:
    """Neuroscan CNT of (channels, samples), 32-bit steps of 0.1 uV.

    Structures SETUP (900 bytes), ELECTLOC (75 bytes per channel), samples channel by channel in time order, an
    empty event table: paulbourke.net/dataformats/eeg. `count`: the header's number of samples, true if None.
    """
    channels, samples = signal_uv.shape
    steps = np.round(signal_uv.T / 0.1).astype("<i4").tobytes()
    table_at = 900 + 75 * channels + len(steps)
    setup = bytearray(900)
    setup[0:12] = b"Version 3.0\0"
    setup[225:246] = b"07/15/18\x00\x0010:00:00\x00\x00\x00"
    struct.pack_into("<H", setup, 370, channels)
    struct.pack_into("<H", setup, 376, rate)
    struct.pack_into("<i", setup, 864, samples if count is None else count)
    struct.pack_into("<i", setup, 886, table_at)
    content = bytes(setup)
    for k, label in enumerate(labels):
        channel = bytearray(75)
        channel[0 : len(label)] = label.encode()
        angle = 2 * np.pi * k / channels
        struct.pack_into("<ff", channel, 19, np.cos(angle), np.sin(angle))
        struct.pack_into("<f", channel, 59, 1.0)  # sensitivity
        struct.pack_into("<f", channel, 71, 0.1 * 204.8)  # microvolt = step * sensitivity * calibration / 204.8
        content += bytes(channel)
    path.write_bytes(content + steps + struct.pack("<Bii", 1, 0, 0))
    return path


def write_seed_v(root: Path, subjects: Sequence[int], times: Mapping[int, Sequence[tuple[int, int]]]) -> Path:
    """root/EEG_raw and root/trial_start_end_timestamp.txt; recordings end 1 s after their last trial."""
    folder = root / "EEG_raw"
    folder.mkdir(parents=True)
    write_times(root / "trial_start_end_timestamp.txt", times)
    for subject in subjects:
        for number, trials in times.items():
            signal = eeg(10 * subject + number, 1000 * (trials[-1][1] + 1), len(CNT_LABELS))
            write_cnt(folder / f"{subject}_{number}_2018081{number}.cnt", signal)
    return root
