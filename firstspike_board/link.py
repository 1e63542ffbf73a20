"""A board's chip for a computer beside it: `python3 -m firstspike_board.link firstspike.bit` there, Link here.

A line of JSON for each question, one sample, and for each answer, over TCP, one computer at a time. Whoever reaches
the board's port may ask, as whoever reaches its JupyterLab may; samples are all that can be asked.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

import numpy as np

from base.errors import UserError, expected
from firstspike_board import errors
from firstspike_board.chip import Chip, Result, joined, words_of
from firstspike_board.engines import Transfer
from firstspike_board.errors import BoardError, NoBoard, WrongDigest
from firstspike_board.places import LINK_PORT
from spec.netspec import NetSpec

CONNECT_S, ANSWER_S = 1.0, 8.0  # the second has the driver's own limit in it
_LINE = 1 << 22  # bytes, at most
# s, s, times; ms in which an answer must have arrived, since nothing is asked whether one is there while one is due
_ALIVE = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3),
          (socket.TCP_USER_TIMEOUT, 20_000))


def serve(chip: Chip, listener: socket.socket, once: bool = False) -> None:
    """Answer whoever connects, one computer after another; once: until the first has gone."""
    while True:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # it may go at any time
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # one that vanished makes room
            for option, value in _ALIVE:
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
            with connection.makefile("rwb") as stream:
                _say(stream, {"digest": chip.spec.digest, "source": chip.source})
                while (line := stream.readline(_LINE)).endswith(b"\n"):
                    _say(stream, _answer(chip, line))
        if once:
            return


def _answer(chip: Chip, line: bytes) -> dict[str, Any]:
    try:
        batch = np.array([json.loads(line)])
        if batch.dtype.kind not in "iu":
            raise ValueError(f"values of type {batch.dtype}")
        result = chip.classify(batch)
    except (BoardError, UserError) as error:
        return {"error": type(error).__name__, "said": str(error)}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        return {"error": "UserError", "said": f"sample: got no words ({error}), expected integers"}
    return {"class": int(result.classes[0]), "logits": result.logits[0].tolist(), "spikes": result.spikes[0].tolist(),
            "latency": None if result.latency is None else int(result.latency[0])}


def _say(stream: Any, what: Any) -> None:
    stream.write(json.dumps(what).encode() + b"\n")
    stream.flush()


class Link:
    """The chip of the board at `host`, used as a Chip is: the same classify, the same errors.

    Raises NoBoard where nothing answers that could be one, WrongDigest where its chip is not of this spec. A board that
    was lost is looked for again with the next batch.
    """

    def __init__(self, host: str, spec: NetSpec, port: int = LINK_PORT) -> None:
        self._host, self._spec, self._port = host, spec, port
        self._stream: Any = None
        self._connect()

    def classify(self, batch: np.ndarray) -> Result:
        """As Chip.classify, each sample in a transfer of its own."""
        words = words_of(self._spec, batch)
        if self._stream is None:
            self._connect()
        parts = [self._ask(sample.tolist()) for sample in words]
        return joined(self._spec, self.source, [
            Transfer(np.array([[*part["logits"], part["class"]]], np.int64), part["latency"],
                     np.array(part["spikes"], np.int64)) for part in parts])

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self.close()

    def _connect(self) -> None:
        try:
            with socket.create_connection((self._host, self._port), CONNECT_S) as connection:
                connection.settimeout(ANSWER_S)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._stream = connection.makefile("rwb")  # keeps it open
        except (OSError, UnicodeError) as error:  # the second: a name that is none
            raise NoBoard(f"{self._where}: {_reason(error)}") from error
        said = self._heard()
        if said.get("digest") != self._spec.digest:
            self.close()
            raise WrongDigest(f"{self._where}: got a network with digest {str(said.get('digest'))[:8]}, expected "
                              f"{self._spec.digest[:8]}")
        self.source = str(said["source"])

    def _ask(self, sample: Any) -> dict[str, Any]:
        try:
            _say(self._stream, sample)
            found = self._heard()
        except OSError as error:
            self.close()
            raise NoBoard(f"{self._where}: {_reason(error)}") from error
        except KeyboardInterrupt:  # the answer that is on its way would be taken for the next one's
            self.close()
            raise
        if "error" not in found:
            return found
        kind = UserError if found["error"] == "UserError" else getattr(errors, str(found["error"]), BoardError)
        if not (isinstance(kind, type) and issubclass(kind, (UserError, BoardError))):
            kind = BoardError
        raise kind(f"{self._where}: {found['said']}")

    def _heard(self) -> dict[str, Any]:
        try:
            line = self._stream.readline(_LINE)
            if not line:
                raise ConnectionError("it has closed the connection")
            found = json.loads(line)
            if not isinstance(found, dict):
                raise ValueError("what answers is no firstspike_board.link")
        except (OSError, ValueError, RecursionError) as error:
            self.close()
            raise NoBoard(f"{self._where}: {_reason(error)}") from error
        return found

    @property
    def _where(self) -> str:
        return f"board at {self._host}, port {self._port}"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time; is another computer connected?"
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def main(bitstream: str) -> None:
    with Chip(bitstream, fallback=False) as chip, socket.create_server(("", LINK_PORT)) as listener:
        print(f"{chip.source}, digest {chip.spec.digest[:8]}: waits at port {LINK_PORT}; Ctrl-C ends it", flush=True)
        serve(chip, listener)


if __name__ == "__main__":
    try:
        if len(sys.argv) != 2:
            raise expected("arguments", " ".join(sys.argv[1:]) or "none", "the bitstream, such as firstspike.bit")
        main(sys.argv[1])
    except (BoardError, UserError, OSError) as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
