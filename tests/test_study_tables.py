"""Numbers of the tables from results made by hand, costs against formulas, disturbance, and the page's verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from base.files import write_npz
from model.baselines.ann import AnnTwin
from model.lsnnet import LSNNet, LSNNetConfig
from study.answers import RESULT
from study.baseline_jobs import SEEDLESS
from study.costs import cost, synaptic_operations
from study.disturb import disturbed
from study.others import where_others_stand
from study.plan import folders
from study.results import Found, claims, table
from study.tables import Difference, Row, difference, rows

CONFIG = LSNNetConfig(4, 3, 5, 2, (6, 7), (9, 8))


def write(
    folder: Path, places: list[int], wrong: list[int], spikes: float = 0.5, subjects: list[int] | None = None
) -> Path:
    """Ten windows a fold, five of each class; of fold k, wrong[k] windows of class 1 are taken for class 0."""
    truth = np.tile(np.repeat([0, 1], 5), len(places))
    predicted = truth.copy()
    for index, count in enumerate(wrong):
        predicted[10 * index + 5 : 10 * index + 5 + count] = 0
    write_npz(folder / RESULT, settings=np.array(["float"]), fold=np.repeat(places, 10), truth=truth,
              scores=np.eye(2)[predicted][None], subject=np.repeat(subjects or places, 10),
              spikes=np.full((1, len(places), 2), spikes))
    return folder


def make_row(folder: Path, name: str, wrong: list[list[int]]) -> dict[str, Path]:
    """Jobs of one row: a seed per entry of `wrong`, its folds in two groups out of order."""
    done = {}
    for seed, counts in enumerate(wrong):
        for group, places in enumerate(([2, 0], [1])):
            job = f"{name}-loso-s{seed}-g{group}"
            done[job] = write(folder / job, places, [counts[place] for place in places], spikes=0.25 * (1 + seed))
    return done


def test_a_row_gathers_folds_and_seeds(tmp_path: Path) -> None:
    done = make_row(tmp_path, "lsnnet", [[0, 1, 2], [3, 4, 5]]) | make_row(tmp_path, "lsnnet-else", [[5, 5, 5]])
    row = rows(folders(done, "lsnnet", "loso"), 2)["float"]
    np.testing.assert_allclose(row.values["sen"], 1 - np.array([[0, 1, 2], [3, 4, 5]]) / 5)
    np.testing.assert_allclose(row.values["spe"], 1.0)
    balanced = 50 + 50 * (1 - np.array([0, 1, 2, 3, 4, 5]) / 5)
    assert row.mean_sd("balanced") == pytest.approx((balanced.mean(), balanced.std(ddof=1)))
    np.testing.assert_allclose(row.confusion, [[15, 0], [7.5, 7.5]])
    np.testing.assert_allclose(row.spikes.mean(axis=(1, 2)), [0.25, 0.5])
    np.testing.assert_allclose(100 * row.values["auc_within"].ravel(), balanced)  # of one threshold, they are the same


def test_difference_is_paired_over_folds() -> None:
    def row(values: list[list[float]]) -> Row:
        return Row("x", {"balanced": np.array(values)}, np.zeros(0), np.zeros(0))

    first, second = row([[0.7, 0.8, 0.9], [0.9, 0.8, 0.7]]), row([[0.7, 0.8, 0.7]])
    found = difference(first, second)
    gaps = np.array([10.0, 0.0, 10.0])
    wanted = stats.ttest_rel(gaps, np.zeros(3)).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((gaps.mean(), wanted.low, wanted.high))
    assert difference(first, first).low == difference(first, first).high == 0.0


def test_claims_turn_with_the_numbers(tmp_path: Path) -> None:
    wrong = {"seedless": 2, "eegnet": 2, "ann": 1, "paper-lsnnet": 4, "lsnnet": 1, "int8": 1, "int4": 3}
    done: dict[str, Path] = {}
    for name, count in wrong.items():
        done |= make_row(tmp_path, name, [[count] * 3])
    for path in tmp_path.glob("seedless-*"):
        result = dict(np.load(path / RESULT))
        svm, perfect = result["scores"][0], np.eye(2)[result["truth"]]
        write_npz(path / RESULT, **{**result, "settings": np.array(SEEDLESS),
                                    "scores": np.stack([np.zeros_like(svm), perfect, svm]),
                                    "spikes": np.zeros((3, len(np.unique(result["fold"])), 0))})
    found = {claim: (gap.mean, gap.against(bar)) for claim, gap, bar in claims(Found(done, 2), "loso")}
    assert found["INT8 - linear"] == (pytest.approx(-10.0), "**does not hold**, nor anywhere in the interval")
    assert found["INT8 - SVM"] == (pytest.approx(10.0), "holds, and the whole interval with it")
    assert found["INT8 - float"] == (0.0, "holds, and the whole interval with it")
    assert found["INT4 - float"] == (pytest.approx(-20.0), "**does not hold**, nor anywhere in the interval")


def test_an_interval_around_the_bar_decides_nothing() -> None:
    assert Difference(0.1, -1.0, 1.2).against(0.0).startswith("the mean holds; undecided")
    assert Difference(-0.1, -1.0, 0.8).against(0.0).startswith("**the mean does not hold**; undecided")


def test_folds_of_one_subject_are_averaged_first(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [0, 1, 2], [0, 4, 5], subjects=[7, 7, 8])
    row = rows([(0, folder)], 2)["float"]
    np.testing.assert_allclose(row.values["sen"], [[0.6, 0.0]])
    mixed = write(tmp_path / "b", [0, 1], [0, 5])
    result = dict(np.load(mixed / RESULT))
    write_npz(mixed / RESULT, **{**result, "subject": np.tile([7, 8], 10)})
    row = rows([(0, mixed)], 2)["float"]
    np.testing.assert_allclose(row.values["sen"], [[1.0, 0.0]])
    np.testing.assert_allclose(row.values["auc_within"], [[1.0, 0.5]])


def test_table_is_markdown() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_others_are_named_where_we_know_them() -> None:
    assert "REVE 73.9" in where_others_stand("eegmat")[1]
    assert "WINDOW_S=5" in where_others_stand("eegmat")[-1]
    assert where_others_stand("deap-arousal") == where_others_stand("deap")
    assert where_others_stand("seed-v") == where_others_stand("simulated") == []


def test_costs_are_those_of_the_formulas() -> None:
    cells = 15
    separable, standard = cost(CONFIG), cost(LSNNetConfig(**{**CONFIG.to_dict(), "front": "standard"}))
    assert separable.front_mult_adds == cells * (4 * 9 + 4 * 6 + 6 * 9 + 6 * 7)
    assert standard.front_mult_adds == cells * 9 * (4 * 6 + 6 * 7)
    assert separable.back_mult_adds == cost(CONFIG, AnnTwin).back_mult_adds == cells * 7 * 9 + 9 * 8 + 8 * 2
    assert separable.front_parameters == 4 * 9 + 4 * 6 + 6 * 9 + 6 * 7 + 2 * (6 + 7)
    assert synaptic_operations(CONFIG, [1.0, 1.0, 1.0]) == separable.back_mult_adds
    assert synaptic_operations(CONFIG, [0.5, 0.0, 1.0]) == 0.5 * cells * 7 * 9 + 8 * 2


def test_disturbance_leaves_alone_what_it_should() -> None:
    torch.manual_seed(0)
    network = LSNNet(CONFIG).eval()
    x, occupied = torch.randn(64, 4, 3, 5), torch.ones(3, 5, dtype=torch.bool)
    plain = network(x).detach().numpy()
    np.testing.assert_array_equal(disturbed(network, x, occupied, 0.0, 0.0, seed=1), plain)
    np.testing.assert_array_equal(disturbed(network, x, occupied * False, 9.0, 0.0, seed=1), plain)
    assert (disturbed(network, x, occupied, 2.0, 0.0, seed=1) != plain).any()
    jittered = disturbed(network, x, occupied, 0.0, 0.5, seed=1)
    assert (jittered != plain).any()
    np.testing.assert_array_equal(disturbed(network, x, occupied, 0.0, 0.5, seed=1), jittered)
    with torch.no_grad():  # a network that is silent has no spike to move
        for layer in network.layers:
            layer.weight.zero_()
            layer.d.fill_(-1.0)
    assert len(np.unique(disturbed(network, x, occupied, 0.0, 0.5, seed=1), axis=0)) == 1
