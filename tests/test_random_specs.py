"""Twelve random small networks can be built, and RTL = C simulation = golden. `make nightly` tries two hundred."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from random_specs import check, random_spec, size

from hls.csim import QUICK

CACHE = Path(__file__).parents[1] / "build" / "verilated"
SMALL = 40  # of `size`: built in a few seconds
SEEDS = list(islice((seed for seed in range(200) if size(random_spec(seed)) <= SMALL), 12))


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Future[None]]]:
    """All of them under way, two at once: most of the time is spent in compilers."""
    with ThreadPoolExecutor(2) as pool:
        yield {seed: pool.submit(check, seed, tmp_path_factory.mktemp("random"), CACHE, QUICK) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_network_equals_golden(seed: int, checks: dict[int, Future[None]]) -> None:
    checks[seed].result()
