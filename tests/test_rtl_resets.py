"""The whole chip on its pins, held to a model in every cycle (tests/chip): resets, registers, all at random."""

from __future__ import annotations

from pathlib import Path

import chip_bench
import pytest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(program, folder) of the bench's network."""
    folder = tmp_path_factory.mktemp("chip")
    return chip_bench.build(chip_bench.design(folder)), folder


@pytest.mark.parametrize("check", chip_bench.CHECKS)
def test_chip_equals_the_model_in_every_cycle(check: str, built: tuple[Path, Path]) -> None:
    program, folder = built
    assert chip_bench.run(program, folder, check) is None
