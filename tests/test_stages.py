"""What is stale and what is not: keys and records of stages."""

from __future__ import annotations

import os
import shutil
import sys
import time
from functools import partial
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from base import records, sources
from base.files import write_json
from base.records import Record, seconds
from base.sources import closure
from flow import tools
from flow.reading import read
from flow.run import STAGES
from flow.settings import LIVE, STUDY, VARIABLES, Settings
from flow.software.jobs import Job, run_jobs
from flow.stages import VALUES, needed_for, own_key, record_of, stage_keys

ROOT = records.ROOT
_VERSION = tools._version
PRESET = '[network]\nchannels = [8, 8]\nhidden = [8]\n\n[fold]\nlanes = [1, 1]\n'


def settings(preset: str, out: Path, **changed: str) -> Settings:
    return read("demo", {"PRESET": preset, "OUT": str(out), **{name.upper(): text for name, text in changed.items()}})


def changed_keys(before: Settings, after: Settings) -> set[str]:
    old, new = stage_keys(STAGES, before), stage_keys(STAGES, after)
    return {name for name in old if old[name] != new[name]}


def test_a_seed_changes_everything_but_the_samples(tmp_path: Path) -> None:
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, seed="1"))
    assert changed == set(STAGES) - {"samples"}


def test_bits_do_not_change_the_training(tmp_path: Path) -> None:
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, bits="6"))
    assert changed == set(STAGES) - {"samples", "train"}


@pytest.mark.parametrize(("name", "value", "first"), [
    ("test_subjects", "3", "samples"), ("features", "pse", "samples"), ("smoothing", "none", "samples"),
    ("standardisation", "per-subject-transductive", "samples"), ("rest_seconds", "30", "samples"),
    ("train_stride", "2", "samples"),
    ("channels", "8,8", "train"), ("hidden", "8", "train"), ("lanes", "2,2", "lower"),
    ("core", "dsp", "lower"), ("time_bits", "5", "tune"),
    ("window_rule", "grow", "train"), ("window_rate", "0.1", "train"), ("epochs", "3", "train"),
    ("learning_rate", "0.1", "train"), ("teacher", "0.1", "train"), ("activity", "0", "train"),
    ("early", "exact", "lower"), ("early_tolerance", "0.1", "lower"),
    ("seeds", "2", "train"), ("compared_bits", "8", "tune"),
])
def test_a_setting_changes_the_stages_that_depend_on_it(name: str, value: str, first: str, tmp_path: Path) -> None:
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, **{name: value}))
    assert changed == {stage for stage in STAGES if first in {s.name for s in needed_for(STAGES, stage)}}


def test_another_board_changes_what_looks_at_it(tmp_path: Path) -> None:
    board = tmp_path / "mine.toml"
    board.write_text((ROOT / "board/pynq-z2.toml").read_text(encoding="utf-8").replace("= 100", "= 50"))
    changed = changed_keys(settings("default", tmp_path), settings("default", tmp_path, board=str(board)))
    assert changed == {"hls", "synth", "timing", "overlay", "report", "notebook", "package"}


@pytest.mark.parametrize("name", ["seed", "seeds", "bits", "compared_bits"])
def test_what_trainings_there_are_is_no_reason_to_do_one_again(name: str, tmp_path: Path) -> None:
    before, after = settings("default", tmp_path), settings("default", tmp_path, **{name: "5"})
    assert before != after
    assert all(before.params(stage, choices=False) == after.params(stage, choices=False) for stage in STAGES)


def test_settings_name_stages_that_are_there() -> None:
    assert {user for about in VARIABLES.values() for user in about.used_by} - {*STUDY, *LIVE} <= set(STAGES)


@pytest.mark.parametrize("edited", ["[8, 16]", "[8, 8]\nstrides = [2, 1]"])
def test_an_edited_preset_changes_the_training(edited: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    given = settings(str(path), tmp_path)
    before = stage_keys(STAGES, given)
    path.write_text(PRESET.replace("[8, 8]", edited))
    after = stage_keys(STAGES, given)
    assert {name for name in before if before[name] != after[name]} == set(STAGES) - {"samples"}


def test_another_folding_trains_nothing_anew(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    given = settings(str(path), tmp_path)
    before = stage_keys(STAGES, given)
    path.write_text(PRESET.replace("[1, 1]", "[2, 2]"))
    after = stage_keys(STAGES, given)
    assert {name for name in before if before[name] != after[name]} == set(STAGES) - {"samples", "train", "tune"}


@pytest.mark.parametrize(("source", "kept"), [
    ("spec/golden.py", {"samples", "train", "tune"}),
    ("spec/netspec.py", {"samples", "train", "tune"}),
    ("quant/lower.py", {"samples", "train", "tune"}),
    ("quant/qat.py", {"samples", "train"}),
    ("flow/software/tuning.py", {"samples", "train"}),
    ("model/lsnnet.py", {"samples"}),
    ("model/fold_training.py", set(STAGES)),
    ("model/baselines/eegnet.py", set(STAGES)),
    ("model/data/signal/features.py", set()),
    ("hls/kernels/arith.hpp", set(STAGES) - {"hls", "report", "notebook", "package"}),
    ("rtl/units/pwconv.sv", {"samples", "train", "tune", "lower", "earliest", "hls"}),
    ("firstspike_board/dma.py", set(STAGES) - {"driver", "overlay", "notebook", "package"}),
    ("rtl/harness.cpp", set(STAGES) - {"cosim", "energy", "report", "notebook", "package"}),
])
def test_a_comment_makes_stale_what_depends_on_it(
    source: str, kept: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("base", "board", "spec", "model", "quant", "hls", "rtl", "firstspike_board", "simboard", "overlay",
                 "notebook", "package", "docs", "examples", "flow"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "LICENSE", tmp_path)
    monkeypatch.setattr(records, "ROOT", tmp_path)
    given = settings("default", tmp_path)
    before = stage_keys(STAGES, given)
    with (tmp_path / source).open("a") as file:
        file.write("\n# more\n" if source.endswith(".py") else "\n// more\n")
    after = stage_keys(STAGES, given)
    assert {name for name in before if before[name] == after[name]} == kept


def test_every_source_of_the_hardware_belongs_to_a_stage() -> None:
    listed = [path for stage in STAGES.values() for source in stage.sources for path in [ROOT / source]]
    files = {path for path in listed if path.is_file()} | {file for path in listed for file in path.rglob("*")}
    files |= {ROOT / path for stage in STAGES.values() for path in closure(stage.modules)}
    wanted = {path for room in ("spec", "hls", "rtl") for path in (ROOT / room).rglob("*")
              if path.suffix in records.SOURCE_SUFFIXES}
    # Pages for docs/units, what tests hold, and the cost model of make explore.
    unread = {"pages.py", "levels.py", "cells.py", *(path.name for path in (ROOT / "rtl").glob("cost*.py"))}
    assert wanted - files == {ROOT / "rtl" / name for name in unread}


@pytest.mark.parametrize(("tool", "stale"), [
    ("torch", {"train", "tune", "lower"}), ("scikit-learn", {"samples", "train", "tune", "lower", "earliest"}),
    ("mne", {"samples"}), ("qonnx", {"tune", "lower"}),
    ("verilator", {"rtl", "cosim", "driver", "energy"}), ("yosys", {"synth", "timing", "overlay", "energy"}),
    ("g++", {"hls", "cosim", "driver", "energy"}),
])
def test_another_version_of_a_tool_makes_its_stages_stale(
    tool: str, stale: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings("default", tmp_path)
    before = {name: own_key(stage, []) for name, stage in STAGES.items()}
    monkeypatch.setattr(tools, "_version", lambda name: "another" if name == tool else _VERSION(name))
    after = {name: own_key(stage, []) for name, stage in STAGES.items()}
    assert {name for name in before if before[name] != after[name]} == stale
    assert "none" not in [_VERSION(name) for name in tools.TOOLS["train"]]
    assert stage_keys(STAGES, given)


# Libraries that check, transport or test, and decide no result.
HELPERS = {"pooch", "pydantic", "protobuf", "cocotb", "markupsafe", "pydantic_core", "jupyter_client"}
# Pinned in simboard/requirements.txt, a source of the stage that runs them.
# And what lies beside the notebook, which runs in its own folder.
ELSEWHERE = {"pynq", "pynqmetadata", *(path.stem for path in (ROOT / "notebook").glob("*.py"))}


@pytest.mark.parametrize("name", STAGES)
def test_every_library_that_a_stage_imports_is_among_its_tools(name: str) -> None:
    stage = STAGES[name]
    paths = [ROOT / path for path in closure(stage.modules, VALUES)]
    paths += [path for source in stage.sources for path in ([ROOT / source] if (ROOT / source).is_file()
                                                            else (ROOT / source).rglob("*.py"))]
    imported = {module.split(".")[0] for path in paths if path.suffix == ".py"
                for module in sources._imported(path, path.stat().st_mtime_ns)}
    foreign = {module for module in imported - sys.stdlib_module_names - ELSEWHERE if sources._file(module) is None}
    known = packages_distributions()
    assert {known[module][0].lower() for module in foreign} - HELPERS - set(tools.TOOLS[name]) == set()


def test_needed_stages_come_in_order() -> None:
    names = [stage.name for stage in needed_for(STAGES, "synth")]
    assert names == ["samples", "train", "tune", "lower", "rtl", "synth"]


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


def test_time_of_an_interrupted_step_counts_and_overlaps_count_once(tmp_path: Path) -> None:
    record = Record(tmp_path / "record.json", "key", lambda: [])
    with pytest.raises(ValueError, match="broken"):
        record.run(partial(_fail, 0.2))
    record.run(lambda: None)
    assert 0.2 <= seconds(record.spans) < 2
    assert len(record.spans) == 2
    record.run(lambda: None)  # made anew, not gone on with
    assert len(record.spans) == 1
    assert seconds([(0, 10), (5, 12), (20, 21), (6, 7)]) == 13


def _fail(after_s: float) -> None:
    time.sleep(after_s)
    raise ValueError("broken")


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def test_another_seed_runs_only_its_own_job(tmp_path: Path) -> None:
    read = tmp_path / "read"
    read.write_text("samples")

    def ran(seeds: list[int], key: str = "key") -> set[str]:
        jobs = [Job("net", seed, folder, (read,), partial(_write, folder / "result.json", "{}"))
                for seed in seeds for folder in [tmp_path / f"net-{seed}"]]
        for job in jobs:
            job.folder.mkdir(exist_ok=True)
        before = {job.folder: _changed(job.folder) for job in jobs}
        found = run_jobs(tmp_path / "logs", key, jobs)
        assert list(found) == [("net", seed) for seed in seeds]
        assert all(result["spans"] for result in found.values())
        return {folder.name for folder, time_ns in before.items() if _changed(folder) != time_ns}

    def _changed(folder: Path) -> int:
        path = folder / "record.json"
        return path.stat().st_mtime_ns if path.exists() else 0

    assert ran([0, 1, 2]) == {"net-0", "net-1", "net-2"}
    assert ran([0, 1, 2]) == set()
    assert ran([1, 2, 3]) == {"net-3"}
    os.utime(read)
    assert ran([1, 2, 3]) == set()
    read.write_text("other samples")
    assert ran([1, 2]) == {"net-1", "net-2"}
    assert ran([1], "another") == {"net-1"}


@pytest.mark.parametrize("damage", ["program gone", "bitstream garbled", "handoff changed"])
def test_a_simulated_board_that_is_not_whole_is_made_anew(damage: str, tmp_path: Path) -> None:
    settings = read("board-sim", {"OUT": str(tmp_path)})
    write_json(settings.quant_folder(settings.bits) / "spec.json", {"digest": "ab" * 32})
    write_json(tmp_path / "driver.json", {})
    program = tmp_path / "program"
    program.write_text("chip")
    folders = [settings.board_folder("ab" * 32, way) for way in ("dma", "registers")]
    for folder in folders:
        write_json(folder / "firstspike.bit", {"program": str(program)})
        (folder / "firstspike.hwh").write_text("parts")
    record = record_of(STAGES["driver"], "key", settings)
    record.run(lambda: None)
    assert record.fresh
    if damage == "program gone":
        program.unlink()
    else:
        (folders[1] / f"firstspike.{'bit' if 'bit' in damage else 'hwh'}").write_text("nonsense")
    assert not record.fresh
