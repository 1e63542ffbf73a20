"""What is wrong with the EEG is said, and nothing is classified as if it were not; what comes after is clean."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from eeg_files import noise
from live_runs import network, pipeline, push

from base.errors import UserError
from live.chip import Answer, NoAnswer
from live.continuity import Counter, Rate, Stamps, said
from live.network import Network
from live.pipeline import CLASS, SETTLING, UNSURE, Chunk, Pipeline, Result
from live.quality import faults
from live.session import run
from live.sources import Source
from live.sources.cutting import Cutter

RATE = 250
NAMES = ("Fp1", "Fp2", "Cz", "O1", "O2")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network(tmp_path_factory.mktemp("live"), frames=4, features='["pse"]')  # frames of 0.375 s, 4 in a window


def signal(seconds: float = 6, seed: int = 1) -> np.ndarray:
    return noise(seed, seconds, RATE, channels=5)


def clipped(values: np.ndarray) -> None:
    values[:] = np.clip(50 * values, -100, 100)


BAD: list[tuple[Callable[[np.ndarray], None], str]] = [
    (lambda values: values.fill(3.0), "flat"),
    (lambda values: values.fill(-187_500.0), "saturated"),
    (clipped, "saturated"),
    (lambda values: np.multiply(values, 1e-3, out=values), "uV, too quiet"),
    (lambda values: np.multiply(values, 2e3, out=values), "uV, too loud"),
    (lambda values: values.__setitem__(100, np.nan), "not a number"),
]


@pytest.mark.parametrize(("spoil", "word"), BAD, ids=[word for _, word in BAD])
def test_a_bad_electrode_is_shown_and_forgotten(spoil: Callable[[np.ndarray], None], word: str, known: Network) -> None:
    """Seconds 3 to 4 of Cz: unsure as long as a frame holds any of it, then settling, then as if begun there."""
    values = signal()
    spoil(values[2, 3 * RATE : 4 * RATE])
    results = push(pipeline(known), values)
    states = [result.state for result in results]
    unsure = [result for result in results if result.state == UNSURE]
    assert unsure
    assert all(set(result.bad) == {"Cz"} and result.said.startswith("Cz ") for result in unsure)
    assert any(word in result.said for result in unsure)
    assert all(result.answer is None for result in results if result.state != CLASS)
    first, last = states.index(UNSURE), len(states) - 1 - states[::-1].index(UNSURE)
    assert results[first - 1].at_s <= 3.38
    assert (3.6 if "quiet" in word or "number" in word else 3.99) < results[last].at_s < 4.5
    assert states[last + 1 : last + 5] == [SETTLING] * 3 + [CLASS]
    # What follows is what a sitting gives that begins there.
    begun = push(pipeline(known), values[:, round(results[last].at_s * RATE) :])
    after = [result.words for result in results[last:] if result.state == CLASS]
    for got, want in zip(after, [result.words for result in begun if result.state == CLASS], strict=True):
        assert np.array_equal(got, want)


def test_several_electrodes() -> None:
    values = signal(1)
    values[0] = 0.0
    values[4] = 1e5
    assert faults(values, NAMES, RATE) == {"Fp1": "flat", "O2": "saturated"}
    assert faults(signal(1), NAMES, RATE) == {}


@pytest.mark.parametrize("broken", ["1 sample lost", "gap of 2.5 s"])
def test_after_a_break_all_begins_anew(broken: str, known: Network) -> None:
    values = signal()
    line = pipeline(known)
    push(line, values[:, :900])
    after = push(line, values[:, 900:], broken)
    assert (after[0].state, after[0].said, after[0].fault) == (UNSURE, broken, "break")
    assert [result.state for result in after[1:5]] == [SETTLING] * 3 + [CLASS]
    assert [result.said for result in after[1:4]] == ["1 of 4 frames", "2 of 4 frames", "3 of 4 frames"]
    begun = push(pipeline(known), values[:, 900:])
    for got, want in zip(after[1:], begun, strict=True):
        assert (got.state, got.words is None) == (want.state, want.words is None)
        assert got.words is None or np.array_equal(got.words, want.words)


def test_lost_samples_by_a_counter() -> None:
    counter = Counter(256)
    assert counter.lost(np.arange(250, 256)).tolist() == [0] * 6
    assert counter.lost(np.array([0, 1, 3, 4])).tolist() == [0, 0, 1, 0]
    assert counter.lost(np.array([4])).tolist() == [255]  # as if it stood still
    assert [said(1, 250), said(3, 250), said(625, 250)] == ["1 sample lost", "3 samples lost", "gap of 2.5 s"]


def test_lost_samples_by_even_stamps() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(3000) / RATE + rng.normal(0, 2e-5, 3000)
    kept = np.delete(times, [1000, 2000, 2001])
    stamps = Stamps(RATE)
    lost = np.concatenate([stamps.lost(part) for part in np.array_split(kept, 50)])
    assert {k: int(lost[k]) for k in np.flatnonzero(lost)} == {1000: 1, 1999: 2}


def test_stamps_that_come_as_packets_do_are_no_loss_but_a_gap_is() -> None:
    """Eight samples with 1 ms between them and the rest of the time before the next eight, as a radio sends."""
    packets = np.repeat(np.arange(600) * 8 / RATE, 8) + np.tile(np.arange(8) * 1e-3, 600)
    assert not Stamps(RATE).lost(packets).any()
    stamps = Stamps(RATE)
    lost = stamps.lost(np.concatenate([packets, packets + packets[-1] + 3.0]))
    assert np.flatnonzero(lost).tolist() == [4800]
    assert lost[4800] == pytest.approx(3 * RATE, rel=0.02)


def test_the_cut_is_before_the_sample_that_follows() -> None:
    values = signal(1)
    counts = np.arange(250) % 256
    counts[100:] += 3
    chunks = Cutter(RATE, Counter(256)).push(values, np.arange(250) / RATE, 1.0, counts)
    assert [(chunk.signal.shape[1], chunk.broken, chunk.stamp_s) for chunk in chunks] == [
        (100, "", 99 / RATE), (150, "3 samples lost", 249 / RATE)]
    assert np.array_equal(np.concatenate([chunk.signal for chunk in chunks], axis=1), values)
    again = Cutter(RATE).push(values, np.arange(250) / RATE, 1.0)
    assert [chunk.broken for chunk in again] == [""]


@pytest.mark.parametrize(("true_hz", "word"), [(250.0, ""), (252.0, ""), (256.0, "rate 256 Hz, not 250 Hz"),
                                               (240.0, "rate 240 Hz, not 250 Hz")])
def test_a_rate_that_is_not_the_declared_one(true_hz: float, word: str, known: Network) -> None:
    rate = Rate(RATE)
    line, values = pipeline(known), signal(0.1)
    results: list[Result] = []
    for k in range(130):
        stamp = (k + 1) * 25 / true_hz
        rate.push(25, stamp, False)
        results += line.push(Chunk(values + 1e-3 * k, 0.0, stamp))
    assert rate.fault == line.rate.fault == word
    assert results[-1].state == (UNSURE if word else CLASS)
    assert results[-1].said == word
    assert any(result.state == CLASS for result in results)  # before it was known


class Scripted:
    """A source of these reads."""

    name, rate_hz = "script", float(RATE)

    def __init__(self, reads: list[list[Chunk] | None]) -> None:
        self._reads = iter(reads)

    def read(self) -> list[Chunk] | None:
        time.sleep(0.01)
        return next(self._reads)

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_stream_that_stops_is_told_and_given_up(known: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.session.SILENT_S", 0.1)
    line, results = pipeline(known), list[Result]()
    source: Source = Scripted([[Chunk(signal(3), 0.0)], *[[]] * 30, [Chunk(signal(3), 0.0)], None])
    run(source, line, results.append)
    silent = [result for result in results if result.fault == "silence"]
    assert len(silent) >= 2
    assert all(result.state == UNSURE and result.said == "no samples for 0 s" for result in silent)
    resumed = [result.said for result in results if result.fault == "break"]
    assert len(resumed) == 1
    assert resumed[0].startswith("gap of 0.")
    with pytest.raises(UserError, match="script: got no samples for 0 s, expected EEG"):
        run(Scripted([[Chunk(signal(3), 0.0)], *[[]] * 60]), pipeline(known), results.append, given_up_s=0.2)


def test_a_chip_that_stops_is_told_and_given_up(known: Network) -> None:
    def classify(_: np.ndarray) -> Answer:
        raise NoAnswer("NoResult: none")

    line, results = Pipeline(known, 250, classify), list[Result]()
    with pytest.raises(UserError, match=r"^chip: got no answer for 0 s \(NoResult: none\), expected one$"):
        run(Scripted([[Chunk(signal(3), 0.0)]] * 60), line, results.append, given_up_s=0.2)
    failed = [result for result in results if result.fault == "chip"]
    assert len(failed) > 1
    assert all(result.state == UNSURE and result.said == "NoResult: none" for result in failed)
    line._classify = pipeline(known)._classify
    assert push(line, signal(3))[-1].state == CLASS  # with the window that went on


def test_no_samples_at_all_in_a_chunk(known: Network) -> None:
    line: Pipeline = pipeline(known)
    assert list(line.push(Chunk(np.empty((5, 0)), 0.0))) == []
    assert push(line, signal(3))[-1].state == CLASS


