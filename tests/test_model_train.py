"""Training on small synthetic samples: it learns, repeats itself, and goes on after a kill as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from base.errors import UserError
from base.files import write_npz
from base.progress import Tell
from model.balance import class_weights
from model.baselines.ann import AnnTwin
from model.evaluate import predict, score, select
from model.lsnnet import LSNNet, LSNNetConfig
from model.train import CHECKPOINT, HISTORY, STATE, TrainOptions, load, train

ROOT = Path(__file__).parent.parent
CONFIG = LSNNetConfig(4, 3, 4, 2, (6, 6), (12, 8))
OPTIONS = TrainOptions(epochs=8, batch=32)


def make_samples(seed: int = 0) -> dict[str, np.ndarray]:
    """600 samples of 12 subjects, each with an offset of its own; class 1 (a third) is a contrast of two electrodes."""
    rng = np.random.default_rng(seed)
    count = 600
    subject = np.arange(count) % 12
    y = (rng.random(count) < 1 / 3).astype(np.int64)
    x = (rng.normal(size=(count, 4, 3, 4)) + rng.normal(size=(12, 4, 3, 4))[subject]).astype(np.float32)
    x[:, :, 1, 1] += 2.5 * y[:, None]
    x[:, :, 1, 2] -= 2.5 * y[:, None]
    x[:, :, 0, 0] = 0.0
    split = np.where(subject < 8, 0, np.where(subject < 10, 1, 2)).astype(np.int8)
    return {"x": x, "y": y, "subject": subject.astype(np.int64), "split": split}


@pytest.mark.parametrize("build", [LSNNet, AnnTwin])
def test_learns_a_contrast_on_unseen_subjects_and_leaves_whole_files(build: type[LSNNet], tmp_path: Path) -> None:
    samples = make_samples()
    told: list[tuple[int, int]] = []
    options = TrainOptions(epochs=30, batch=16)
    result = train(samples, CONFIG, options, tmp_path, build, lambda done, total, _: told.append((done, total)))
    x, _ = select(samples, "test")
    found = predict(result.network, x)
    assert score(samples, found.logits)["metrics"]["balanced"] > 0.8
    assert told == [(epoch, 30) for epoch in range(1, len(result.history) + 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, HISTORY]
    history = json.loads((tmp_path / HISTORY).read_text())
    assert history == result.history
    assert len(history[0]["windows"]) == (2 if build is LSNNet else 0)
    assert result.best_epoch == options.first_kept + int(
        np.argmin([epoch["val_loss"] for epoch in history[options.first_kept :]])
    )
    np.testing.assert_array_equal(predict(load(tmp_path / CHECKPOINT, build), x).logits, found.logits)


def test_kept_weights_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    """Validation labels turned round: the longer the training, the worse, so an early epoch must be kept."""
    samples = make_samples()
    samples["y"] = np.where(samples["split"] == 1, 1 - samples["y"], samples["y"])
    result = train(samples, CONFIG, TrainOptions(epochs=30, settled=0.0, batch=32, patience=3), tmp_path)
    assert len(result.history) == result.best_epoch + 4 < 30
    x, y = (torch.from_numpy(part) for part in select(samples, "val"))
    with torch.no_grad():
        logits = result.network(x)
    loss = torch.nn.functional.cross_entropy(logits, y, class_weights(y, 2))
    assert float(loss) == pytest.approx(result.history[result.best_epoch]["val_loss"], rel=1e-5)


def _same(first: Path, second: Path) -> bool:
    one, other = (torch.load(path / CHECKPOINT, weights_only=True)["state"] for path in (first, second))
    history = (first / HISTORY).read_text() == (second / HISTORY).read_text()
    return history and all(torch.equal(one[name], other[name]) for name in one)


def test_same_seed_same_network_other_seed_another(tmp_path: Path) -> None:
    samples, before = make_samples(), torch.get_rng_state()
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        train(samples, CONFIG, TrainOptions(epochs=2, seed=seed), tmp_path / name)
    assert _same(tmp_path / "a", tmp_path / "b")
    assert not _same(tmp_path / "a", tmp_path / "c")
    assert torch.equal(before, torch.get_rng_state())


class _Stop(Exception):
    pass


def _stop_at(epoch: int) -> Tell:
    def tell(done: int, *_: object) -> None:
        if done == epoch:
            raise _Stop

    return tell


def test_interrupted_training_resumes_to_the_same_result(tmp_path: Path) -> None:
    samples = make_samples()
    train(samples, CONFIG, OPTIONS, tmp_path / "whole")
    for epoch in (1, 5):  # interrupted twice
        with pytest.raises(_Stop):
            train(samples, CONFIG, OPTIONS, tmp_path / "resumed", tell=_stop_at(epoch))
    assert not (tmp_path / "resumed" / CHECKPOINT).exists()
    seen: list[int] = []
    train(samples, CONFIG, OPTIONS, tmp_path / "resumed", tell=lambda done, *_: seen.append(done))
    assert seen[0] == 6
    assert _same(tmp_path / "whole", tmp_path / "resumed")


def test_state_of_another_recipe_or_other_data_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(_Stop):
        train(make_samples(), CONFIG, OPTIONS, tmp_path, tell=_stop_at(4))
    for samples, options, build in (
        (make_samples(1), OPTIONS, LSNNet),
        (make_samples(), TrainOptions(epochs=8, batch=32, lr=2e-3), LSNNet),
        (make_samples(), OPTIONS, AnnTwin),
    ):
        state = (tmp_path / STATE).read_bytes()
        with pytest.raises(_Stop):  # begins anew, so the first epoch comes by; a resumed one would start with the fifth
            train(samples, CONFIG, options, tmp_path, build, _stop_at(1))
        (tmp_path / STATE).write_bytes(state)


@pytest.mark.parametrize("changed", ["source", "torch"])
def test_state_of_another_source_is_not_resumed(changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(_Stop):
        train(make_samples(), CONFIG, OPTIONS, tmp_path, tell=_stop_at(4))
    if changed == "source":
        monkeypatch.setattr("model.train.hash_sources", lambda _: "another")
    else:
        monkeypatch.setattr("torch.__version__", "another")
    with pytest.raises(_Stop):
        train(make_samples(), CONFIG, OPTIONS, tmp_path, tell=_stop_at(1))


@pytest.mark.parametrize("place", [0, 40, 0.3, 0.6, 0.9, -1, -40])
def test_training_begins_anew_where_its_state_is_damaged(place: float, tmp_path: Path) -> None:
    train(make_samples(), CONFIG, OPTIONS, tmp_path / "whole")
    with pytest.raises(_Stop):
        train(make_samples(), CONFIG, OPTIONS, tmp_path / "damaged", tell=_stop_at(4))
    state = bytearray((tmp_path / "damaged" / STATE).read_bytes())
    state[int(place * len(state)) if isinstance(place, float) else place] ^= 1
    (tmp_path / "damaged" / STATE).write_bytes(state)
    train(make_samples(), CONFIG, OPTIONS, tmp_path / "damaged")
    assert _same(tmp_path / "whole", tmp_path / "damaged")


_KILLED = """
import sys
from pathlib import Path
from base.files import read_npz
from model.lsnnet import LSNNetConfig
from model.train import TrainOptions, train
folder = Path(sys.argv[1])
train(read_npz(folder / "samples.npz"), LSNNetConfig(4, 3, 4, 2, (6, 6), (12, 8)),
      TrainOptions(epochs=20, batch=16, patience=20), folder / "killed", tell=lambda *a: print(a[0], flush=True))
"""


def test_killed_training_resumes_to_the_same_result(tmp_path: Path) -> None:
    """SIGKILL in the middle of an epoch: no time to tidy up."""
    write_npz(tmp_path / "samples.npz", **make_samples())
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    assert process.stdout is not None
    with process:
        while process.stdout.readline().strip() != "3":
            assert process.poll() is None
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / CHECKPOINT).exists()
    options = TrainOptions(epochs=20, batch=16, patience=20)
    seen: list[int] = []
    train(make_samples(), CONFIG, options, tmp_path / "killed", tell=lambda done, *_: seen.append(done))
    assert seen[0] > 3
    train(make_samples(), CONFIG, options, tmp_path / "whole")
    assert _same(tmp_path / "whole", tmp_path / "killed")


def test_checkpoint_holds_no_code(tmp_path: Path) -> None:
    """A checkpoint that would run something on loading is refused."""
    torch.save({"config": CONFIG.to_dict(), "state": {}, "extra": Path("x")}, tmp_path / CHECKPOINT)
    with pytest.raises(Exception, match=r"[Ww]eights"):
        load(tmp_path / CHECKPOINT)


@pytest.mark.parametrize(("split", "message"), [(0, "training split"), (1, "val split")])
def test_empty_parts_are_named(split: int, message: str, tmp_path: Path) -> None:
    samples = make_samples()
    if split == 0:
        samples["y"][samples["split"] == 0] = 0  # one class only
    else:
        samples["split"][samples["split"] == 1] = 2
    with pytest.raises(UserError, match=message):
        train(samples, CONFIG, OPTIONS, tmp_path)
