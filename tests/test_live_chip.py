"""Live use with a chip: the link between a computer and a board, and raw EEG through the RTL on the simulated board."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eeg_files import noise
from live_runs import make_run, push, write_folder
from synthetic import make_spec, make_words
from test_board_sim import CACHE, OTHERS, need_pynq

from base.errors import UserError
from base.records import ROOT
from firstspike_board import Chip, errors, link
from firstspike_board.chip import Result
from firstspike_board.link import Link
from live.chip import by_driver
from live.network import Network
from live.pipeline import CLASS, UNSURE, Pipeline
from rtl.emit import emit
from simboard.build import build
from simboard.serve import HOST, served
from spec import golden

SPEC = make_spec()


@contextmanager
def waiting(chip: Any) -> Iterator[int]:
    """Something with a Chip's `classify`, at the other end of a link: its port."""
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=link.serve, args=(chip, listener, True), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


@pytest.fixture(scope="module")
def model() -> Chip:
    """There is no pynq here."""
    with pytest.warns(UserWarning, match="the golden model computes instead"):
        return Chip("none.bit", SPEC)


def test_the_same_results_as_the_chip_itself(model: Chip) -> None:
    words = make_words(SPEC, 7)
    with waiting(model) as port, Link(HOST, SPEC, port) as far:
        for batch in (words, words[:0], SPEC.input.quantise(np.zeros(words.shape)), words * 0.25):
            own, found = model.classify(batch, alone=True), far.classify(batch)
            for name in ("classes", "logits", "latency", "samples"):
                np.testing.assert_array_equal(getattr(found, name), getattr(own, name))
            assert found.spikes.sum(0).tolist() == own.spikes.sum(0).tolist()
            assert found.source == "golden model: no board"
        with pytest.raises(UserError, match="batch: got shape"):
            far.classify(words[0])


def test_an_error_of_the_board_is_that_error_here(model: Chip) -> None:
    class Broken:
        spec, source = SPEC, "chip"

        def classify(self, batch: np.ndarray) -> Result:
            if (batch == 0).all():
                raise errors.NoResult("nothing for 5 s")
            return model.classify(batch)

    words = make_words(SPEC, 2)
    with waiting(Broken()) as port, Link(HOST, SPEC, port) as far:
        with pytest.raises(errors.NoResult, match=rf"^board at {HOST}, port {port}: nothing for 5 s$"):
            far.classify(words * 0)
        assert far.classify(words).classes.tolist() == golden.run(SPEC, words).predicted.tolist()


def test_what_is_no_link_or_another_network(model: Chip) -> None:
    with pytest.raises(errors.NoBoard, match=f"board at {HOST}, port 1: Connection refused"):
        Link(HOST, SPEC, 1)
    with pytest.raises(errors.NoBoard, match="label too long"):
        Link("a" * 400, SPEC)
    with waiting(model) as port, pytest.raises(errors.WrongDigest, match="got a network with digest"):
        Link(HOST, make_spec(seed=1), port)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"7\n", b"{}\n"])
def test_somebody_else_at_that_port(said: bytes) -> None:
    with socket.create_server((HOST, 0)) as listener:
        def answer() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(said)
        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(errors.BoardError) as caught:
            Link(HOST, SPEC, listener.getsockname()[1])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", [b"\xff\n", b"[[\n", b"null\n", b"[[[1e400]]]\n", b'{"a": 1}\n',
                                  b"[" * 100_000 + b"\n", b"[[[1.5]]]\n", b'[["12"]]\n', b"[[true]]\n"])
def test_what_is_no_sample_is_refused_and_the_next_is_answered(line: bytes, model: Chip) -> None:
    with waiting(model) as port, socket.create_connection((HOST, port), 5) as connection, \
            connection.makefile("rwb") as stream:
        stream.readline()
        stream.write(line + json.dumps(make_words(SPEC, 1)[0].tolist()).encode() + b"\n")
        stream.flush()
        assert json.loads(stream.readline())["error"] == "UserError"
        assert "class" in json.loads(stream.readline())


def test_a_board_that_was_lost_is_taken_up_again(model: Chip) -> None:
    class Unplugged:
        spec, source = SPEC, "chip"
        lost = False

        def classify(self, batch: np.ndarray) -> Result:
            if not self.lost:
                self.lost = True
                raise ConnectionResetError
            return model.classify(batch)

    words, board = make_words(SPEC, 1), Unplugged()
    with socket.create_server((HOST, 0)) as listener:
        def twice() -> None:
            for _ in range(2):
                link.serve(board, listener, once=True)
        threading.Thread(target=twice, daemon=True).start()
        with Link(HOST, SPEC, listener.getsockname()[1]) as far:
            with pytest.raises(errors.NoBoard, match="it has closed the connection"):
                far.classify(words)
            assert len(far.classify(words).classes) == 1


@pytest.mark.parametrize(("given", "words"), [
    ([], "error: arguments: got none, expected the bitstream"), (["none.bit"], "spec.json: no readable spec")])
def test_the_boards_end_refuses_in_one_line(given: list[str], words: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "firstspike_board.link", *given], cwd=tmp_path, capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert words in done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Path]:
    """A network, and the folder of its design on the simulated board."""
    need_pynq()
    folder = tmp_path_factory.mktemp("chip")
    quantised = make_run(write_folder(folder / "data", frames=4, features='["pse"]'), folder / "out")
    OTHERS["network"].save(quantised)  # which test_board_sim builds as well
    known = Network.load(folder / "out", quantised)
    emit(known.spec, folder / "rtl")
    build(known.spec, folder / "rtl", CACHE, folder / "board" / "firstspike.bit", "dma")
    return known, folder


def test_raw_eeg_goes_in_and_the_class_comes_out_of_the_rtl(run: tuple[Network, Path]) -> None:
    """Live by the chip is live by the model, integer by integer, and so batch; a board that went is said."""
    known, folder = run
    signal = noise(1, 6, 250, channels=5)
    with served(folder / "board", folder / "chip.log") as port, Link(HOST, known.spec, port) as far:
        line = Pipeline(known, 250, by_driver(far, errors.BoardError))
        found = [result for result in push(line, signal) if result.state == CLASS]
    assert len(found) > 10
    trace = golden.run(known.spec, np.stack([result.words for result in found if result.words is not None]))
    answers = [result.answer for result in found if result.answer is not None]
    assert [answer.label for answer in answers] == trace.predicted.tolist()
    assert [answer.logits.tolist() for answer in answers] == trace.logits.tolist()
    assert [answer.spikes.tolist() for answer in answers] == trace.spike_counts(known.spec).tolist()
    assert {answer.source for answer in answers} == {"chip, by DMA"}
    assert all(answer.cycles for answer in answers)
    assert all(result.times_ms["chip"] > 0 for result in found)
    gone = push(line, noise(2, 2, 250, channels=5))
    assert gone
    assert all(result.state == UNSURE and result.fault == "chip" and "NoBoard: board at" in result.said
               for result in gone)
