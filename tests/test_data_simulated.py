"""Simulated EEG: says so, is the same every time, and carries the classes it states."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.svm import SVC

from base.files import read_npz
from model.data.prepare import prepare
from model.data.sets import simulated
from model.data.sets.eegmat import LAYOUT
from model.data.signal.features import BANDS_HZ, band_power
from model.data.trials import conditioned


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    prepare("simulated", None, folder)
    return folder


def test_says_simulated(out: Path) -> None:
    said = json.loads((out / "dataset.json").read_text())
    assert said["simulated"] is True
    assert said["name"] == "simulated"
    assert said["source"].startswith("SIMULATED")


def test_same_data_every_time() -> None:
    first, again = (simulated.simulate_subject(3) for _ in range(2))
    other = simulated.simulate_subject(4)
    assert np.array_equal(first[1].signal, again[1].signal)
    assert not np.allclose(first[1].signal, other[1].signal)
    assert first[0].signal.shape == (19, simulated.LENGTH_S * 128)


def test_background_falls_with_frequency() -> None:
    """Under a 1/f^e law with e near 1, a band of 2-3 Hz holds far more than one of 40-41 Hz."""
    signal = conditioned(simulated.simulate_subject(0)[0], LAYOUT).signal
    power = np.abs(np.fft.rfft(signal)) ** 2
    hz = np.fft.rfftfreq(signal.shape[1], 1 / 128)
    low, high = (power[:, (hz >= a) & (hz < a + 1)].mean() for a in (2, 40))
    assert low > 5 * high


def test_topographies_peak_above_their_patch() -> None:
    for rhythm in simulated.RHYTHMS:
        pattern = simulated.topography(rhythm.electrode)
        assert LAYOUT.electrodes[int(np.abs(pattern).argmax())] == rhythm.electrode


def test_the_task_changes_what_it_states() -> None:
    """Mean over subjects: frontal theta up, left frontal alpha down against right."""
    theta, alpha = list(BANDS_HZ).index("theta"), list(BANDS_HZ).index("alpha")
    changes = []
    for subject in range(12):
        rest, task = (band_power(conditioned(r, LAYOUT).signal, LAYOUT).mean(axis=0)
                      for r in simulated.simulate_subject(subject))
        changes.append(task - rest)
    change = np.mean(changes, axis=0)  # (electrodes, bands), natural log of power
    at = {name: LAYOUT.electrodes.index(name) for name in ("Fz", "F3", "F4")}
    assert change[at["Fz"], theta] > 0.3
    assert change[at["F3"], alpha] < change[at["F4"], alpha] - 0.15


def test_task_is_learnable_but_not_trivial(out: Path) -> None:
    data = read_npz(out / "samples.npz")
    x = data["x"].reshape(len(data["x"]), -1)
    train, test = data["split"] == 0, data["split"] == 2
    machine = SVC(kernel="linear", C=0.001, class_weight="balanced").fit(x[train], data["y"][train])
    balanced = balanced_accuracy_score(data["y"][test], machine.predict(x[test]))
    assert 0.7 < balanced < 0.95
