"""The emotion sets at full size, in their exact layouts: SIMULATED EEG in which each class has an effect of its own.

Per person s and film of class c, microvolt:

    signal = M_s background + sum_g a[s,g,c] m_g(t) 1_g

Background: 1/f^e noise, e and the mixing M_s of the person's own. m_g: a 10 Hz rhythm at the g-th part of the
electrodes, of as many parts as classes; its log power drifts by DRIFT from film to film, and is EFFECT higher (times
the person's own strength) where g = c. So a network that has learnt it from some people knows it in others.
Films last as long as the releases' do, in all: SEED 3394 s a session, SEED-IV 3351 s in the mean, SEED-V 2431 s and
the pauses between; DREAMER's 65 to 393 s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import emotion_files
import numpy as np
import seed_files

from model.data.sets.seed import SEED_IV_LABELS
from model.data.sets.seed_v import SESSION_LABELS

EFFECT, DRIFT, SPREAD = 0.9, 0.3, 0.3  # of log power: of the class; from film to film; of EFFECT between people
BACKGROUND_UV, RHYTHM_UV = 10.0, 4.0
SEED_S = (235, 233, 206, 238, 185, 195, 237, 216, 265, 237, 235, 233, 235, 238, 206)
SEED_IV_S = tuple(round(45 + 189.25 * k / 23) for k in range(24))
SEED_V_S, PAUSE_S = (182, 144, 160), 30  # a film of sessions 1, 2, 3; before each film
DREAMER_S = tuple(round(65 + 268 * k / 17) for k in range(18))


@dataclass(frozen=True)
class Person:
    """rng: of this person's films, drawn one after the other."""

    rng: np.random.Generator
    parts: np.ndarray  # (electrodes,): part of each
    mixing: np.ndarray  # (electrodes, electrodes)
    exponent: float
    hz: float
    strength: float

    def film(self, label: int | None, samples: int, rate_hz: int) -> np.ndarray:
        """float32 (electrodes, samples) in microvolt; None: no class, a rest."""
        lines = np.fft.rfftfreq(samples, 1 / rate_hz)
        shape = np.where(lines >= 0.5, np.maximum(lines, 0.5) ** (-self.exponent / 2), 0.0)
        signal = self.mixing @ self._shaped(shape, len(self.parts), samples)
        signal *= np.float32(BACKGROUND_UV / signal.std())
        waves = self._shaped(np.exp(-0.25 * (lines - self.hz) ** 2), self.parts.max() + 1, samples)
        for part, wave in enumerate(waves):
            power = self.rng.normal(0, DRIFT) + EFFECT * self.strength * (part == label)
            signal[self.parts == part] += np.float32(RHYTHM_UV * np.exp(power / 2) / wave.std()) * wave
        return signal

    def _shaped(self, shape: np.ndarray, rows: int, samples: int) -> np.ndarray:
        noise = np.fft.rfft(self.rng.standard_normal((rows, samples), np.float32)) * shape
        return np.fft.irfft(noise, n=samples).astype(np.float32)


def person(number: int, electrodes: int, classes: int) -> Person:
    rng = np.random.default_rng([20190118, number])
    mixing = np.eye(electrodes) + 0.5 * rng.normal(size=(electrodes, electrodes)) / np.sqrt(electrodes)
    parts = np.arange(electrodes) * classes // electrodes
    return Person(rng, parts, mixing.astype(np.float32), rng.normal(1.2, 0.15), rng.normal(10, 0.5),
                  max(0.0, rng.normal(1, SPREAD)))


def _sessions(own: Person, seconds: tuple[int, ...], labels: tuple[int, ...], prefix: str) -> dict[str, np.ndarray]:
    """One .mat's variables."""
    films = zip(seconds, labels, strict=True)
    return {f"{prefix}{k}": own.film(label, 200 * s, 200).astype(np.float64) for k, (s, label) in enumerate(films, 1)}


def write_seed(root: Path, people: int) -> None:
    folder = root / "Preprocessed_EEG"
    folder.mkdir(parents=True)
    seed_files.write_v5(folder / "label.mat", {"label": np.array([seed_files.SEED_LABELS])})
    labels = tuple(label + 1 for label in seed_files.SEED_LABELS)
    for number in range(1, people + 1):
        own = person(number, seed_files.CHANNELS, 3)
        for date in (20131027, 20131030, 20131107):
            seed_files.write_v5(folder / f"{number}_{date}.mat", _sessions(own, SEED_S, labels, "djc_eeg"))


def write_seed_iv(root: Path, people: int) -> None:
    for session in (1, 2, 3):
        (root / "eeg_raw_data" / str(session)).mkdir(parents=True)
    for number in range(1, people + 1):
        own = person(number, seed_files.CHANNELS, 4)
        for session, labels in enumerate(SEED_IV_LABELS, 1):
            path = root / "eeg_raw_data" / str(session) / f"{number}_20160{session}18.mat"
            seed_files.write_v5(path, _sessions(own, SEED_IV_S, labels, "cz_eeg"))


def write_seed_v(root: Path, people: int) -> None:
    folder = root / "EEG_raw"
    folder.mkdir(parents=True)
    times = {session: [(PAUSE_S + k * (s + PAUSE_S), (k + 1) * (s + PAUSE_S)) for k in range(15)]
             for session, s in enumerate(SEED_V_S, 1)}
    seed_files.write_times(root / "trial_start_end_timestamp.txt", times)
    for number in range(1, people + 1):
        own = person(number, len(seed_files.CNT_LABELS), 5)
        for session, s in enumerate(SEED_V_S, 1):
            pieces = [own.film(label, 1000 * seconds, 1000) for film in SESSION_LABELS[session]
                      for label, seconds in ((None, PAUSE_S), (film, s))]
            path = folder / f"{number}_{session}_2018081{session}.cnt"
            seed_files.write_cnt(path, np.hstack([*pieces, own.film(None, 1000, 1000)]))


def write_deap(root: Path, people: int) -> None:
    root.mkdir(parents=True)
    for number in range(1, people + 1):
        own = person(number, 32, 2)
        labels = own.rng.uniform(1, 9, (40, 4))
        data = np.empty((40, 40, 8064))
        for trial, rating in enumerate(labels[:, 0]):
            data[trial, :32] = np.hstack([own.film(None, 3 * 128, 128), own.film(int(rating > 5), 60 * 128, 128)])
            data[trial, 32:] = own.rng.normal(0, 50, (8, 8064))  # no EEG
        (root / f"s{number:02d}.dat").write_bytes(emotion_files.py2_pickle({"labels": labels, "data": data}))


def write_dreamer(root: Path, people: int) -> None:
    root.mkdir(parents=True)

    def subject(number: int) -> dict[str, object]:
        own = person(number, 14, 2)
        scores = {f"Score{name}": own.rng.integers(1, 6, (18, 1)).astype(float)
                  for name in ("Valence", "Arousal", "Dominance")}
        high = (scores["ScoreValence"].ravel() > 3).astype(int)
        signals = {"baseline": [4000.0 + own.film(None, 61 * 128, 128).T.astype(float) for _ in range(18)],
                   "stimuli": [4000.0 + own.film(label, s * 128, 128).T.astype(float)
                               for label, s in zip(high, DREAMER_S, strict=True)]}
        return {"Age": "22", "Gender": "male", "EEG": signals, **scores}

    tree = {"Data": [subject(number) for number in range(1, people + 1)], "EEG_SamplingRate": np.array([[128.0]]),
            "EEG_Electrodes": list(emotion_files.ELECTRODES), "noOfSubjects": np.array([[float(people)]])}
    emotion_files.write_v5(root / "DREAMER.mat", {"DREAMER": tree})


@dataclass(frozen=True)
class FullSize:
    """write(root, people); people and GB of the release's size."""

    write: Callable[[Path, int], None]
    people: int
    gb: float


SETS = {"seed": FullSize(write_seed, 15, 15.2), "seed-iv": FullSize(write_seed_iv, 15, 15.0),
        "seed-v": FullSize(write_seed_v, 16, 36.6), "deap": FullSize(write_deap, 32, 3.4),
        "dreamer": FullSize(write_dreamer, 23, 1.6)}
