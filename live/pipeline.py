"""From raw samples to classes: each stage keeps a fixed room, whatever comes.

    raw -> filter -> features of each frame -> smoothing -> window of T frames -> grid, scaling, words -> chip

Every frame gives a result, of the T frames that end with it. A result is a class, or `settling` until T clean frames
have come, or `unsure`, with what is wrong. After a fault of the EEG all before it is forgotten: filters, smoothing and
window start anew, with the next sample after a gap, and after the frame in which an electrode was bad. So a class
always stands on T clean frames that follow one another, and is what batch gives for a recording that starts there. A
chip that does not answer is asked again with the next frame.

Blocks are cut where frames end, so that results, and what is unsure, do not depend on how samples come.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from base.errors import expected
from live import quality
from live.chip import Answer, Classify, NoAnswer
from live.continuity import Rate
from live.meter import Meter
from live.network import Network
from model.data.folds.windows import to_grid
from model.data.formats.recorded import LOWEST_HZ
from model.data.signal.causal import Conditioner, FeatureStream
from model.data.signal.smoothing import KalmanFilter

CLASS, SETTLING, UNSURE = "class", "settling", "unsure"
BREAK, ELECTRODE, RATE, SILENCE, CHIP = FAULTS = "break", "electrode", "rate", "silence", "chip"


@dataclass(frozen=True, eq=False)
class Chunk:
    """Samples as a source gives them: float64 (electrodes, n) in microvolt, rows in the order of the layout's.

    arrived_s: when the last of them came, by time.monotonic. stamp_s: when it was taken, by the source's clock, if that
    tells. broken: why the first does not follow what came before, `3 samples lost`; empty where it does. begins: what
    begins with it, where nothing is wrong but another recording follows.
    """

    signal: np.ndarray
    arrived_s: float
    stamp_s: float | None = None
    broken: str = ""
    begins: str = ""


@dataclass(frozen=True, eq=False)
class Result:
    """at_s: EEG seconds since the start. said: what is wrong, or still to come. fault: of FAULTS, its kind, where it is
    unsure; bad: electrode -> what is wrong with it.

    words: int64 (C, H, W), what the chip was given; times_ms: of each stage, and the latency; of a class alone.
    """

    at_s: float
    state: str
    said: str = ""
    fault: str = ""
    bad: dict[str, str] = field(default_factory=dict)
    words: np.ndarray | None = None
    answer: Answer | None = None
    times_ms: dict[str, float] = field(default_factory=dict)


class Pipeline:
    """One network at work on a source of raw_hz. Raises UserError where the network cannot take that rate."""

    def __init__(self, network: Network, raw_hz: float, classify: Classify) -> None:
        check_rate(network, raw_hz, "source")
        self.meter, self.rate = Meter(), Rate(raw_hz)
        self._network, self._raw_hz, self._classify = network, raw_hz, classify
        layout = network.layout
        longest = Conditioner(layout, raw_hz).needed(layout.frame_samples + 3)
        self._raw = np.empty((len(layout.electrodes), longest))  # of the frame that is being filled
        channels = network.mean.shape[0]
        per_frame = channels // layout.frames_per_sample
        self._window = np.zeros((layout.frames_per_sample, len(layout.electrodes), per_frame))
        self.samples = 0
        self._restart()

    @property
    def delay_s(self) -> float:
        """By which resampling is late."""
        return self._conditioner.delay_s

    def push(self, chunk: Chunk) -> Iterator[Result]:
        """The results that these samples bring about."""
        if chunk.broken or chunk.begins:
            self._restart()
            yield (self._unsure(BREAK, chunk.broken) if chunk.broken
                   else Result(self.samples / self._raw_hz, SETTLING, chunk.begins))
        self.rate.push(chunk.signal.shape[1], chunk.stamp_s, bool(chunk.broken or chunk.begins))
        rest = chunk.signal
        while rest.shape[1]:
            piece, rest = np.split(rest, [self._end - self._come], axis=1)
            with self.meter.stage("filter"):
                conditioned = self._conditioner.push(piece)
            with self.meter.stage("features"):
                frames = list(self._features.push(conditioned))
            filled = self._come - self._begin
            self._raw[:, filled : filled + piece.shape[1]] = piece
            self._come += piece.shape[1]
            self.samples += piece.shape[1]
            for frame in frames:  # one at most, as pieces end where frames do
                yield self._framed(frame, self._raw[:, : self._come - self._begin], chunk.arrived_s)

    def silent(self, seconds: float) -> Result:
        """That nothing came for so long."""
        return self._unsure(SILENCE, f"no samples for {seconds:.0f} s")

    def _restart(self) -> None:
        """Forget what came: the next sample is the first."""
        self._conditioner = Conditioner(self._network.layout, self._raw_hz)
        self._features = FeatureStream(self._network.features, self._network.layout)
        self._smoothing = KalmanFilter()
        self._clean = 0  # frames
        self._come = self._begin = 0  # samples since the start; those when the frame that is being filled began
        self._end = self._frame_end()
        self.meter.drop()

    def _frame_end(self) -> int:
        """How many samples since the start complete the next frame."""
        layout = self._network.layout
        return self._conditioner.needed(layout.frame_start(self._clean) + layout.frame_samples)

    def _unsure(self, fault: str, said: str, bad: dict[str, str] | None = None) -> Result:
        self.meter.drop()
        return Result(self.samples / self._raw_hz, UNSURE, said, fault, bad or {})

    def _framed(self, frame: np.ndarray, raw: np.ndarray, arrived_s: float) -> Result:
        """The result with one more frame, features (electrodes, F), that these samples have brought."""
        network = self._network
        if bad := quality.faults(raw, network.layout.electrodes, self._raw_hz):
            self._restart()
            return self._unsure(ELECTRODE, ", ".join(f"{name} {fault}" for name, fault in bad.items()), bad)
        with self.meter.stage("smoothing"):
            smoothed = self._smoothing.push(frame) if network.smoothing == "causal" else frame
        self._window[:-1] = self._window[1:]
        self._window[-1] = smoothed
        self._clean += 1
        self._begin, self._end = self._come, self._frame_end()
        at_s, wanted = self.samples / self._raw_hz, len(self._window)
        if self.rate.fault:
            return self._unsure(RATE, self.rate.fault)
        if self._clean < wanted:
            self.meter.drop()
            return Result(at_s, SETTLING, f"{self._clean} of {wanted} frames")
        with self.meter.stage("grid"):
            x = (to_grid(self._window[None], network.layout.grid) - network.mean) / network.deviation
            words = network.spec.input.quantise(x.astype(np.float32))[0]
        try:
            with self.meter.stage("chip"):
                answer = self._classify(words)
        except NoAnswer as error:
            return self._unsure(CHIP, str(error))
        times_ms = self.meter.keep(time.monotonic() - arrived_s)
        return Result(at_s, CLASS, words=words, answer=answer, times_ms=times_ms)


def check_rate(network: Network, raw_hz: float, where: str) -> None:
    """UserError where the network cannot take samples of this rate."""
    own = network.layout.sampling_hz
    if raw_hz != own and not network.resamples:
        raise expected(f"{where}: sampling rate", f"{raw_hz:g} Hz",
                       f"{own} Hz, as the recordings of {network.name} have, which are not resampled")
    if raw_hz < LOWEST_HZ:
        raise expected(f"{where}: sampling rate", f"{raw_hz:g} Hz", f"at least {LOWEST_HZ} Hz")
