"""Signals and features that carry nothing are refused by name, in every reader and after conditioning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eeg_files import in_memory, noise
from emotion_files import ELECTRODES, deap_arrays, dreamer_tree, py2_pickle, write_v73
from seed_files import CNT_LABELS, eeg, session, write_cnt, write_seed
from seed_files import write_v5 as write_seed_v5

from base.errors import UserError
from model.data import trials
from model.data.recording import Preparation, Recording
from model.data.registry import load
from model.data.sets import deap, eegmat, seed_v
from model.data.signal.conditioning import check_signal, condition, from_baseline
from model.data.signal.features import extract

RATE = 200
HEAD = """
name = "office"
class_names = ["rest", "work"]
sampling_hz = 200
sample_s = 1.0
frames_per_sample = 4
"""
NAMES = ("Fp1", "Cz", "O1")


def folder(path: Path, signal: np.ndarray, trial: str = "") -> Path:
    """An own data set of one npz and one trial, whose electrodes stand in one row."""
    electrodes = list(("Fp1", "Cz", "O1")[: len(signal)])
    np.savez(path / "a.npz", signal=signal, sampling_hz=RATE)
    text = f'{HEAD}electrodes = {electrodes}\ngrid = [{electrodes}]\n[[trials]]\nfile = "a.npz"\nsubject = 1\n'
    (path / "dataset.toml").write_text(text.replace("'", '"') + f'label = "rest"\n{trial}\n')
    return path


def refused(read: Callable[[], object], *words: str) -> None:
    with pytest.raises(UserError) as caught:
        read()
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def everything(name: str, root: Path) -> list[trials.Trial]:
    dataset = load(name, root)
    return trials.extract(dataset, dataset.settings)


@pytest.mark.parametrize(("count", "left"), [(1, "Fp1, whose common average leaves nothing"),
                                             (2, "Fp1 Cz, whose common average leaves the same signal twice")])
def test_too_few_electrodes_for_a_common_average(tmp_path: Path, count: int, left: str) -> None:
    root = folder(tmp_path, noise(0, 10, RATE, count))
    refused(lambda: load("folder", root), f"{root / 'dataset.toml'}: electrodes: got {left}", "expected at least 3")
    root = folder(tmp_path, noise(0, 10, RATE, count), "start_s = 3\nbaseline_s = [0, 3]")
    assert len(everything("folder", root)) == 1


def test_what_conditioning_leaves_of_one_electrode() -> None:
    data = in_memory([Recording(1, 0, 2, 0, condition(np.repeat(noise(0, 9, channels=1), 19, 0), 128))],
                     eegmat.LAYOUT, eegmat.SETTINGS)
    refused(lambda: trials.extract(data, eegmat.SETTINGS),
            "noise: subject 1, session 0, trial 2: conditioned signal Fp1", "of a dead electrode")


@pytest.mark.parametrize("trial", ["", "start_s = 3\nbaseline_s = [0, 3]"])
def test_own_recordings_in_volt(tmp_path: Path, trial: str) -> None:
    root = folder(tmp_path, 1e-6 * noise(0, 10, RATE, 3), trial)
    refused(lambda: everything("folder", root), str(root / "a.npz"), "Fp1: got", "uV r.m.s.", "as if in volt")


def test_an_electrode_flat_in_the_film_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The baseline moves: a check of that alone lets every feature of the film through as silence."""
    monkeypatch.setattr(deap, "TRIALS", 3)
    monkeypatch.setattr(deap, "SHAPE", (3, 40, 8064))
    arrays = deap_arrays(0, 3)
    for value in (7.0, 7.0 + 1e-9 * np.arange(7680) % 3):
        arrays["data"][1, deap.CHANNELS.index("Pz"), 384:] = value
        (tmp_path / "s01.dat").write_bytes(py2_pickle(arrays))
        refused(lambda: everything("deap", tmp_path), f"{tmp_path / 's01.dat'}: trial 2: Pz: got ")
    tree = dreamer_tree(0)
    tree["Data"][0]["EEG"]["stimuli"][4][:, 6] = 4100.0
    path = write_v73(tmp_path / "DREAMER.mat", {"DREAMER": tree})
    refused(lambda: everything("dreamer", tmp_path), f"{path}: subject 1, trial 5: O1: got a flat line")
    signal = eeg(0, 12_000, 66)
    signal[CNT_LABELS.index("PZ"), 4000:] = 20.0
    path = write_cnt(tmp_path / "a.cnt", signal)
    refused(lambda: list(seed_v.read_trials(path, [(4.0, 11.0)])), f"{path}: trial 1: Pz: got ")


def test_feature_on_the_power_floor_in_every_frame() -> None:
    """Delta alone: the amplitude is EEG's, but there is nothing above 4 Hz to take a logarithm of."""
    slow = noise(0, 9)
    slow[4] = 20 * np.sin(2 * np.pi * 2 * np.arange(slow.shape[1]) / 128)
    settings = Preparation(("pse", "bandpower"), "none", "train-subjects", 1)
    data = in_memory([Recording(1, 0, 2, 0, slow)], eegmat.LAYOUT, settings)
    refused(lambda: trials.extract(data, settings),
            "noise: subject 1, session 0, trial 2: Fz: bandpower_theta: got less",
            "in each of the 6 frames", "expected a signal in it")
    slow[4, 500:520] += noise(1, 9)[0, 500:520]
    assert len(trials.extract(data, settings)) == 1


def test_an_artefact_in_the_baseline_does_not_silence_the_film() -> None:
    """In deviations of a loud baseline a film of 10 uV lies below 1e-4: the floor is microvolt, not deviations."""
    film, baseline = noise(0, 9), noise(1, 3)
    quiet, _ = from_baseline(film, baseline, eegmat.LAYOUT.electrodes, "trial")
    baseline[:, 100:200] += 8000.0
    loud, unit = from_baseline(film, baseline, eegmat.LAYOUT.electrodes, "trial")
    assert loud.std() < 0.01
    entropy = extract(loud, ("pse",), eegmat.LAYOUT, unit)
    np.testing.assert_allclose(entropy, extract(quiet, ("pse",), eegmat.LAYOUT), atol=1e-9)
    assert entropy.std() > 0.01
    powers = extract(loud, ("bandpower", "de"), eegmat.LAYOUT, unit)
    assert (powers > np.log(1e-4 / unit**2)[None, :, None] + 1).all()


def glitch(signal: np.ndarray) -> None:
    signal[1] = 5.0
    signal[1, 700] = 300.0


def rail(signal: np.ndarray) -> None:
    signal[1, 100:] = 3276.7


def copy(signal: np.ndarray) -> None:
    signal[1] = signal[0]


def clip(signal: np.ndarray) -> None:
    signal[1] = np.clip(signal[1], *np.quantile(signal[1], [0.4, 0.6]))


def mains(signal: np.ndarray) -> None:
    signal[1] = np.where(np.arange(signal.shape[1]) // 2 % 2, 3276.7, -3276.8)


def spike(signal: np.ndarray) -> None:
    signal[1, 700] = -1e300


def far_offset(signal: np.ndarray) -> None:
    signal[1] += 2e7


@pytest.mark.parametrize(("spoil", "words"), [
    (clip, "in 80.0% of it, expected a signal that is not clipped"),
    (mains, "Cz: got -3276.8 or 3276.7 in 100.0% of it, expected a signal that is not clipped"),
    (spike, "Cz: got a value of 1e+300 uV"), (far_offset, "Cz: got a value of 2e+07 uV, expected at most 1e+07"),
    (glitch, "Cz: got a line that is flat in 99.9% of it"), (rail, "Cz: got a line that is flat in 95.0% of it"),
    (copy, "Cz: got a copy of Fp1, sample by sample, expected a signal of its own"),
])
def test_what_no_electrode_records(spoil: Callable[[np.ndarray], None], words: str) -> None:
    signal = noise(0, 10, RATE, 3)
    check_signal(signal, NAMES, "a.edf: channel")
    spoil(signal)
    refused(lambda: check_signal(signal, NAMES, "a.edf: channel"), "a.edf: channel Cz: got ", words)


def test_still_ends_of_films_are_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros at a file's end would be smoothed back into the last sample; a film of DREAMER ends before them."""
    monkeypatch.setattr(deap, "TRIALS", 2)
    monkeypatch.setattr(deap, "SHAPE", (2, 40, 8064))
    arrays = deap_arrays(0, 2)
    arrays["data"][1, :, -256:] = 0.0
    (tmp_path / "s01.dat").write_bytes(py2_pickle(arrays))
    whole, cut = load("deap", tmp_path).read(1)
    assert (whole.signal.shape, whole.notes) == ((32, 7680), ())
    assert cut.signal.shape == (32, 7424)
    assert cut.notes == (f"{tmp_path / 's01.dat'}: trial 2: left out 2.00 s at the end, where no electrode moves",)
    tree = dreamer_tree(0, seconds=62)
    stimuli = tree["Data"][0]["EEG"]["stimuli"]
    stimuli[3][-128:] = 4000.0
    tree["noOfSubjects"] = np.array([[23.0]])
    path = write_v73(tmp_path / "DREAMER.mat", {"DREAMER": tree})
    recordings = list(load("dreamer", tmp_path).read(1))
    assert recordings[2].notes == (f"{path}: 1 people, of the 23 that noOfSubjects says",)
    assert "trial 4: stimuli: left out 1.00 s at the end" in recordings[3].notes[1]
    assert recordings[3].signal.shape == (14, 7680)
    before = stimuli[3][-7808:-128, ELECTRODES.index("F7")]
    in_uv = recordings[3].signal[0] * np.asarray(recordings[3].unit_uv)[0]
    np.testing.assert_allclose(in_uv, before - baseline_mean(tree), atol=1e-6)


def baseline_mean(tree: dict[str, Any]) -> float:
    """Of F7, the grid's first electrode, over the baseline of trial 4."""
    return float(tree["Data"][0]["EEG"]["baseline"][3][:, ELECTRODES.index("F7")].mean())


def test_still_ends_in_the_sets_of_62_electrodes(tmp_path: Path) -> None:
    root = write_seed(tmp_path, [1])
    path = root / "Preprocessed_EEG" / "1_20131027.mat"
    variables = session(11, 15)
    variables["djc_eeg3"] = np.pad(variables["djc_eeg3"], ((0, 0), (100, 300)))
    write_seed_v5(path, variables)
    third = list(load("seed", root).read(1))[2]
    assert third.signal.shape == (62, 603)
    assert third.notes == (f"{path}: djc_eeg3: left out 0.50 s at the start and 1.50 s at the end, where no electrode "
                           "moves",)
    signal = eeg(0, 12_000, 66)
    signal[:, 10_000:] = 0.0
    cnt = write_cnt(tmp_path / "a.cnt", signal)
    refused(lambda: list(seed_v.read_trials(cnt, [(4.0, 11.0)])), f"{cnt}: trial 1: got 1.00 s at the end, where no "
            "electrode moves, expected a recording to the end of the film")
