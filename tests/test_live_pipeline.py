"""Live gives batch's integers on the same samples, in any blocks, in a fixed room, for as long as it runs."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from eeg_files import in_memory, noise
from live_runs import make_run, network, pipeline, push, write_folder

from base.errors import UserError
from base.files import read_npz, write_npz
from firstspike_board.chip import Result as DriverResult
from firstspike_board.errors import BoardError
from live import network as live_network
from live.chip import by_driver, golden_model
from live.meter import STAGES
from live.network import Network
from live.pipeline import CLASS, SETTLING, Pipeline, Result
from live.session import Account, line, run
from live.sources.replay import Replay
from model.data.folds.splits import TEST
from model.data.folds.windows import to_grid
from model.data.options import Changes
from model.data.recording import Preparation, Recording
from model.data.registry import load
from model.data.signal.causal import Conditioner, extract
from model.data.signal.smoothing import smooth
from spec import golden


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Path]:
    folder = tmp_path_factory.mktemp("live")
    return network(folder), folder


def replayed(known: Network, root: Path, subjects: list[int]) -> list[Result]:
    source = Replay(load("folder", root), subjects, paced=False)
    line_ = Pipeline(known, source.rate_hz, golden_model(known.spec))
    results: list[Result] = []
    run(source, line_, results.append)
    return results


@pytest.mark.parametrize("head", [
    {}, {"rate": 128, "to_hz": None}, {"rate": 500, "frames": 4}, {"rate": 100, "to_hz": 128},
    {"rate": 256, "to_hz": None, "frames": 1, "features": '["bandpower"]'},
], ids=str)
def test_a_whole_recording_gives_batchs_integers(head: dict[str, object], tmp_path: Path) -> None:
    known = network(tmp_path, **head)
    samples = read_npz(tmp_path / "out" / "samples.npz")
    test = samples["split"] == TEST
    wanted = known.spec.input.quantise(samples["x"][test])
    trace = golden.run(known.spec, wanted)
    results = replayed(known, tmp_path / "data", [3, 4])
    begun = [k for k, result in enumerate(results) if result.said.startswith("subject")] + [len(results)]
    found = []
    for start, stop in pairwise(begun):
        own = [result for result in results[start:stop] if result.state == CLASS]
        found += own[:: known.layout.frames_per_sample]
    assert len(begun) == 5
    assert len(found) == len(wanted) > 10
    for k, result in enumerate(found):
        assert result.words is not None
        assert result.answer is not None
        assert np.array_equal(result.words, wanted[k])
        assert result.answer.logits.tolist() == trace.logits[k].tolist()
        assert result.answer.label == trace.predicted[k]
    assert len({result.words.tobytes() for result in found if result.words is not None}) == len(found)


def test_without_smoothing(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "data")
    out = tmp_path / "out"
    known = Network.load(out, make_run(root, out, Changes(filter="causal", smoothing="none")))
    samples = read_npz(out / "samples.npz")
    wanted = known.spec.input.quantise(samples["x"][samples["split"] == TEST])
    found = [result.words for result in replayed(known, root, [3]) if result.state == CLASS]
    assert np.array_equal(found[0], wanted[0])


@pytest.mark.parametrize("block", [1, 7, 50, 999999])
def test_blocks_make_no_difference(block: int, made: tuple[Network, Path]) -> None:
    signal = noise(5, 6, 250, channels=5)
    signal[3, 700:800] = 4.0  # a flat stretch: what is unsure is the same as well
    usual, other = push(pipeline(made[0]), signal), push(pipeline(made[0]), signal, block=block)
    assert [(r.at_s, r.state, r.said) for r in usual] == [(r.at_s, r.state, r.said) for r in other]
    assert [None if r.words is None else r.words.tolist() for r in usual] == [
        None if r.words is None else r.words.tolist() for r in other]
    assert {r.state for r in usual} == {"class", "settling", "unsure"}


def test_ten_minutes_lose_nothing_and_grow_nothing(tmp_path: Path) -> None:
    known = network(tmp_path, frames=4, features='["pse"]')
    seconds, rate = 600, 250
    recording = Recording(0, 0, 0, 1, noise(1, seconds, rate, channels=5), raw_hz=rate)
    dataset = in_memory([recording], known.layout, Preparation(("pse",), "causal", "train-subjects", 1, "causal"))
    source = Replay(dataset, [0], paced=False)
    line_ = Pipeline(known, rate, golden_model(known.spec))
    account = Account(line_, source, known.class_names)
    held: list[int] = []

    def show(result: Result) -> None:
        """Count every byte that is held through the last minute but one."""
        account.add(result)
        if 480 <= result.at_s < 540 and not tracemalloc.is_tracing():
            tracemalloc.start()
        elif tracemalloc.is_tracing():
            held.append(tracemalloc.get_traced_memory()[0])
            if result.at_s >= 540:
                tracemalloc.stop()

    try:
        run(source, line_, show)
    finally:
        tracemalloc.stop()
    frames = len(known.layout.frame_starts(-(-seconds * rate * 64 // 125)))
    assert line_.samples == seconds * rate
    assert account.results == {CLASS: frames - 3, SETTLING: 1 + 3}  # the recording's title; the first frames
    assert account.faults == {}
    assert len(held) == 160
    assert max(held[140:]) < max(held[20:40]) + 20_000  # the list of these numbers among it
    said = account.said()
    assert set(said["times"]) == {*STAGES, "latency"}
    assert said["times"]["latency"]["p99_ms"] < 5000


def test_no_drift_the_last_window_is_batchs(made: tuple[Network, Path]) -> None:
    """After a minute and a half, in small blocks, by the batch path of the whole."""
    known, signal = made[0], noise(3, 90, 250, channels=5)
    last = [result for result in push(pipeline(known), signal, block=13) if result.state == CLASS][-1]
    frames = smooth(extract(Conditioner(known.layout, 250).push(signal), known.features, known.layout), "causal")
    x = scaled(known, frames[-known.layout.frames_per_sample :])
    assert np.array_equal(last.words, known.spec.input.quantise(x)[0])


def scaled(known: Network, frames: np.ndarray) -> np.ndarray:
    return ((to_grid(frames[None], known.layout.grid) - known.mean) / known.deviation).astype(np.float32)


def test_real_time_is_real(made: tuple[Network, Path]) -> None:
    source = Replay(load("folder", made[1] / "data"), [3])
    line_, start = pipeline(made[0]), time.monotonic()
    results: list[Result] = []
    with source:
        run(source, line_, results.append, seconds=2)
    assert 2 <= time.monotonic() - start < 3
    assert 1.5 < line_.samples / 250 <= 2.3
    own = [result for result in results if result.state == CLASS]
    assert own
    assert all(0 < result.times_ms["latency"] < 1000 for result in own)
    assert "golden model" in line(own[0], made[0].class_names)
    assert line(results[0], made[0].class_names).endswith("settling: subject 3, session 1, trial 1: rest")


@pytest.mark.parametrize(("changes", "words"), [
    (Changes(), "FILTER=zero-phase SMOOTHING=em-smoother, which hear the future, expected one trained with "
                "FILTER=causal SMOOTHING=causal"),
    (Changes(filter="causal", smoothing="smoother"), "FILTER=causal SMOOTHING=smoother"),
    (Changes(filter="causal", smoothing="causal", standardisation="per-subject-transductive"),
     "STANDARDISATION=per-subject-transductive, which needs a person's whole recordings, expected one trained with "
     "STANDARDISATION=train-subjects"),
])
def test_what_hears_the_future_is_refused(changes: Changes, words: str, tmp_path: Path) -> None:
    root = write_folder(tmp_path / "data", frames=4)
    folder = make_run(root, tmp_path / "out", changes)
    with pytest.raises(UserError, match=words):
        Network.load(tmp_path / "out", folder)


def test_a_damaged_run_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = make_run(write_folder(tmp_path / "data"), out)
    arrays = read_npz(out / "samples.npz")
    for changed, words in (({"mean": arrays["mean"][1:]}, "mean: got"),
                           ({"deviation": 0 * arrays["deviation"]}, "deviation: got 0.0, expected above 0"),
                           ({"mean": arrays["mean"] * np.nan}, "finite")):
        write_npz(out / "samples.npz", **{**arrays, **changed})
        with pytest.raises(UserError, match=words):
            Network.load(out, folder)
    arrays.pop("mean")
    write_npz(out / "samples.npz", **arrays)
    with pytest.raises(UserError, match="no whole samples of a run"):
        Network.load(out, folder)


def test_another_answers(made: tuple[Network, Path]) -> None:
    """The board's driver in the model's place: its name is in every result."""
    known = made[0]

    class Chip:
        def classify(self, batch: np.ndarray) -> DriverResult:
            trace = golden.run(known.spec, batch)
            return DriverResult(trace.predicted, trace.logits, None, trace.spike_counts(known.spec),
                                np.array([len(batch)]), "a chip")

    signal = noise(1, 3, 250, channels=5)
    ours = push(pipeline(known), signal)[-1].answer
    theirs = push(Pipeline(known, 250, by_driver(Chip(), BoardError)), signal)[-1].answer
    assert ours is not None
    assert theirs is not None
    assert (ours.source, theirs.source) == ("golden model", "a chip")
    assert (ours.label, ours.logits.tolist(), ours.spikes.tolist()) == (
        theirs.label, theirs.logits.tolist(), theirs.spikes.tolist())


def test_rates_that_the_network_cannot_take(made: tuple[Network, Path]) -> None:
    with pytest.raises(UserError, match="source: sampling rate: got 64 Hz, expected at least 100 Hz"):
        pipeline(made[0], 64)
    fixed = replace(made[0], resamples=False)
    with pytest.raises(UserError, match="source: sampling rate: got 250 Hz, expected 128 Hz, as the recordings of "
                                        "office have, which are not resampled"):
        pipeline(fixed)
    assert pipeline(fixed, 128).delay_s == 0
    live_network.check("causal", "none", "train-subjects")
