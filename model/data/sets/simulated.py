"""SIMULATED EEG of a mental task, for when no real data is at hand. Its numbers say nothing about people.

The generative model, per subject s and class c (0 rest, 1 task):

    signal = sum_r a[s,r,c] m[s,r,c](t) T_r + background[s,c] + noise

- Head: mne's three-layer spherical conductor, 240 radial dipoles on a cortical hemisphere, and the 19
  electrodes where the 10-20 system has them; the leadfield is mne's forward solution.
- Rhythm r (RHYTHMS): narrow-band Gaussian noise around a frequency of the subject's own, from a patch of
  dipoles under one electrode; T_r is the patch's topography, 1 at its strongest electrode.
- Background: independent 1/f^e noise in every dipole, e and gains of the subject's own.
- Class: under the task frontal midline theta grows, frontal alpha falls on the left and not on the right (an
  asymmetry), occipital alpha falls. How strongly differs between subjects; and between the two recordings
  of one subject every rhythm and the background drift for no reason, so that no classifier can be perfect.
- Noise: white, each electrode's own.

Everything follows from DATA_SEED: the data are the same in every run, whatever the run's own seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mne
import numpy as np

from model.data.recording import Dataset, Recording
from model.data.sets.eegmat import LAYOUT, SETTINGS

SAMPLING_HZ = LAYOUT.sampling_hz  # the layout and settings are EEGMAT's
ELECTRODES = LAYOUT.electrodes
SUBJECTS = 24
LENGTH_S = 90
DATA_SEED = 20190118
CLASS_NAMES = ("rest", "task")

_DIPOLES = 240
_CORTEX_SHARE = 0.8  # radius of the cortex over that of the head
_PATCH_M = 0.02  # standard deviation of a patch
_BACKGROUND_UV = 8.0  # r.m.s., mean over electrodes
_NOISE_UV = 1.0
_SUBJECT_SPREAD = 0.3  # of log power: one subject's rhythm against another's
_RECORDING_SPREAD = 0.3  # of log power: one recording against the other of the same subject
_EFFECT_SPREAD = 0.3  # of the task's effect between subjects, relative


@dataclass(frozen=True)
class Rhythm:
    """electrode: above the patch. hz, width_hz: centre and standard deviation of its spectrum.

    peak_uv: r.m.s. at the strongest electrode at rest. task: mean change of its log power under the task.
    """

    electrode: str
    hz: float
    width_hz: float
    peak_uv: float
    task: float


RHYTHMS = (
    Rhythm("Fz", 6.0, 0.8, 4.0, 0.9),
    Rhythm("F3", 10.0, 1.0, 4.0, -0.9),
    Rhythm("F4", 10.0, 1.0, 4.0, 0.15),
    Rhythm("O1", 10.0, 0.8, 8.0, -0.6),
    Rhythm("O2", 10.0, 0.8, 8.0, -0.6),
    Rhythm("C3", 20.0, 2.0, 2.0, 0.0),
    Rhythm("C4", 20.0, 2.0, 2.0, 0.0),
)


def load(root: Path | None = None) -> Dataset:  # noqa: ARG001 - every reader takes a folder
    """All subjects, two recordings each, as an amplifier would give them. There is nothing to read in `root`."""
    source = "SIMULATED: dipoles on a spherical head, 1/f background, band rhythms, class-dependent asymmetry"
    parameters = repr((DATA_SEED, LENGTH_S, RHYTHMS, _DIPOLES, _CORTEX_SHARE, _PATCH_M, _BACKGROUND_UV, _NOISE_UV,
                       _SUBJECT_SPREAD, _RECORDING_SPREAD, _EFFECT_SPREAD))
    return Dataset("simulated", True, source, CLASS_NAMES, LAYOUT, SETTINGS, tuple(range(SUBJECTS)), simulate_subject,
                   lambda _: [], parameters, rest=CLASS_NAMES[0])


def simulate_subject(subject: int) -> list[Recording]:
    rng = np.random.default_rng([DATA_SEED, subject])
    exponent = rng.normal(1.2, 0.15)
    dipole_gain = np.exp(0.5 * rng.normal(0, _SUBJECT_SPREAD, _DIPOLES))
    shift_hz = rng.normal(0, 0.5)
    own = rng.normal(0, _SUBJECT_SPREAD, len(RHYTHMS))
    # One strength for all of a subject's effects: who responds, responds everywhere.
    strength = max(0.0, rng.normal(1.0, _EFFECT_SPREAD))
    recordings = []
    for label in range(len(CLASS_NAMES)):
        drift = rng.normal(0, _RECORDING_SPREAD, len(RHYTHMS) + 1)
        background_uv = _BACKGROUND_UV * np.exp(0.5 * drift[-1])
        signal = background_uv * _background(rng, exponent, dipole_gain)
        for rhythm, log_power in zip(RHYTHMS, own + drift[:-1], strict=True):
            amplitude_uv = rhythm.peak_uv * np.exp(0.5 * (log_power + label * strength * rhythm.task))
            wave = amplitude_uv * _narrow_band(rng, rhythm.hz + shift_hz, rhythm.width_hz)
            signal += np.outer(topography(rhythm.electrode), wave)
        signal += rng.normal(0, _NOISE_UV, signal.shape)
        recordings.append(Recording(subject, 0, label, label, signal, raw_hz=SAMPLING_HZ))
    return recordings


def _background(rng: np.random.Generator, exponent: float, dipole_gain: np.ndarray) -> np.ndarray:
    """(electrodes, samples): 1/f^exponent power in every dipole; r.m.s. 1, mean over electrodes."""
    hz = np.fft.rfftfreq(LENGTH_S * SAMPLING_HZ, 1 / SAMPLING_HZ)
    shape = np.where(hz >= 0.5, np.maximum(hz, 0.5) ** (-exponent / 2), 0.0)  # no drift below 0.5 Hz
    sources = _shaped_noise(rng, shape, _DIPOLES) * dipole_gain[:, None]
    signal = _leadfield()[0] @ sources
    return signal / signal.std(axis=1).mean()


def _narrow_band(rng: np.random.Generator, hz: float, width_hz: float) -> np.ndarray:
    """(samples,): Gaussian noise with a Gaussian spectrum, r.m.s. 1; it wanes over about 1/width_hz s."""
    lines = np.fft.rfftfreq(LENGTH_S * SAMPLING_HZ, 1 / SAMPLING_HZ)
    wave = _shaped_noise(rng, np.exp(-0.25 * ((lines - hz) / width_hz) ** 2), 1)[0]
    return wave / wave.std()


def _shaped_noise(rng: np.random.Generator, shape: np.ndarray, rows: int) -> np.ndarray:
    """(rows, samples): white Gaussian noise times the amplitude `shape` (lines,) in frequency."""
    white = rng.normal(size=(rows, LENGTH_S * SAMPLING_HZ))
    return np.fft.irfft(np.fft.rfft(white) * shape, n=white.shape[1])


@cache
def topography(electrode: str) -> np.ndarray:
    """(electrodes,): potential of a Gaussian patch of dipoles under `electrode`; its maximum is 1."""
    gain, dipoles, electrodes = _leadfield()
    above = electrodes[ELECTRODES.index(electrode)]
    centre = above * np.linalg.norm(dipoles[0]) / np.linalg.norm(above)
    weights = np.exp(-0.5 * (np.linalg.norm(dipoles - centre, axis=1) / _PATCH_M) ** 2)
    pattern = gain @ weights
    return pattern / np.abs(pattern).max()


@cache
def _leadfield() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gain (electrodes, dipoles) in V/Am; (dipoles, 3) and (electrodes, 3) positions in m from the centre."""
    info = mne.create_info(list(ELECTRODES), SAMPLING_HZ, "eeg")
    info.set_montage("colin27_1020")
    head = mne.make_sphere_model("auto", "auto", info, verbose="ERROR")
    directions = _hemisphere(_DIPOLES)
    dipoles = _CORTEX_SHARE * head.radius * directions
    space = mne.setup_volume_source_space(
        pos={"rr": dipoles + head["r0"], "nn": directions}, sphere_units="m", verbose="ERROR"
    )
    forward = mne.make_forward_solution(info, None, space, head, meg=False, mindist=0, verbose="ERROR")
    # Columns are x, y, z moments of each dipole; the dipoles stand radially on the cortex.
    gain = np.einsum("epk,pk->ep", forward["sol"]["data"].reshape(len(ELECTRODES), _DIPOLES, 3), directions)
    positions = np.array([channel["loc"][:3] for channel in info["chs"]])
    return gain, dipoles, positions - head["r0"]


def _hemisphere(count: int) -> np.ndarray:
    """(count, 3) unit vectors spread evenly (a Fibonacci spiral) over the sphere above z = -0.2."""
    k = np.arange(count) + 0.5
    z = 1 - 1.2 * k / count
    angle = np.pi * (1 + np.sqrt(5)) * k
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)
