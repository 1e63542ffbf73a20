"""Metrics against their formulas, spike counts, baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from model.augment import add_noise, drop_electrodes, subject_means, swap_subjects
from model.baselines.svm import majority, svm
from model.evaluate import balanced_by_subject, confusion, metrics, predict, score
from model.intervals import Interval, interval
from model.lsnnet import LSNNet, LSNNetConfig

TRUTH = np.array([0] * 10 + [1] * 5)
FOUND = np.array([0] * 8 + [1] * 2 + [1] * 4 + [0])  # tn 8, fp 2, tp 4, fn 1


def test_two_classes_against_the_formulas() -> None:
    tn, fp, tp, fn = 8, 2, 4, 1
    got = metrics(TRUTH, FOUND, 2)
    f1 = (2 * tp / (2 * tp + fp + fn), 2 * tn / (2 * tn + fn + fp))
    wanted = {
        "acc": (tp + tn) / 15, "balanced": (tp / (tp + fn) + tn / (tn + fp)) / 2, "macro_f1": sum(f1) / 2,
        "sen": tp / (tp + fn), "spe": tn / (tn + fp), "pre": tp / (tp + fp),
    }
    assert got == pytest.approx(wanted)
    assert confusion(TRUTH, FOUND, 2) == [[8, 2], [1, 4]]


def test_three_classes_are_averaged_one_against_the_rest() -> None:
    truth, found = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    got = metrics(truth, found, 3)
    assert got["sen"] == pytest.approx(np.mean([1 / 2, 1, 1 / 2]))
    assert got["spe"] == pytest.approx(np.mean([3 / 4, 3 / 4, 1]))
    assert got["pre"] == pytest.approx(np.mean([1 / 2, 2 / 3, 1]))
    assert confusion(truth, found, 3) == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]


def test_class_that_is_never_predicted_counts_as_zero() -> None:
    got = metrics(TRUTH, np.zeros_like(TRUTH), 2)
    assert (got["balanced"], got["sen"], got["pre"]) == (0.5, 0.0, 0.0)


def test_each_subject_is_scored_on_the_classes_it_has() -> None:
    truth, subject = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([7, 7, 7, 7, 7, 5, 5])
    found = np.array([0, 0, 1, 1, 0, 1, 0])
    assert balanced_by_subject(truth, found, subject) == {5: 0.5, 7: pytest.approx((2 / 3 + 1 / 2) / 2)}
    samples = {"y": np.append(truth, 0), "subject": np.append(subject, 9), "split": np.array([2] * 7 + [0])}
    got = score(samples, found, 2)  # the training sample of subject 9 takes no part
    assert got["by_subject"] == balanced_by_subject(truth, found, subject)
    assert (got["metrics"], got["confusion"]) == (metrics(truth, found, 2), confusion(truth, found, 2))


def test_interval_is_students_over_subjects() -> None:
    values = [0.1, -0.2, 0.4, 0.3]
    wanted = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    found = interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((np.mean(values), wanted.low, wanted.high))
    assert found.decides(0.0) == "undecided"
    assert (Interval(0.2, 0.1, 0.3).decides(0.1), Interval(0.2, 0.1, 0.3).decides(0.31)) == ("holds", "fails")
    assert interval([0.9]).decides(0.5) == "undecided"  # one person is no evidence


def test_predictions_count_spikes_and_do_not_depend_on_the_batch() -> None:
    network = LSNNet(LSNNetConfig(4, 3, 4, 2, (6, 6), (12, 8))).train()
    x = np.random.default_rng(0).normal(size=(37, 4, 3, 4)).astype(np.float32)
    whole, parts = predict(network, x), predict(network, x, batch=5)
    assert network.training
    np.testing.assert_allclose(whole.logits, parts.logits, atol=1e-5)
    spikes = [layer > 0 for layer in network.eval().trace(torch.from_numpy(x))[1]]
    assert whole.neurons == [72, 12, 8]
    for counted, layer in zip(whole.spikes, spikes, strict=True):
        np.testing.assert_array_equal(counted, layer.sum(dim=1).numpy())
    total = sum(int(layer.sum()) for layer in spikes)
    assert whole.spikes_per_neuron == pytest.approx(total / (37 * 92))


def _samples() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.3).astype(np.int64)
    x = rng.normal(size=(300, 2, 2, 2)).astype(np.float32)
    x[:, 0, 0, 0] += 3.0 * y
    x[:, :, 1, 1] = 0.0
    return {"x": x, "y": y, "subject": np.arange(300) % 10, "split": np.repeat([0, 1, 2], 100).astype(np.int8)}


def test_svm_learns_and_is_blind_to_test_labels() -> None:
    samples = _samples()
    found, chosen = svm(samples)
    test = samples["split"] == 2
    assert metrics(samples["y"][test], found, 2)["balanced"] > 0.85
    samples["y"] = np.where(test, 1 - samples["y"], samples["y"])
    again, same = svm(samples)
    np.testing.assert_array_equal(found, again)
    assert chosen == same


def test_majority_is_the_training_splits_most_frequent_class() -> None:
    samples = _samples()
    samples["y"] = np.where(samples["split"] == 0, 1, 0)
    assert set(majority(samples)) == {1}


def test_subject_means_weigh_classes_equally_and_swap_moves_between_them() -> None:
    x = torch.tensor([1.0, 1.0, 1.0, 5.0, 10.0, 20.0]).reshape(6, 1, 1, 1)
    y, subject = torch.tensor([0, 0, 0, 1, 0, 1]), torch.tensor([7, 7, 7, 7, 9, 9])
    means, row = subject_means(x, y, subject)
    assert means.flatten().tolist() == [3.0, 15.0]
    assert row.tolist() == [0, 0, 0, 0, 1, 1]
    share = torch.tensor([0.0, 0.5, 2.0])
    moved = swap_subjects(x[[0, 0, 4]], means[row[[0, 0, 4]]], means[[1, 1, 0]], share)
    assert moved.flatten().tolist() == [1.0, 1.0 + 0.5 * 12.0, 10.0 - 2.0 * 12.0]


def test_noise_leaves_empty_cells_and_dropout_takes_whole_electrodes() -> None:
    torch.manual_seed(0)
    x = torch.ones(400, 3, 2, 2)
    x[:, :, 0, 0] = 0.0
    noisy = add_noise(x, 0.5, 0.25)
    assert int((noisy[:, :, 0, 0] != 0).sum()) == 0
    assert float(noisy[:, :, 1, 1].std()) == pytest.approx((0.5**2 + 0.25**2) ** 0.5, abs=0.05)
    dropped = drop_electrodes(x + 1.0, torch.rand(400, 1, 2, 2), 0.25) == 0
    assert torch.equal(dropped.any(dim=1), dropped.all(dim=1))
    assert float(dropped.float().mean()) == pytest.approx(0.25, abs=0.04)
