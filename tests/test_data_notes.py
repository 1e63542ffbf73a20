"""What a reader has to say about recordings reaches dataset.json and the terminal, from the cache as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from eeg_files import in_memory, noise
from rich.console import Console

from base.files import read_json, write_json
from flow.run import STAGES
from flow.settings import Settings
from flow.stages import _say
from model.data import cache, prepare
from model.data.options import Choice
from model.data.recording import Dataset, Recording
from model.data.sets.eegmat import LAYOUT, SETTINGS
from model.data.trials import extract

NOTES = {(0, 1): ("a.edf: 1 s cut", "a.edf: another"), (2, 0): ("b.edf: ü",)}


def noted() -> Dataset:
    recordings = [Recording(subject, 0, label, label, noise(subject, 14), NOTES.get((subject, label), ()))
                  for subject in range(6) for label in (0, 1)]
    return replace(in_memory(recordings, LAYOUT, SETTINGS), files=lambda _: [])


def test_notes_come_back_from_the_cache(tmp_path: Path) -> None:
    fresh = extract(noted(), SETTINGS)
    assert [trial.notes for trial in fresh] == [NOTES.get((s, k), ()) for s in range(6) for k in (0, 1)]
    for _ in range(2):
        kept = cache.trials(noted(), SETTINGS, tmp_path)
        assert [trial.notes for trial in kept] == [trial.notes for trial in fresh]
    assert len(list(tmp_path.glob("features-*.npz"))) == 6


def test_notes_stand_in_the_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "load", lambda *_: noted())
    for _ in range(2):  # computed, then cached
        prepare.prepare("noted", None, tmp_path, Choice(test="4-5"), cache_folder=tmp_path / "cache")
        assert read_json(tmp_path / "dataset.json")["notes"] == ["a.edf: 1 s cut", "a.edf: another", "b.edf: ü"]


@pytest.mark.parametrize(("notes", "line"), [
    ([], ""), (["a.edf: [1 s] cut"], "a.edf: [1 s] cut"), (["a", "b", "c"], "a (and 2 more notes in OUT/dataset.json)"),
])
def test_the_samples_stage_says_so_in_one_line(
    notes: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = Settings(out=tmp_path)
    write_json(tmp_path / "dataset.json", {"notes": notes})
    _say(Console(width=500), STAGES["samples"], "1.0 s", given)
    said = [text.strip() for text in capsys.readouterr().out.splitlines()]
    assert said == ["samples  1.0 s", *([line.replace("OUT", str(tmp_path))] if line else [])]
