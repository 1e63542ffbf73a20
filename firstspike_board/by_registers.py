"""Samples in and results out through the window of the chip's registers, beat by beat: no DMA, no buffer."""

from __future__ import annotations

import numpy as np

from firstspike_board.engines import Came, ChipEngine
from firstspike_board.errors import BeatLost, BoardError, InputNotTaken, NoResult, TlastMissing, WrongLength
from spec.registers import REGISTERS, WINDOW_WORDS


class WindowEngine(ChipEngine):
    """One sample at a time, each in a transfer of its own: its latency has the program's time to write it in it."""

    source = "chip, by registers"
    most = 1

    def _exchange(self, beats: np.ndarray, came: Came) -> np.ndarray:
        results = self._spec.readout.beats
        self._put(beats.astype("<u4").ravel(), came)
        self._wait(1, lambda: self._look("waiting") >= results, came, self._why)
        words = [self._registers.read("WINDOW_OUT") for _ in range(results - 1)]
        if not self._look("last"):
            raise TlastMissing(f"the last of {results} beats of a result has no TLAST")
        words.append(self._registers.read("WINDOW_OUT"))
        if self._look("waiting"):
            raise WrongLength(f"{self._look('waiting')} beats wait behind the result of {results}")
        return np.array([words], np.uint32)

    def _put(self, beats: np.ndarray, came: Came) -> None:
        """Write a sample; nothing is written for which there is no room."""
        sent, last = 0, len(beats) - 1
        while sent <= last:
            room = self._look("room")
            if not room:
                self._wait(1, lambda: self._look("room") > 0, came, self._not_taken)
            elif sent == last:
                self._registers.write("WINDOW_LAST", int(beats[last]))
                sent += 1
            else:
                count = min(room, WINDOW_WORDS, last - sent)
                self._registers.write_words("WINDOW_IN", beats[sent:sent + count].tobytes())
                sent += count

    def _look(self, field: str) -> int:
        """A field of WINDOW_STATUS. Raises BeatLost where that says so."""
        register = REGISTERS["WINDOW_STATUS"]
        word = self._registers.read("WINDOW_STATUS")
        if register.field("lost", word):
            raise BeatLost("WINDOW_STATUS.lost: a beat was written without room, or read where none was: "
                           "somebody else uses the window")
        return register.field(field, word)

    def _not_taken(self, count: int) -> BoardError:
        return InputNotTaken(f"nothing for {self._limit_s} s, {count} of 1 results: the chip does not take all of the "
                             "input")

    def _why(self, count: int) -> BoardError:
        waiting = self._look("waiting")
        return NoResult(f"nothing for {self._limit_s} s, {count} of 1 results: the chip has taken all of the input, "
                        f"{waiting} of {self._spec.readout.beats} beats came")
