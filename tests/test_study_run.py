"""A whole study, small: every table on the page, nothing run twice, the page where it belongs."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import replace
from pathlib import Path

import pytest
from eeg_files import in_memory, noise
from rich.console import Console

from base.progress import silent
from model.data.folds import standardise
from model.data.recording import Dataset, Preparation, Recording
from model.data.registry import SETS, Entry
from model.data.sets.eegmat import LAYOUT
from model.data.signal.conditioning import condition
from model.recipe_file import load_recipe
from study import jobs, plan
from study.material import Source
from study.plan import TABLES, Plan
from study.run import of_length, study, write

SETTINGS = Preparation(("bandpower",), "smoother", standardise.TRAIN_SUBJECTS, train_stride=2, rest_s=9.0)
FACTS = Entry("noise", "noise", "none")
SHORT = {"epochs": 2, "batch": 16}
PAPER = load_recipe("paper")
PLAN = Plan((0, 1), {"channels": [3, 4], "hidden": [5, 4]}, SHORT,
            paper=dataclasses.replace(PAPER, training={**PAPER.training, **SHORT}))


def dataset() -> Dataset:
    """Five subjects, one recording of noise per class, not of one length."""
    recordings = [
        Recording(s, 0, label, label, condition(noise(2 * s + label, 24 + 6 * label), 128), (f"{s}.edf: [1 s] cut",))
        for s in range(5) for label in (0, 1)]
    return replace(in_memory(recordings, LAYOUT, SETTINGS), rest="a")


def test_every_table_is_on_the_page_and_nothing_runs_twice(tmp_path: Path) -> None:
    heard = io.StringIO()

    def go() -> str:
        source = Source(FACTS, dataset(), SETTINGS, tmp_path / "cache")
        view, excluded, seconds = study(source, PLAN, list(TABLES), tmp_path / "out", None, Console(file=heard))
        page = write(view, excluded, seconds, tmp_path / "docs" / FACTS.page)
        assert page == tmp_path / "docs" / "results-noise.md"
        return page.read_text()

    page = go()
    for heading in ("What was wanted", "Leave one subject out", "LEAKY", "Back end", "Front end", "Window rules",
                    "Noise on the input", "jitter", "Bits", "Sparsity", "Smoothing", "an audit finds", "of one length",
                    "Calibrated", "survives the swap"):
        assert heading in page
    assert "SIMULATED" in page
    assert "windows of 6 s that do not overlap" in page
    for row in ("linear teacher", "LSNNet, paper's recipe", "INT8 - linear"):
        assert f"| {row} |" in page
    assert "No table of `off null directions`" in page  # a common average leaves each recording the same one
    assert "Not possible with this data: `kfold`: protocol kfold: subject 0, class 0: got 1 trials" in page
    assert "0.edf: [1 s] cut (and 4 more notes in " in " ".join(heard.getvalue().split())
    assert (tmp_path / "docs" / "results" / "noise.png").stat().st_size > 10_000
    records = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "jobs").glob("*.json")}
    assert go() == page
    assert {path: path.stat().st_mtime_ns for path in records} == records


def test_samples_of_another_length_have_as_many_frames(tmp_path: Path) -> None:
    usual, short = (Source(FACTS, own, SETTINGS, tmp_path).load(silent)[1]
                    for own in (dataset(), of_length(dataset(), 4)))
    assert usual.x.shape[1:] == short.x.shape[1:] == (20, 5, 5)
    assert [int(windows.aligned.sum()) for windows in (usual, short)] == [5 * (4 + 5), 5 * (6 + 7)]  # of 24 and 30 s


def test_protocols_of_a_family_of_data_sets() -> None:
    assert SETS["deap-valence"].protocols == SETS["deap"].protocols == ("kfold", "loso")
    assert SETS["seed"].protocols == ("9-3-3", "9-6", "loso")
    assert SETS["seed-iv"].protocols == ("kfold", "loso")
    assert SETS["eegmat"].protocols == ("loso", "kfold")
    assert (SETS["eegmat"].page, SETS["deap"].page) == ("results.md", "results-deap.md")


@pytest.mark.parametrize("row", plan.VARIANTS)
def test_variants_name_what_exists(row: str) -> None:
    build, network, options = plan.VARIANTS[row]
    assert build in jobs.BUILDS
    jobs.LSNNetConfig(4, 3, 3, 2, **network)
    jobs.TrainOptions(**options)
