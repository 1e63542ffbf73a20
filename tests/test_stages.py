"""What is stale and what is not: keys and records of stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.records import Record
from flow.run import STAGES
from flow.settings import Settings, check
from flow.stages import needed_for, stage_keys

PRESET = '[network]\nchannels = [8, 8]\nhidden = [8]\n\n[fold]\nlanes = [1, 1]\n'


def settings(preset: str, out: Path, **changed: str) -> Settings:
    given = {"dataset": "simulated", "data_root": "", "test_subjects": "", "bits": "8", "seed": "0", **changed}
    return check(preset=preset, out=str(out), **given)


def changed_keys(before: Settings, after: Settings) -> set[str]:
    old, new = stage_keys(STAGES, before), stage_keys(STAGES, after)
    return {name for name in old if old[name] != new[name]}


def test_a_seed_changes_everything_but_the_samples(tmp_path: Path) -> None:
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, seed="1"))
    assert changed == set(STAGES) - {"samples"}


def test_bits_do_not_change_the_training(tmp_path: Path) -> None:
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, bits="6"))
    assert changed == set(STAGES) - {"samples", "train"}


def test_an_edited_preset_changes_the_training(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    given = settings(str(path), tmp_path)
    before = stage_keys(STAGES, given)
    path.write_text(PRESET.replace("[8, 8]", "[8, 16]"))
    after = stage_keys(STAGES, given)
    assert {name for name in before if before[name] != after[name]} == set(STAGES) - {"samples"}


def test_needed_stages_come_in_order() -> None:
    assert [stage.name for stage in needed_for(STAGES, "synth")] == ["samples", "train", "quant", "rtl", "synth"]


@pytest.mark.parametrize("damage", ["changed", "deleted", "record garbled", "record of another key", "no record"])
def test_a_record_holds_only_while_its_outputs_do(damage: str, tmp_path: Path) -> None:
    output, path = tmp_path / "output", tmp_path / "record.json"

    def record(key: str = "key") -> Record:
        return Record(path, key, lambda: [output])

    assert not record().fresh
    record().run(lambda: output.write_text("right") and None)
    assert record().fresh
    match damage:
        case "changed":
            output.write_text("wrong")
        case "deleted":
            output.unlink()
        case "record garbled":
            path.write_text("[]")
        case "no record":
            path.unlink()
    assert not record("another" if damage == "record of another key" else "key").fresh


def test_a_failed_step_leaves_no_record(tmp_path: Path) -> None:
    record = Record(tmp_path / "record.json", "key", lambda: [])
    record.run(lambda: None)

    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        record.run(fail)
    assert not record.fresh
