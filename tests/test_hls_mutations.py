"""Each break of the HLS must be seen: in what comes out, or as a stream's error. `python -m hls_mutants` tries all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hls_mutants import NETWORKS, build, notice, wrong
from mutants_hls import MUTANTS
from synthetic import make_spec, make_words

from base.files import write_text
from hls import csim
from hls.emit import emit
from spec import packets

SPEC = make_spec(bits=6, lanes=2, channels=4, blocks=(4,), hidden=(8, 5), seed=7)
# Of generated files, name: (file, pattern, replacement).
GENERATED = {
    "one weight": ("weights.hpp", r"(struct dw0_rom[^}]*? = \{\s+\{0x\w+)(\w)", r"\1~"),
    "one threshold": ("weights.hpp", r"(int64_t values\[5\] = \{\s+)(-?\d+)", r"\g<1>9"),
    "a potential one bit too narrow": ("config.hpp", r"(struct b1_1_cfg[^}]*?acc_t = ap_int<)\d+", r"\g<1>9"),
}
CHOSEN = [number for number in range(0, len(MUTANTS), 4) if not MUTANTS[number].equivalent]


def mutate(folder: Path, file: str, pattern: str, replacement: str) -> None:
    """Replace the one place that `pattern` finds; `~` in the replacement flips the last hex digit it found."""
    text = (folder / file).read_text()
    found = re.search(pattern, text)
    assert found is not None
    assert len(re.findall(pattern, text)) == 1
    new = found.expand(replacement)
    if new.endswith("~"):
        new = f"{new[:-1]}{int(found.group(2), 16) ^ 4:x}"
    assert new != found.group(0)
    write_text(folder / file, text[:found.start()] + new + text[found.end():])


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """C simulations with every mutant inside; one that has no place in its kernel is an error here."""
    return {name: build(name, tmp_path_factory.mktemp(name)) for name in NETWORKS}


@pytest.mark.parametrize("number", CHOSEN, ids=[f"{MUTANTS[n].unit}: {MUTANTS[n].name}" for n in CHOSEN])
def test_a_mutant_is_noticed(number: int, binaries: dict[str, Path]) -> None:
    assert any(notice(name, binary, number) for name, binary in binaries.items())


def test_without_a_break_nothing_is_noticed(binaries: dict[str, Path]) -> None:
    for name, binary in binaries.items():
        assert wrong(None, notice(name, binary, -1)) is None


@pytest.mark.parametrize("name", GENERATED)
def test_a_break_of_a_generated_file_is_seen(name: str, tmp_path: Path) -> None:
    emit(SPEC, tmp_path)
    mutate(tmp_path, *GENERATED[name])
    write_text(tmp_path / "whole.cpp", '#include "top.cpp"\n#include "testbench.cpp"\n')
    beats = packets.transfers(packets.pack(SPEC, make_words(SPEC, 40)))
    result = csim.run(csim.build(tmp_path, ("whole.cpp",), csim.QUICK), SPEC, beats)
    wanted = packets.answer(SPEC, beats)
    assert not (np.array_equal(result.packets, wanted.outputs) and np.array_equal(result.spikes, wanted.spikes))
