"""A user's own recordings: the same signal from every format, and one clear line for what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest
from eeg_files import noise, read_all
from own_files import HEAD, NAMES, RATE, describe, refused

from base.errors import UserError
from base.files import read_json, read_npz
from model.data.prepare import prepare
from model.data.registry import load
from model.data.signal.conditioning import condition

SIGNAL = noise(5, 10, RATE, channels=6)  # the last row is a channel that is not asked for
LABELS = (*(f"EEG {name.upper()}" for name in NAMES), "ECG")


def _edf(path: Path) -> None:
    signals = [edfio.EdfSignal(row, RATE, label=label, physical_dimension="uV", physical_range=(-200, 200))
               for label, row in zip(LABELS, SIGNAL, strict=True)]
    edfio.Edf(signals).write(path)


def _bdf(path: Path) -> None:
    signals = [edfio.BdfSignal(row, RATE, label=label, physical_dimension="uV", physical_range=(-200, 200))
               for label, row in zip(LABELS, SIGNAL, strict=True)]
    edfio.Bdf(signals).write(path)


def _fif(path: Path) -> None:
    raw = mne.io.RawArray(SIGNAL * 1e-6, mne.create_info(list(LABELS), RATE, "eeg", verbose="ERROR"), verbose="ERROR")
    raw.save(path, fmt="double", verbose="ERROR")


def _brainvision(path: Path) -> None:
    """The format's three files, by its specification; samples multiplexed, float32 microvolt."""
    SIGNAL.T.astype("<f4").tofile(path.with_suffix(".eeg"))
    channels = "\n".join(f"Ch{k}={label},,1,µV" for k, label in enumerate(LABELS, start=1))
    path.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={path.stem}.eeg\n\n[Marker Infos]\nMk1=New Segment,,1,1,0,20260101000000000000\n"
    )
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={path.stem}.eeg\nMarkerFile={path.stem}.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels={len(LABELS)}\nSamplingInterval={1e6 / RATE:g}\n\n[Binary Infos]\n"
        f"BinaryFormat=IEEE_FLOAT_32\n\n[Channel Infos]\n{channels}\n"
    )


def _npz(path: Path) -> None:
    np.savez(path, signal=SIGNAL[:5], sampling_hz=RATE)


WRITERS: dict[str, Callable[[Path], None]] = {
    "a.edf": _edf, "a.bdf": _bdf, "a_raw.fif": _fif, "a.vhdr": _brainvision, "a.npz": _npz,
}
formats = pytest.mark.parametrize("file", WRITERS)



@formats
def test_every_format_gives_the_trial_by_its_baseline(tmp_path: Path, file: str) -> None:
    WRITERS[file](tmp_path / file)
    describe(
        tmp_path,
        f'file = "{file}"\nsubject = 3\nlabel = "work"\nstart_s = 2.5\nstop_s = 7.0\nbaseline_s = [0.5, 2.5]',
        f'file = "{file}"\nsubject = 3\nsession = 2\nlabel = "rest"\nstart_s = 8.0\nbaseline_s = [0.0, 1.0]',
    )
    dataset = load("folder", tmp_path)
    first, second = read_all(dataset)
    assert (dataset.name, dataset.simulated, dataset.subjects) == ("office", False, (3,))
    assert dataset.layout.shape == (4, 3, 3)
    assert [(r.subject, r.session, r.trial, r.label) for r in (first, second)] == [(3, 1, 1, 1), (3, 2, 1, 0)]
    for recording, span, base in ((first, (500, 1400), (100, 500)), (second, (1600, 2000), (0, 200))):
        baseline = SIGNAL[:5, slice(*base)]
        want = (SIGNAL[:5, slice(*span)] - baseline.mean(axis=1, keepdims=True)) / baseline.std(axis=1, keepdims=True)
        np.testing.assert_allclose(recording.signal, want, atol=2e-3)  # EDF: 400 uV / 65536 steps


def test_without_baseline_conditioned_as_eegmat(tmp_path: Path) -> None:
    _npz(tmp_path / "a.npz")
    describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"')
    (recording,) = read_all(load("folder", tmp_path))
    np.testing.assert_allclose(recording.signal, condition(SIGNAL[:5], RATE), atol=1e-9)


def test_rows_follow_the_grid_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=SIGNAL[[4, 3, 2, 1, 0]], sampling_hz=RATE)
    turned = HEAD.replace('["Fp1", "Fp2", "Cz", "O1", "O2"]', '["O2", "O1", "Cz", "Fp2", "Fp1"]')
    describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"', head=turned)
    (recording,) = read_all(load("folder", tmp_path))
    assert load("folder", tmp_path).layout.electrodes == NAMES
    np.testing.assert_allclose(recording.signal, condition(SIGNAL[:5], RATE), atol=1e-9)


def test_grid_from_the_montage(tmp_path: Path) -> None:
    _npz(tmp_path / "a.npz")
    head = "\n".join(line for line in HEAD.splitlines() if not line.startswith("grid"))
    describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"', head=head + "\n")
    assert load("folder", tmp_path).layout.grid == (("Fp1", None, "Fp2"), (None, "Cz", None), ("O1", None, "O2"))
    describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"', head=head.replace('"Cz"', '"B17"') + "\n")
    with pytest.raises(UserError, match="electrodes: got B17, expected a name of mne's montage"):
        load("folder", tmp_path)


def test_prepare(tmp_path: Path) -> None:
    tags = [(subject, label) for subject in range(4) for label in ("rest", "work")]
    for subject, label in tags:
        _edf(tmp_path / f"{subject}-{label}.edf")
    describe(tmp_path, *(f'file = "{subject}-{label}.edf"\nsubject = {subject}\nlabel = "{label}"'
                         for subject, label in tags))
    prepare("folder", tmp_path, tmp_path / "out")
    assert read_npz(tmp_path / "out" / "samples.npz")["x"].shape == (4 * 2 * 10, 4, 3, 3)
    assert read_json(tmp_path / "out" / "dataset.json")["name"] == "office"


@formats
def test_truncated(tmp_path: Path, file: str) -> None:
    WRITERS[file](tmp_path / file)
    describe(tmp_path, f'file = "{file}"\nsubject = 0\nlabel = "rest"\nstop_s = 10.0')
    victim = tmp_path / file.replace(".vhdr", ".eeg")
    content = victim.read_bytes()
    for keep in (0.9, 0.3):
        victim.write_bytes(content[: int(keep * len(content))])
        refused(tmp_path, file)


@formats
def test_wrong_rate_and_too_long_a_trial(tmp_path: Path, file: str) -> None:
    WRITERS[file](tmp_path / file)
    trial = f'file = "{file}"\nsubject = 0\nlabel = "rest"\n'
    describe(tmp_path, trial, head=HEAD.replace("= 200", "= 256"))
    refused(tmp_path, f"{file}: sampling rate: got 200 Hz, expected dataset.toml's 256 Hz")
    describe(tmp_path, trial + "stop_s = 11.0")
    refused(tmp_path, f"{file}: length: got 10 s, expected dataset.toml's 0 to 11 s")


def test_wrong_content(tmp_path: Path) -> None:
    describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"')
    np.savez(tmp_path / "a.npz", sampling_hz=RATE)
    refused(tmp_path, "a.npz: arrays: got sampling_hz, expected one named signal")
    np.savez(tmp_path / "a.npz", signal=SIGNAL, sampling_hz=RATE)
    refused(tmp_path, "a.npz: signal: got shape (6, 2000), expected (5, samples)")
    np.savez(tmp_path / "a.npz", signal=np.array([{}] * 5, dtype=object), sampling_hz=RATE)
    refused(tmp_path, "a.npz: not a readable recording", "allow_pickle")
    flat = SIGNAL[:5].copy()
    flat[2] = 1
    np.savez(tmp_path / "a.npz", signal=flat, sampling_hz=RATE)
    refused(tmp_path, "subject 0, session 1, trial 1: channel Cz: got a flat line")
    flat[2, 7] = np.nan
    np.savez(tmp_path / "a.npz", signal=flat, sampling_hz=RATE)
    refused(tmp_path, "channel Cz: got NaN")
    _edf(tmp_path / "a.edf")
    describe(tmp_path, 'file = "a.edf"\nsubject = 0\nlabel = "rest"', head=HEAD.replace("Cz", "Pz"))
    refused(tmp_path, "a.edf: channels: got none for Pz")


@pytest.mark.parametrize(("head", "trial", "words"), [
    ("name = 3", "", ["no readable TOML", "name"]),
    ("colour = 1", "", ["colour: got an unknown key"]),
    ("", "color = 1", ["trials.1.color: got an unknown key"]),
    ("", "label = \"sleep\"", ["trials.1.label: got 'sleep', expected one of rest, work"]),
    ("", "label = 1", ["trials.1.label: got 1"]),
    ("", "subject = -1", ["trials.1.subject: got -1"]),
    ("", "session = 100", ["session: got 100, expected 0 … 99"]),
    ("", "file = \"b.npz\"", ["trials.1.file: got no b.npz"]),
    ("", "file = \"a.csv\"", ["trials.1.file: got a.csv, expected one of .edf"]),
    ("", "start_s = 5.0\nstop_s = 2.0", ["trials.1.stop_s: got 5 to 2 s"]),
    ("", "baseline_s = [2.0, 1.0]", ["trials.1.baseline_s: got 2 to 1 s"]),
    ("features = [\"psd\"]", "", ["features: got psd"]),
])
def test_wrong_description(tmp_path: Path, head: str, trial: str, words: list[str]) -> None:
    _npz(tmp_path / "a.npz")
    fields = {"file": '"a.npz"', "subject": "0", "label": '"rest"'}
    fields |= dict(line.split(" = ") for line in trial.splitlines())
    describe(tmp_path, "\n".join(f"{key} = {value}" for key, value in fields.items()), head=f"{HEAD}{head}\n")
    with pytest.raises(UserError) as caught:
        read_all(load("folder", tmp_path))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("old", "new", "words"), [
    ('"O1", "", "O2"]]', '"O1", "O2"]]', ["grid: got rows of [2, 3] cells"]),
    ('["", "Cz", ""]', '["", "Pz", ""]', ["grid: got Cz Pz, not in both"]),
    ('["", "Cz", ""]', '["", "Cz", "Cz"]', ["grid: got an electrode twice"]),
    ("sampling_hz = 200\n", "", ["sampling_hz"]),
    ("= 200", "= 50", ["sampling_hz: got 50"]),
    ("frames_per_sample = 4", "frames_per_sample = 150", ["frames_per_sample: got 150"]),
    ("[\"rest\", \"work\"]", "[\"rest\"]", ["class_names"]),
])
def test_wrong_head(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    _npz(tmp_path / "a.npz")
    assert old in HEAD
    refused(describe(tmp_path, 'file = "a.npz"\nsubject = 0\nlabel = "rest"', head=HEAD.replace(old, new)), *words)


def test_baseline_in_some_trials_only_and_no_description(tmp_path: Path) -> None:
    _npz(tmp_path / "a.npz")
    plain = 'file = "a.npz"\nsubject = 0\nlabel = "rest"'
    refused(describe(tmp_path, plain, f"{plain}\nbaseline_s = [0.0, 1.0]"), "trials.2.baseline_s: got some trials with")
    (tmp_path / "dataset.toml").unlink()
    refused(tmp_path, "without dataset.toml")
