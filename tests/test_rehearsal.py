"""What a dress rehearsal generates is what the readers read, and its page has one line for each set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rehearsal
import rehearsal_files
from eeg_files import in_memory, noise
from many import some

from base.progress import silent
from model.data import registry
from model.data.recording import Recording
from model.data.registry import Entry
from model.data.sets.eegmat import LAYOUT, SETTINGS
from model.data.signal.features import extract
from study.material import Source

TRIALS = {"seed": 45, "seed-iv": 72, "seed-v": 45, "deap": 40, "dreamer": 18}


@pytest.mark.parametrize("name", some(list(TRIALS), ["seed"]))
def test_a_generated_set_is_read_and_has_its_effect(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for films in ("SEED_S", "SEED_IV_S", "SEED_V_S"):
        monkeypatch.setattr(rehearsal_files, films, (8,) * len(getattr(rehearsal_files, films)))
    rehearsal_files.SETS[name].write(tmp_path / "data", 1)
    dataset = registry.load(name, tmp_path / "data")
    recordings = list(dataset.read(1))
    assert len(recordings) == TRIALS[name]
    entropy = [extract(own.signal, ("pse",), dataset.layout).mean(axis=(0, 2)) for own in recordings]
    labels = np.array([own.label for own in recordings])
    means = np.stack([np.mean([e for e, y in zip(entropy, labels, strict=True) if y == label], axis=0)
                      for label in range(len(dataset.class_names))])
    assert (means.max(axis=0) - means.min(axis=0)).max() > 0.02  # the rhythm of a class's own electrodes


def test_labels_are_permuted_within_sessions() -> None:
    recordings = [Recording(s, session, trial, trial % 2, noise(10 * s + trial, 12)) for s in range(2)
                  for session in range(2) for trial in range(6)]
    facts = Entry("noise", "noise", "none")
    plain, permuted = (build(facts, in_memory(recordings, LAYOUT, SETTINGS), SETTINGS, Path("none")).load(silent)[0]
                       for build in (Source, rehearsal.Permuted))
    assert [own.number for own in plain] == [own.number for own in permuted]
    assert [own.label for own in plain] != [own.label for own in permuted]
    for start in range(0, len(plain), 6):
        assert sum(own.label for own in permuted[start:start + 6]) == 3


def test_a_line_takes_the_place_of_its_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "PAGE", tmp_path / "rehearsal.md")
    for name, value in (("deap", "1"), ("seed", "2"), ("deap", "3")):
        rehearsal.write_line([name, *[value] * (len(rehearsal.HEAD) - 1)])
    lines = [line for line in rehearsal.PAGE.read_text().splitlines() if line.startswith(("| seed", "| deap"))]
    assert [line.split(" | ")[:2] for line in lines] == [["| seed", "2"], ["| deap", "3"]]
