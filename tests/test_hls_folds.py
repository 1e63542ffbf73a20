"""Random networks with random folds, on every core: C simulation = golden, whatever the transfers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from random_specs import folded, random_spec
from synthetic import make_words

from base.errors import UserError
from base.files import write_text
from hls.csim import QUICK, build, run
from hls.emit import check, emit
from spec import packets
from spec.fold import fold
from spec.packets import LAST
from spec.units import CORES

SEEDS = (1, 9)  # of small networks


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_folded_network_equals_golden(seed: int, core: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    spec = folded(rng, random_spec(seed), core)
    flat = packets.pack(spec, make_words(spec, 20, seed)).astype(np.uint64).ravel()
    flat[rng.random(len(flat)) < 0.5 / spec.input.beats] |= LAST
    flat[-1] |= LAST
    emit(spec, tmp_path)
    write_text(tmp_path / "whole.cpp", '#include "top.cpp"\n#include "testbench.cpp"\n')
    result, wanted = run(build(tmp_path, ("whole.cpp",), QUICK), spec, flat), packets.answer(spec, flat)
    np.testing.assert_array_equal(result.packets, wanted.outputs)
    np.testing.assert_array_equal(result.last, wanted.last)
    np.testing.assert_array_equal(result.spikes, wanted.spikes)
    assert result.errors == wanted.errors


def test_classes_that_wait_for_ticks_are_not_folded() -> None:
    spec = next(spec for spec in map(random_spec, range(9)) if spec.readout.classes % 2 == 0)
    with pytest.raises(UserError, match=r"^readout\.pe: got .* with core ticks"):
        check(fold(spec, [1] * len(spec.blocks), classes=spec.readout.classes // 2))
