"""Operations of an inference, against counting them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import make_spec, make_words

from spec import golden
from spec.fold import fold
from spec.work import work


def test_operations_are_those_of_the_sums() -> None:
    spec = make_spec(channels=4, height=3, width=4, blocks=(8, 6), hidden=(16, 5), classes=3)
    trace = golden.run(spec, make_words(spec, 12))
    counts = dict(zip((unit.name for unit in spec.spiking), trace.spike_counts(spec).mean(axis=0), strict=True))
    found = work(spec, counts)
    assert found.macs == {"dw0": 4 * 12 * 9, "pw0": 4 * 8 * 12, "dw1": 8 * 12 * 9, "pw1": 8 * 6 * 12}
    assert found.dense == {"b1_0": 72 * 16, "b1_1": 16 * 5, "readout": 5 * 3}
    for before, after in (("encoder", "b1_0"), ("b1_0", "b1_1"), ("b1_1", "readout")):
        outputs = found.dense[after] // trace.values[before].shape[1]
        added = np.mean([sum(outputs for x in sample if x > 0) for sample in trace.values[before]])
        assert found.synops[after] == added


@pytest.mark.parametrize(("core", "products"), [("ticks", 0), ("shift", 0), ("dsp", 1)])
def test_what_the_core_does_for_them(core: str, products: int) -> None:
    spec = fold(make_spec(bits=8, channels=4, height=3, width=4, blocks=(8, 6), hidden=(16, 5), classes=3), (1, 1),
                core=core)
    found = work(spec, {"encoder": 7, "b1_0": 2, "b1_1": 1})
    assert found.synops == {"b1_0": 7 * 16, "b1_1": 2 * 5, "readout": 3}
    assert found.products == {name: products * count for name, count in found.synops.items()}
    assert found.additions == {
        "ticks": {"b1_0": 7 * 16 + 2 * 255 * 16, "b1_1": 2 * 5 + 2 * 255 * 5, "readout": 3 + 255 * 3},
        "shift": {name: 6 * count for name, count in found.synops.items()}, "dsp": found.synops}[core]
