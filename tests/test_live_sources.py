"""LabStreamingLayer by a real outlet in this process, BrainFlow by its synthetic board; and what they refuse."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from eeg_files import noise
from live_runs import NAMES, network, pipeline

from base.errors import UserError
from live.network import Network
from live.pipeline import CLASS, Result
from live.session import run
from live.sources.brainflow import BrainFlowBoard
from live.sources.electrodes import rows
from live.sources.lsl import LslStream

pylsl = pytest.importorskip("pylsl")
RATE = 250
SCALE = {"microvolts": 1.0, "mV": 1e-3, "V": 1e-6}
ORDER = ("O2", "Cz", "EEG Fp1", "aux", "O1", "Fp2")  # of the stream's channels


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return network(tmp_path_factory.mktemp("live"), frames=4, features='["pse"]')


@contextmanager
def outlet(unit: str = "microvolts", rate: float = RATE, labels: tuple[str, ...] = ORDER, kind: str = "EEG",
           ends_s: float | None = None, hole: bool = False) -> Iterator[tuple[str, np.ndarray]]:
    """An amplifier that sends noise, its channels in the order of `labels`; its name, and what it sends in microvolt.

    It ends after ends_s; hole: the samples from 500 to 502 are never sent.
    """
    name = f"amp-{uuid.uuid4().hex[:8]}"
    info = pylsl.StreamInfo(name, kind, len(labels), rate, "float32", source_id=name)
    if labels[0]:
        info.set_channel_labels(list(labels))
    if unit:
        info.set_channel_units([unit] * len(labels))
    sent = noise(3, 60, RATE, channels=len(labels)).astype(np.float32)
    out, stop = [pylsl.StreamOutlet(info, 5)], threading.Event()

    def send() -> None:
        while not stop.is_set() and not out[0].wait_for_consumers(0.2):
            pass
        start, at = pylsl.local_clock(), 0
        while not stop.is_set() and at < sent.shape[1] and not (ends_s and at / RATE >= ends_s):
            due = int((pylsl.local_clock() - start) * RATE)
            for k in range(at, min(due, sent.shape[1])):
                if not (hole and 500 <= k < 503):
                    out[0].push_sample((sent[:, k] * SCALE.get(unit, 1.0)).tolist(), start + k / RATE)
            at = max(at, due)
            time.sleep(0.01)
        if ends_s:
            time.sleep(0.5)
            out.clear()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield name, sent
    finally:
        stop.set()
        thread.join()
        out.clear()


@pytest.mark.parametrize("unit", ["microvolts", "mV"])
def test_a_stream_comes_whole_in_microvolt_by_name(unit: str, known: Network) -> None:
    with outlet(unit) as (name, sent), LslStream(known, name) as source:
        assert (source.name, source.rate_hz) == (f"LSL stream {name}", RATE)
        got: list[Any] = []
        until = time.monotonic() + 15
        while sum(chunk.signal.shape[1] for chunk in got) < 400 and time.monotonic() < until:
            got += source.read() or []
    signal = np.concatenate([chunk.signal for chunk in got], axis=1)[:, :400]
    assert not any(chunk.broken for chunk in got)
    wanted = sent[[ORDER.index(label) for label in ("EEG Fp1", "Fp2", "Cz", "O1", "O2")]]
    assert known.layout.electrodes == NAMES
    first = int(np.argmin(np.abs(wanted[0] - signal[0, 0])))  # an inlet may begin a little after its outlet
    np.testing.assert_allclose(signal, wanted[:, first : first + 400], rtol=1e-5)


def test_a_session_with_lost_samples_and_a_stream_that_stops(known: Network) -> None:
    results: list[Result] = []
    with outlet(ends_s=5, hole=True) as (name, _), LslStream(known, name) as source:
        line = pipeline(known)
        run(source, line, results.append, seconds=9)
    states = [result.state for result in results]
    said = [result.said for result in results if result.state == "unsure"]
    assert said[:2] == ["3 samples lost", "no samples for 2 s"]
    assert all(word.startswith("no samples") for word in said[1:])
    assert states.count(CLASS) >= 4
    assert states[states.index("unsure") + 1 :][:4] == ["settling"] * 3 + [CLASS]
    assert 1000 < line.samples <= 5 * RATE


@pytest.mark.parametrize(("stream", "words"), [
    ({"unit": "steps"}, "Fp1: unit: got 'steps', expected uV"),
    ({"unit": ""}, "Fp1: unit: got '', expected uV"),
    ({"rate": 0.0}, "sampling rate: got an irregular one, expected a regular one"),
    ({"rate": 50.0}, "sampling rate: got 50 Hz, expected at least 100 Hz"),
    ({"labels": ("Fp1", "Fp2", "Cz", "O1")}, "channels: got none for O2 (it has Fp1, Fp2, Cz, O1), expected every"),
    ({"labels": ("",) * 5}, "channels: got 5 without names, expected ELECTRODES"),
    ({"labels": ("Fp1", "Fp2", "Cz", "O1", "O2", "EEG O2")}, ""),
], ids=str)
def test_streams_that_cannot_be_used(stream: dict[str, Any], words: str, known: Network) -> None:
    with outlet(**stream) as (name, _):
        if not words:  # the exact name goes before another spelling of it
            LslStream(known, name).__exit__(None, None, None)
            return
        with pytest.raises(UserError) as caught:
            LslStream(known, name)
    assert f"LSL stream {name}" in str(caught.value)
    assert words in str(caught.value)


def test_a_rate_that_is_not_resampled(known: Network) -> None:
    with outlet() as (name, _), pytest.raises(UserError, match="sampling rate: got 250 Hz, expected 128 Hz"):
        LslStream(replace(known, resamples=False), name)


def test_no_stream_and_several(known: Network) -> None:
    with pytest.raises(UserError, match=r"DEVICE: got no LSL stream of name or type nobody within 0\.6 s \(found "):
        LslStream(known, "nobody", find_s=0.6)
    kind = f"kind-{uuid.uuid4().hex[:8]}"
    with outlet(kind=kind) as (one, _), outlet(kind=kind) as (other, _):
        opened = [LslStream(known, name) for name in (one, other)]  # both are heard of now
        with pytest.raises(UserError, match=f"DEVICE: LSL streams {kind}: got amp-.*, amp-.*, expected one"):
            LslStream(known, kind)
        for source in opened:
            source.__exit__(None, None, None)


def test_which_channel_is_which_electrode() -> None:
    assert rows(("", "", ""), ("Cz", "Fz", "x"), ("Fz", "Cz"), "board") == [1, 0]
    assert rows(("Fz", "Cz"), ("Cz", "Fz"), ("Fz", "Cz"), "board") == [1, 0]
    for named, words in ((("a", "b", "c"), "ELECTRODES: got 3 names, expected at most 2, one for each channel of"),
                         (("Cz", "Cz"), "board: got Cz and Cz, the same electrode"),
                         ((), "board: channels: got none for Pz")):
        with pytest.raises(UserError, match=words):
            rows(("Fz", "Cz"), named, ("Pz",) if not named else ("Cz",), "board")


def test_the_synthetic_board(known: Network) -> None:
    pytest.importorskip("brainflow")
    results: list[Result] = []
    with BrainFlowBoard(known, "-1", NAMES) as source:
        assert (source.name, source.rate_hz) == ("BrainFlow board Synthetic", RATE)
        line = pipeline(known)
        run(source, line, results.append, seconds=4)
    assert [result.said for result in results if result.state == "unsure"] == []
    assert [result.state for result in results][:4] == ["settling"] * 3 + [CLASS]
    assert 3 * RATE < line.samples < 5 * RATE


@pytest.mark.parametrize(("which", "named", "words"), [
    ("cyton", NAMES, "DEVICE: got 'cyton', expected a board's number"),
    ("999", NAMES, "DEVICE: got board 999, expected one that BrainFlow knows"),
    ("-1", (), "BrainFlow board Synthetic: channels: got none for Fp1 Fp2 O1 O2 (it has Fz, C3, "),
    ("-1", NAMES[:4], "channels: got none for O2"),
    ("0:/dev/no-such-port", NAMES, "BrainFlow board Cyton: got no connection ("),
])
def test_boards_that_cannot_be_used(which: str, named: tuple[str, ...], words: str, known: Network) -> None:
    pytest.importorskip("brainflow")
    with pytest.raises(UserError) as caught, BrainFlowBoard(known, which, named):
        pass
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
