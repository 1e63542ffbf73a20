"""Metrics against their formulas, spike counts, baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from base.errors import UserError
from model.augment import add_noise, drop_electrodes, subject_means, swap_subjects
from model.baselines.linear import linear
from model.baselines.svm import majority, svm
from model.evaluate import auc_by_subject, balanced_by_subject, confusion, metrics, predict, score, select
from model.intervals import Interval, interval
from model.lsnnet import LSNNet, LSNNetConfig
from model.teacher import LinearTeacher

TRUTH = np.array([0] * 10 + [1] * 5)
ONE = np.zeros(15, np.int64)  # one subject
FOUND = np.array([0] * 8 + [1] * 2 + [1] * 4 + [0])  # tn 8, fp 2, tp 4, fn 1


def test_two_classes_against_the_formulas() -> None:
    tn, fp, tp, fn = 8, 2, 4, 1
    got = metrics(TRUTH, np.eye(2)[FOUND], ONE)
    f1 = (2 * tp / (2 * tp + fp + fn), 2 * tn / (2 * tn + fn + fp))
    wanted = {
        "acc": (tp + tn) / 15, "balanced": (tp / (tp + fn) + tn / (tn + fp)) / 2, "macro_f1": sum(f1) / 2,
        "sen": tp / (tp + fn), "spe": tn / (tn + fp), "pre": tp / (tp + fp),
        "auc_within": (tp * tn + 0.5 * (tp * fp + fn * tn)) / (5 * 10),  # pairs in order, ties half
    }
    assert got == pytest.approx(wanted)
    assert confusion(TRUTH, FOUND, 2) == [[8, 2], [1, 4]]


def test_three_classes_are_averaged_one_against_the_rest() -> None:
    truth, found = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    got = metrics(truth, np.eye(3)[found], np.zeros(6, np.int64))
    assert got["sen"] == pytest.approx(np.mean([1 / 2, 1, 1 / 2]))
    assert got["spe"] == pytest.approx(np.mean([3 / 4, 3 / 4, 1]))
    assert got["pre"] == pytest.approx(np.mean([1 / 2, 2 / 3, 1]))
    assert confusion(truth, found, 3) == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]


def test_class_that_is_never_predicted_counts_as_zero() -> None:
    got = metrics(TRUTH, np.eye(2)[np.zeros_like(TRUTH)], ONE)
    assert (got["balanced"], got["sen"], got["pre"], got["auc_within"]) == (0.5, 0.0, 0.0, 0.5)


def test_area_within_a_subject_asks_for_no_common_threshold() -> None:
    """Two subjects whose scores do not overlap: each in perfect order, together not. Of the third, only one class."""
    truth, subject = np.array([0, 0, 1, 0, 1, 1, 1]), np.array([4, 4, 4, 6, 6, 6, 9])
    last = np.array([0.1, 0.2, 0.3, 5.1, 5.2, 5.3, 0.0])
    scores = np.stack([np.full(7, 1.0), 1.0 + last], axis=1)
    assert auc_by_subject(truth, scores, subject) == {4: 1.0, 6: 1.0}
    assert auc_by_subject(truth, -scores, subject) == {4: 0.0, 6: 0.0}
    assert np.isnan(metrics(truth[6:], scores[6:], subject[6:])["auc_within"])
    # Three classes: a class's score is its lead, so a shift of all of a sample's scores says nothing.
    truth, lead = np.array([0, 0, 1, 1, 2, 2]), np.eye(3)[[0, 1, 1, 1, 2, 0]]
    areas = [0.5 * (1 / 2 + 3 / 4), 0.5 * (1 + 3 / 4), 0.5 * (1 / 2 + 1)]  # hits and refusals of one threshold
    got = auc_by_subject(truth, lead + np.arange(6)[:, None], np.zeros(6, np.int64))
    assert got == {0: pytest.approx(np.mean(areas))}


def test_each_subject_is_scored_on_the_classes_it_has() -> None:
    truth, subject = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([7, 7, 7, 7, 7, 5, 5])
    found = np.array([0, 0, 1, 1, 0, 1, 0])
    assert balanced_by_subject(truth, found, subject) == {5: 0.5, 7: pytest.approx((2 / 3 + 1 / 2) / 2)}
    samples = {"y": np.append(truth, 0), "subject": np.append(subject, 9), "split": np.array([2] * 7 + [0])}
    scores = np.eye(2)[found]
    got = score(samples, scores)  # the training sample of subject 9 takes no part
    assert got["by_subject"] == balanced_by_subject(truth, found, subject)
    assert (got["metrics"], got["confusion"]) == (metrics(truth, scores, subject), confusion(truth, found, 2))
    assert score({name: own[-3:-1] for name, own in samples.items()}, scores[-2:])["metrics"]["auc_within"] is None


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


def test_baselines_learn_and_are_blind_to_test_labels() -> None:
    samples = _samples()
    found, chosen, lines = *svm(samples), linear(samples)
    test = samples["split"] == 2
    for scores in (found, lines):
        assert score(samples, scores)["metrics"]["balanced"] > 0.85
    samples["y"] = np.where(test, 1 - samples["y"], samples["y"])
    again, same = svm(samples)
    np.testing.assert_array_equal(found, again)
    np.testing.assert_array_equal(lines, linear(samples))
    assert chosen == same


def test_linear_is_the_networks_teacher() -> None:
    samples = _samples()
    teacher = LinearTeacher.fit(*(torch.from_numpy(part) for part in select(samples, "train")))
    wanted = teacher(torch.from_numpy(select(samples, "test")[0]))
    np.testing.assert_allclose(torch.from_numpy(linear(samples)).softmax(dim=1), wanted, atol=1e-6)


def test_svm_is_chosen_on_people_it_has_not_seen() -> None:
    """Each person repeats one vector, of a random class: a narrow kernel knows people, and nothing of the next one."""
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(20), 10)
    y = (subject % 2).astype(np.int64)
    x = rng.normal(size=(20, 1, 4, 4))[subject] + 0.5 * y[:, None, None, None]
    split = np.repeat([0, 1, 0, 1, 2], 40).astype(np.int8)
    samples = {"x": x.astype(np.float32), "y": y, "subject": subject, "split": split}
    assert svm(samples)[1]["inner_balanced"] < 0.95
    one = {**samples, "subject": 0 * subject, "trial": subject}
    assert svm(one)[1] == svm(samples)[1]
    with pytest.raises(UserError, match="SVM: training and validation: got a class of one person, or one trial"):
        svm({**one, "trial": y})


def test_svm_of_three_classes_answers_with_scores() -> None:
    rng = np.random.default_rng(2)
    y = np.arange(240) % 3
    x = (rng.normal(size=(240, 1, 2, 2)) + 2.0 * np.eye(4)[y].reshape(-1, 1, 2, 2)).astype(np.float32)
    samples = {"x": x, "y": y, "subject": np.arange(240) // 20, "split": np.repeat([0, 1, 2], 80).astype(np.int8)}
    assert svm(samples)[0].shape == linear(samples).shape == majority(samples).shape == (80, 3)
    assert score(samples, svm(samples)[0])["metrics"]["balanced"] > 0.75


def test_majority_is_the_training_splits_most_frequent_class() -> None:
    samples = _samples()
    samples["y"] = np.where(samples["split"] == 0, 1, 0)
    assert set(majority(samples).argmax(axis=1)) == {1}


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
