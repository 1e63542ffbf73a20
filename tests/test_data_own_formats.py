"""FIF, BrainVision and npz as people have them: gzipped, split, cut short, in other units, in older codepages."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
import pytest
from eeg_files import noise
from own_files import NAMES, RATE, one, read, refused

from model.data.formats.brainvision import open_brainvision
from model.data.registry import load
from model.data.signal.conditioning import condition

VALUES = noise(3, 10, RATE, channels=5)


def raw(kinds: str | list[str] = "eeg") -> mne.io.RawArray:
    return mne.io.RawArray(VALUES * 1e-6, mne.create_info(list(NAMES), RATE, kinds, verbose="ERROR"), verbose="ERROR")


def brainvision(folder: Path, values: np.ndarray = VALUES, unit: str = "µV", **changes: str) -> Path:
    """The format's two files, by its specification; `changes` are keys of the header, None leaves one out."""
    common = {"DataFile": "a.eeg", "DataFormat": "BINARY", "DataOrientation": "MULTIPLEXED", "NumberOfChannels": "5",
              "SamplingInterval": "5000", "BinaryFormat": "IEEE_FLOAT_32", "resolution": "1", "first": ""} | changes
    dtype = {"INT_16": "<i2", "INT_32": "<i4"}.get(common["BinaryFormat"], "<f4")
    ordered = values if common["DataOrientation"] == "VECTORIZED" else values.T
    (folder / "a.eeg").write_bytes(np.round(ordered / float(common["resolution"]), 6).astype(dtype).tobytes())
    keys = "".join(f"{key}={common[key]}\n" for key in common if key not in ("BinaryFormat", "resolution", "first"))
    channels = "".join(f"Ch{k}={name},,{common['resolution']},{unit}\n" for k, name in enumerate(NAMES, start=1))
    first = common["first"] or "Brain Vision Data Exchange Header File Version 1.0"
    text = (f"{first}\n; comment\n[Common Infos]\n{keys}[Binary Infos]\nBinaryFormat={common['BinaryFormat']}\n"
            f"[Channel Infos]\n{channels}[Comment]\n= [free] text %(\n")
    (folder / "a.vhdr").write_bytes(text.encode("cp1252" if "first" in changes else "utf-8"))
    return folder / "a.vhdr"


def same(folder: Path, file: str, atol: float = 0.01) -> None:
    np.testing.assert_allclose(read(one(folder, file))[0].signal, condition(VALUES, RATE), atol=atol)


@pytest.mark.parametrize("name", ["a.fif", "a_raw.fif", "a_eeg.fif.gz", "A.FIF.GZ"])
@pytest.mark.filterwarnings("ignore:This filename")
def test_fif_gzipped_and_under_any_name(tmp_path: Path, name: str) -> None:
    lower = tmp_path / name.lower()
    raw().save(lower, fmt="double", verbose="ERROR")
    if name != name.lower():
        refused(one(tmp_path, name), f"no {name}")  # where names differ by case, so do files
        return
    same(tmp_path, name)


def test_a_fif_channel_that_is_not_in_volt(tmp_path: Path) -> None:
    raw(["eeg", "eeg", "mag", "eeg", "eeg"]).save(tmp_path / "a_raw.fif", verbose="ERROR")
    refused(one(tmp_path, "a_raw.fif"), "a_raw.fif: channel Cz: got 112 (FIFF_UNIT_T), times 0", "expected volt")


def test_fif_that_holds_microvolt_where_volt_belongs(tmp_path: Path) -> None:
    info = mne.create_info(list(NAMES), RATE, "eeg", verbose="ERROR")
    mne.io.RawArray(VALUES, info, verbose="ERROR").save(tmp_path / "a_raw.fif", verbose="ERROR")
    refused(one(tmp_path, "a_raw.fif"), "channel Fp1: got ", "microvolt had been taken for volt")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.6, 0.95, 0.9999])
def test_a_fif_cut_short(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a_raw.fif"
    raw().save(path, buffer_size_sec=1.0, verbose="ERROR")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refused(one(tmp_path, path.name), "a_raw.fif: ")


def test_a_split_fif_without_its_second_part(tmp_path: Path) -> None:
    info = mne.create_info(list(NAMES), RATE, "eeg", verbose="ERROR")
    long = mne.io.RawArray(noise(3, 400, RATE, channels=5) * 1e-6, info, verbose="ERROR")
    long.save(tmp_path / "a_raw.fif", split_size="2MB", buffer_size_sec=1.0, fmt="double", verbose="ERROR")
    dataset = load("folder", one(tmp_path, "a_raw.fif"))
    assert dataset.files is not None
    assert {path.name for path in dataset.files(0)} == {"a_raw.fif", *(f"a_raw-{k}.fif" for k in (1, 2, 3))}
    assert read(tmp_path)[0].signal.shape == (5, 80000)
    (tmp_path / "a_raw-1.fif").unlink()
    refused(tmp_path, "a_raw.fif: not a readable recording")


@pytest.mark.parametrize("change", [
    {}, {"DataOrientation": "VECTORIZED"}, {"BinaryFormat": "INT_16", "resolution": "0.01"},
    {"BinaryFormat": "INT_32", "resolution": "0.001"}, {"DataPoints": "2000"}, {"unit": "uV"},
    {"unit": ""}, {"first": "Brain Vision Data Exchange Header File Version 1.0 §"},
])
def test_brainvision_in_its_forms_equals_mne(tmp_path: Path, change: dict[str, str]) -> None:
    path = brainvision(tmp_path, **change)
    same(tmp_path, "a.vhdr", atol=0.02)
    recorded = open_brainvision(path, NAMES)
    mnes = mne.io.read_raw_brainvision(path, verbose="ERROR").get_data() * 1e6
    np.testing.assert_allclose(recorded.read(0, 2000), mnes, atol=1e-6)
    np.testing.assert_array_equal(recorded.read(17, 99), recorded.read(0, 2000)[:, 17:99])


def test_brainvision_files_named_after_the_header(tmp_path: Path) -> None:
    brainvision(tmp_path, DataFile="$b.eeg")
    same(tmp_path, "a.vhdr")
    dataset = load("folder", tmp_path)
    assert dataset.files is not None
    assert [path.name for path in dataset.files(0)] == ["a.vhdr", "a.eeg"]


def test_brainvision_with_the_highest_byte_first(tmp_path: Path) -> None:
    path = brainvision(tmp_path)
    path.write_text(path.read_text("utf-8").replace("[Channel", "UseBigEndianOrder=YES\n[Channel"), "utf-8")
    (tmp_path / "a.eeg").write_bytes(VALUES.T.astype(">f4").tobytes())
    same(tmp_path, "a.vhdr")


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1e-3), ("V", 1e-6), ("nV", 1e3)])
def test_brainvision_in_other_units(tmp_path: Path, unit: str, factor: float) -> None:
    brainvision(tmp_path, VALUES * factor, unit)
    (tmp_path / "a.eeg").write_bytes((VALUES * factor).T.astype("<f4").tobytes())
    same(tmp_path, "a.vhdr")


@pytest.mark.parametrize(("change", "words"), [
    ({"unit": "C"}, "a.vhdr: channel Fp1: unit: got 'C'"), ({"unit": "ARU"}, "a.vhdr: channel Fp1: unit: got 'ARU'"),
    ({"DataPoints": "2001"}, "a.eeg: samples: got 2000 (40000 bytes), expected 2001, as a.vhdr says"),
    ({"DataPoints": "1999"}, "expected 1999, as a.vhdr says"), ({"NumberOfChannels": "4"}, "none for O2"),
    ({"NumberOfChannels": "6"}, "a.vhdr: not a readable recording"),
    ({"DataFile": "b.eeg"}, "a.vhdr: DataFile: got no b"), ({"DataFormat": "ASCII"}, "a.vhdr: DataFormat: got ASCII"),
    ({"SamplingInterval": "0"}, "a.vhdr: header: got"), ({"SamplingInterval": "nan"}, "a.vhdr: header: got"),
    ({"BinaryFormat": "INT_24"}, "a.vhdr: BinaryFormat: got INT_24"),
    ({"SegmentationType": "MARKERBASED"}, "a.vhdr: SegmentationType: got MARKERBASED, expected NOTSEGMENTED"),
    ({"Averaged": "YES"}, "a.vhdr: Averaged: got YES"), ({"DataType": "FREQUENCYDOMAIN"}, "a.vhdr: DataType: got FREQ"),
    ({"resolution": "0.5", "SamplingInterval": "4000"}, "a.vhdr: sampling rate: got 250 Hz"),
    ({"first": "[Common Infos]"}, "a.vhdr: first line: got"), ({"MarkerFile": "a.vmrk"}, "a.vhdr: not a readable"),
])
def test_brainvision_that_contradicts_itself(tmp_path: Path, change: dict[str, str], words: str) -> None:
    brainvision(tmp_path, **change)
    refused(one(tmp_path, "a.vhdr"), words)


@pytest.mark.parametrize(("old", "new"), [("Ch2=", "Ch2 "), ("[Common Infos]", "[Common"), ("[Channel Infos]\n", "")])
def test_a_brainvision_header_that_is_none(tmp_path: Path, old: str, new: str) -> None:
    path = brainvision(tmp_path)
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    refused(one(tmp_path, "a.vhdr"), "a.vhdr: not a readable recording: ")


def test_a_fif_with_a_tag_that_mne_does_not_know(tmp_path: Path) -> None:
    """It raises Exception itself."""
    path = tmp_path / "a_raw.fif"
    raw().save(path, fmt="double", verbose="ERROR")
    rate, real = (201).to_bytes(4, "big"), (4).to_bytes(4, "big")
    assert rate + real in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(rate + real, rate + (43267).to_bytes(4, "big")))
    refused(one(tmp_path, path.name), "a_raw.fif: not a readable recording: ")


def test_an_npz_whose_array_begins_wrong(tmp_path: Path) -> None:
    """numpy reads an array's header as Python, and fails as Python's tokeniser does."""
    path = tmp_path / "a.npz"
    header = b"\x93NUMPY\x01\0" + (10).to_bytes(2, "little") + b"{'descr': ("[:9] + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("signal.npy", "sampling_hz.npy"):
            archive.writestr(name, header)
    refused(one(tmp_path, "a.npz"), "a.npz: not a readable recording: ")


@pytest.mark.parametrize("cut", [1, 20 * 500 + 3])
def test_brainvision_data_cut_inside_a_sample(tmp_path: Path, cut: int) -> None:
    brainvision(tmp_path)
    os.truncate(tmp_path / "a.eeg", 40000 - cut)
    refused(one(tmp_path, "a.vhdr"), "a.eeg: samples: got ", "expected whole ones")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_an_npz_cut_short(tmp_path: Path, write: Callable[..., None], share: float) -> None:
    path = tmp_path / "a.npz"
    write(path, signal=VALUES, sampling_hz=RATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refused(one(tmp_path, "a.npz"), "a.npz: not a readable recording")
