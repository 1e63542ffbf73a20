"""Electrodes by name: exactly, then the usual spellings; never two of a name, and the file's labels in the error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from edf_bytes import Wave, write
from eeg_files import LABELS, noise, read_signal, write_eegmat
from own_files import HEAD, NAMES, RATE, one, read, refused, stack, waves

from base.errors import UserError
from model.data.formats.channels import check_distinct, find, plain, site
from model.data.sets import eegmat
from model.data.signal.conditioning import condition


def named(names: dict[str, str]) -> list[Wave]:
    return [replace(wave, label=names.get(wave.label, wave.label)) for wave in waves()]


@pytest.mark.parametrize(("label", "name"), [
    ("Cz", "Cz"), ("EEG Cz", "Cz"), ("EEG CZ-REF", "CZ"), ("eeg cz-le", "cz"), ("Fc5.", "Fc5"), ("C3..", "C3"),
    ("EEG Fp1-LE", "Fp1"), ("EEG:Fp1-Ref", "Fp1"), ("EEG_Fp1", "Fp1"), ("EEG-Fp1-AR", "Fp1"), (" O1 ", "O1"),
    ("C3-A2", "C3-A2"), ("Fp1-F3", "Fp1-F3"), ("EEG A2-A1", "A2-A1"), ("EEG", "EEG"), ("EEG 001", "001"),
    ("...", "..."), ("-LE", "-LE"), ("", ""), ("EEG Fp1 -Ref", "Fp1"), ("REF", "REF"),
])
def test_names_alone(label: str, name: str) -> None:
    assert plain(label) == name


@pytest.mark.parametrize(("old", "new"), [("T3", "T7"), ("t4", "EEG T8-LE"), ("EEG T5", "p7"), ("T6..", "P8")])
def test_the_older_names(old: str, new: str) -> None:
    assert site(old) == site(new)
    assert find(["Cz", old], [new], Path("a.edf")) == [1]
    assert find([new], [old], Path("a.edf")) == [0]


@pytest.mark.parametrize("name", ["EEG Cz", "CZ", "eeg cz-ref", "Cz..", "EEG CZ-LE", "Cz"])
def test_usual_spellings_are_found(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.edf", named({"Cz": name}))
    (recording,) = read(one(tmp_path, "a.edf"))
    np.testing.assert_allclose(recording.signal, condition(stack(waves()), RATE), atol=0.05)


def test_two_labels_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.edf", [*named({"Cz": "EEG Cz"}), Wave("CZ", noise(7, 10, RATE, channels=1)[0])])
    refused(one(tmp_path, "a.edf"), "a.edf: channels: got EEG Cz (signal 3) and CZ (signal 6) for Cz, expected one")
    write(tmp_path / "a.edf", [*waves(), Wave("Cz", noise(7, 10, RATE, channels=1)[0])])
    refused(tmp_path, "a.edf: channels: got Cz (signal 3) and Cz (signal 6) for Cz")


def test_the_exact_label_comes_first(tmp_path: Path) -> None:
    other = noise(7, 10, RATE, channels=1)[0]
    write(tmp_path / "a.edf", [*waves(), Wave("EEG Cz", other), Wave("CZ", other + 1)])
    (recording,) = read(one(tmp_path, "a.edf"))
    np.testing.assert_allclose(recording.signal, condition(stack(waves()), RATE), atol=0.05)


@pytest.mark.parametrize("pair", [("Cz", "cz"), ("Cz", "EEG Cz"), ("T3", "T7"), ("EEG Pz-LE", "Pz-REF"), ("Oz", "Oz")])
def test_electrodes_that_mean_the_same_are_refused(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=f"a.toml: electrodes: got {pair[0]} and {pair[1]}, the same electrode"):
        check_distinct(("Fz", *pair), "a.toml: electrodes")
    head = HEAD.replace('"Cz"', f'"{pair[0]}", "{pair[1]}"')
    write(tmp_path / "a.edf", waves())
    refused(one(tmp_path, "a.edf", head=head), f"dataset.toml: electrodes: got {pair[0]} and {pair[1]}")


@pytest.mark.parametrize("grid", [True, False])
def test_an_electrode_as_its_file_has_it(tmp_path: Path, grid: bool) -> None:
    """Without a grid it is placed by its name alone."""
    write(tmp_path / "a.edf", [replace(wave, label=f"EEG {wave.label}-LE") for wave in waves()])
    head = HEAD
    for name in NAMES:
        head = head.replace(f'"{name}"', f'"EEG {name}-LE"')
    if not grid:
        head = "\n".join(line for line in head.splitlines() if not line.startswith("grid")) + "\n"
    (recording,) = read(one(tmp_path, "a.edf", head=head))
    np.testing.assert_allclose(recording.signal, condition(stack(waves()), RATE), atol=0.05)


def test_an_error_shows_the_files_labels(tmp_path: Path) -> None:
    write(tmp_path / "a.edf", [*named({"Cz": "C3-A2", "O2": "Oz"}), Wave("ECG", noise(7, 10, RATE, channels=1)[0])])
    refused(one(tmp_path, "a.edf"), "a.edf: channels: got none for Cz O2 (it has Fp1, Fp2, C3-A2, O1, Oz, ECG)")


def test_two_files_of_one_subject_and_class_are_refused(tmp_path: Path) -> None:
    folder = write_eegmat(tmp_path, [0, 1])
    (folder / "Subject0_1.edf").write_bytes((folder / "Subject00_1.edf").read_bytes())
    with pytest.raises(UserError, match=r"subject 0: got Subject00_1\.edf and Subject0_1\.edf, expected one of them"):
        eegmat.load(folder)
    (folder / "Subject0_1.edf").rename(folder / "subject01_2.EDF")
    with pytest.raises(UserError, match=r"subject 1: got Subject01_2\.edf and subject01_2\.EDF"):
        eegmat.load(folder)


def test_a_subjects_number_has_a_limit(tmp_path: Path) -> None:
    folder = write_eegmat(tmp_path, [0])
    (folder / "Subject00_1.edf").rename(folder / "Subject99999999999999999999_1.edf")
    with pytest.raises(UserError, match=r"^subject: got 99999999999999999999, expected 0 … "):
        eegmat.load(folder)


def test_eegmat_with_an_electrode_twice_or_renamed(tmp_path: Path) -> None:
    values = noise(1, 10, 128, channels=20)
    parts = [Wave(label, row, 128) for label, row in zip([*LABELS, "CZ"], values, strict=True)]
    write(tmp_path / "a.edf", parts)
    with pytest.raises(UserError, match=r"a\.edf: channels: got EEG Cz \(signal \d+\) and CZ \(signal 20\) for Cz"):
        read_signal(tmp_path / "a.edf")
    write(tmp_path / "b.edf", [replace(wave, label=wave.label.replace("T3", "T7")) for wave in parts[:-1]])
    write(tmp_path / "c.edf", parts[:-1])
    np.testing.assert_array_equal(*(read_signal(tmp_path / name)[0] for name in ("b.edf", "c.edf")))
