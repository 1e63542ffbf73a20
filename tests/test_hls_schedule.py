"""The estimate of the HLS design's cycles: what it must follow from, and that folds and cores move it as they do."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import make_spec, make_words

from hls.schedule import BASIS, LOOPS, _digits, estimate
from rtl import cycles
from spec import golden
from spec.fold import fold

SPEC = make_spec(channels=24, height=5, width=5, blocks=(32, 32), hidden=(64, 32))
WORDS = make_words(SPEC, 6)


def of(**changed: object):
    spec = fold(SPEC, **{"lanes": (4, 4), **changed})
    return estimate(spec, golden.run(spec, WORDS))


def test_a_summary_says_what_it_is() -> None:
    summary = of().summary()
    assert summary["basis"] == BASIS == "estimate from the loops' II"
    assert summary["interval"] < summary["latency"]


@pytest.mark.parametrize("neurons", [(), (16, 8)])
def test_ticks_are_near_the_rtl_of_the_same_fold(neurons: tuple[int, ...]) -> None:
    """Both take one event per cycle, or per pass; the pipelines' depths differ."""
    spec = fold(SPEC, (4, 4), neurons=neurons)
    trace = golden.run(spec, WORDS)
    assert estimate(spec, trace).latency == pytest.approx(cycles.predicted_latency(spec, trace), rel=0.1)


def test_calls_overlap() -> None:
    """The interval is that of one process, not the sum of all."""
    found = of()
    assert (found.interval < 0.7 * found.latency).all()
    assert found.slowest == "b1_0 potentials"


def test_folds_cost_what_they_save() -> None:
    plain, folded = of(core="dsp"), of(core="dsp", neurons=(16, 32))
    assert folded.slowest == "b1_0 sums"
    assert folded.interval.max() > 3.5 * plain.interval.max()
    ticks, folded = of(), of(neurons=(16, 32))
    assert folded.slowest == ticks.slowest == "b1_0 potentials"
    assert folded.interval.max() == pytest.approx(4 * ticks.interval.max(), rel=0.01)
    assert of(taps=(1, 9)).slowest == "dw0"
    assert of(taps=(1, 9)).interval.max() == 9 * (6 * 5 + 1) * 24 // 4 + LOOPS["dwconv", "steps"].depth + 2


def test_shift_takes_a_step_per_digit() -> None:
    def digits(x: int) -> int:
        carry, count = 0, 0
        while True:
            low = (x & 3) + carry
            x, carry, count = x >> 2, int(low >= 3), count + 1
            if not x and not carry:
                return count

    assert _digits(np.arange(256)).tolist() == [digits(x) for x in range(256)]
    assert (of(core="shift").interval > of(core="dsp").interval).all()
