"""What computes a transfer of samples: a chip, by whichever way in, or the golden model where there is no board."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from firstspike_board.errors import BoardError, Incomplete, ResetInFlight, WrongLength, WrongResult
from firstspike_board.registers import Registers
from spec import golden, packets
from spec.netspec import NetSpec

SPINS, NAP_S = 200, 0.0002  # looks without a pause, then a pause between looks
Came = Callable[[int], None]  # told how many results of a transfer have come


@dataclass(frozen=True, eq=False)
class Transfer:
    """Results of N samples: outputs (N, classes + 1), logits and class; latency in cycles, of the sample of it that was
    probed, None where there is no chip; spikes (units,), of all of them."""

    outputs: np.ndarray
    latency: int | None
    spikes: np.ndarray


class GoldenEngine:
    """The golden model: same integers, no chip."""

    source = "golden model: no board"
    most = 256

    def __init__(self, spec: NetSpec) -> None:
        self._spec = spec

    def run(self, words: np.ndarray, came: Came) -> Transfer:
        trace = golden.run(self._spec, words)
        came(len(words))
        outputs = np.column_stack([trace.logits, trace.predicted])
        return Transfer(outputs, None, trace.spike_counts(self._spec).sum(axis=0))

    def reset(self) -> None:
        """Nothing is in flight."""

    def close(self) -> None:
        """Nothing is held."""


class ChipEngine:
    """A chip whose registers are there; how samples get in and results out is a subclass's.

    limit_s: how long nothing may happen in a transfer.
    """

    source = ""
    most = 1

    def __init__(self, spec: NetSpec, registers: Registers, limit_s: float) -> None:
        self._spec, self._registers, self._limit_s = spec, registers, limit_s
        self._clean = False  # nothing is in flight, no flag is set

    def run(self, words: np.ndarray, came: Came) -> Transfer:
        """Raises the BoardError that says what was wrong; the next call begins on a chip that was reset."""
        if not self._clean:
            self.reset()
        units = len(self._spec.spiking)
        self._clean = False
        self._begin = self._registers.read("INFERENCES")
        before = self._registers.words("SPIKES_TOTAL", units)
        outputs = packets.unpack(self._exchange(packets.pack(self._spec, words), came))
        self._check(outputs)
        after = self._registers.words("SPIKES_TOTAL", units)
        spikes = (np.array(after, np.int64) - np.array(before, np.int64)) % (1 << 32)
        self._clean = True
        return Transfer(outputs, self._registers.read("LATENCY"), spikes)

    def reset(self) -> None:
        """Drop all that is in flight, clear counters and flags."""
        self._clean = False
        self._drop()
        self._clean = True

    def close(self) -> None:
        if not self._clean:
            self.reset()

    def _drop(self) -> None:
        self._registers.set_field("CONTROL", "soft_reset")

    def _exchange(self, beats: np.ndarray, came: Came) -> np.ndarray:
        """(N, beats) uint32 -> (N, classes + 1) uint32."""
        raise NotImplementedError

    def _count(self, samples: int) -> int:
        """Results of this transfer that the chip has sent."""
        count = (self._registers.read("INFERENCES") - self._begin) % (1 << 32)
        if count > samples:
            raise ResetInFlight(f"INFERENCES: got {count} since the transfer began, expected at most {samples}: "
                                "the chip was reset, or somebody else uses it")
        return count

    def _check(self, outputs: np.ndarray) -> None:
        """Raise where the chip has set a flag, or a result cannot be one."""
        if self._registers.field("STATUS", "incomplete") or (outputs[:, -1] == packets.INVALID).any():
            raise Incomplete(f"STATUS.incomplete is set, {self._registers.read('ERRORS')} in all: a transfer ended "
                             "inside a sample")
        if self._count(len(outputs)) != len(outputs):
            raise WrongLength(f"got {self._count(len(outputs))} results, expected {len(outputs)}")
        wrong = np.flatnonzero(outputs[:, :-1].argmax(axis=1) != outputs[:, -1])
        if len(wrong):
            raise WrongResult(f"result {wrong[0]} of {len(outputs)}: got class {outputs[wrong[0], -1]}, expected that "
                              f"of the largest logit of {outputs[wrong[0], :-1].tolist()}")

    def _wait(self, samples: int, done: Callable[[], bool], came: Came, why: Callable[[int], BoardError]) -> None:
        """Until `done`; raises what `why` makes of the number of results where nothing more happens for limit_s."""
        seen, looks, end = 0, 0, time.monotonic() + self._limit_s
        while not done():
            late = time.monotonic() > end  # before the count is read: it may be this process that was held up
            count = self._count(samples)
            if count != seen:
                seen, end = count, time.monotonic() + self._limit_s
                came(count)
            elif late:
                raise why(count)
            looks += 1
            if looks > SPINS:
                time.sleep(NAP_S)
        came(samples)
