"""Runs the faults of mutants_hls.py: all of them in one build per network, of which a number chooses one.

An expression becomes either(number, new, old), a statement an if. A text that does not occur exactly once is an error.
`python -m hls_mutants` runs every mutant and exits with 1 where one is neither noticed nor argued to change nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from mutants_base import Mutant
from mutants_hls import MUTANTS
from synthetic import make_spec, make_words

from base.errors import ToolError
from base.files import write_text
from hls import csim
from hls.emit import emit
from spec import packets
from spec.fold import fold
from spec.netspec import NetSpec
from spec.packets import LAST

PLAIN = make_spec(bits=4, channels=4, blocks=(4, 6), hidden=(12, 10), seed=2)  # ties, and thresholds met exactly
WIDE = make_spec(bits=5, channels=4, blocks=(4,), hidden=(12, 10), seed=1, act_bits=10)  # two values a beat
NETWORKS = {
    "ticks": fold(PLAIN, (4, 2), (9, 3), (2, 3), neurons=(4, 10), multipliers=("dsp", "packed")),
    "dsp": fold(PLAIN, (2, 4), (1, 9), (4, 6), 3, "dsp", (4, 5), 1),
    "shift": fold(WIDE, (4,), core="shift", neurons=(12, 5)),
}
# A fault may never end, and fill the memory: the unbroken network takes less than a second, and no more than 100 MB.
LIMITED = 'ulimit -t 10; ulimit -v 2000000; exec "$@"'
# MUTANT in the environment is the number of the fault.
HEADER = """#pragma once
#include <cstdlib>
#include <type_traits>
static const int mutant_id = std::getenv("MUTANT") ? std::atoi(std::getenv("MUTANT")) : -1;
template <class New, class Old>
auto either(int id, New new_one, Old old_one) -> typename std::decay<decltype(old_one())>::type {
    using Value = typename std::decay<decltype(old_one())>::type;
    return mutant_id == id ? Value(new_one()) : Value(old_one());
}
"""


def mutate(text: str, unit: str) -> str:
    """A kernel's source with all of its mutants inside. Raises ValueError where one has no place."""
    edits: dict[tuple[int, int], list[int]] = {}
    for number, mutant in enumerate(MUTANTS):
        if mutant.unit == unit:
            pattern = "".join(f"({_flexible(part)})" for part in mutant.parts)
            found = list(re.finditer(pattern, text))
            if len(found) != 1:
                raise ValueError(f"{unit}: {mutant.name}: {mutant.at!r} occurs {len(found)} times, expected once")
            edits.setdefault(found[0].span(2), []).append(number)
    for (start, end), numbers in sorted(edits.items(), reverse=True):
        new = text[start:end]
        statement = new.endswith(";")
        for number in numbers:
            new = _either(number, MUTANTS[number].new, new, statement)
        text = text[:start] + new + text[end:]
    return text.replace("#pragma once\n", '#pragma once\n#include "mutant.hpp"\n', 1)


def _flexible(part: str) -> str:
    return r"\s*".join(re.escape(word) for word in re.split(r"\s+", part))


def _either(number: int, new: str, old: str, statement: bool) -> str:
    if statement:
        return f"{{ if (mutant_id == {number}) {{ {new} }} else {{ {old} }} }}"
    return f"either({number}, [&] {{ return {new}; }}, [&] {{ return {old}; }})"


def build(name: str, folder: Path) -> Path:
    """The network's C simulation with all mutants inside."""
    emit(NETWORKS[name], folder)
    unknown = {mutant.unit for mutant in MUTANTS} - {path.stem for path in folder.glob("kernels/*.hpp")}
    if unknown:
        raise ValueError(f"mutants of {', '.join(sorted(unknown))}: there is no such kernel")
    write_text(folder / "kernels" / "mutant.hpp", HEADER)
    for path in folder.glob("kernels/*.hpp"):
        if path.stem != "mutant":
            write_text(path, mutate(path.read_text(), path.stem))
    write_text(folder / "whole.cpp", '#include "top.cpp"\n#include "testbench.cpp"\n')
    return csim.build(folder, ("whole.cpp",), csim.QUICK)


@cache
def stream(spec: NetSpec) -> tuple[np.ndarray, packets.Answer]:
    """Beats of 20 samples in transfers of one and of several, and of two transfers that end inside a sample."""
    beats = packets.transfers(packets.pack(spec, make_words(spec, 20)), [1, 3, 16])
    beats = np.concatenate([beats[:2] | [np.uint64(0), LAST], beats[:1] | LAST, beats])
    return beats, packets.answer(spec, beats)


def notice(name: str, binary: Path, number: int) -> str | None:
    """What comes out wrong of mutant `number` in this network, or None."""
    spec = NETWORKS[name]
    beats, wanted = stream(spec)
    stimulus, outputs, status = (binary.parent / file for file in ("stimulus", "outputs", "status"))
    stimulus.write_bytes(beats.tobytes())
    limited = ["/bin/sh", "-c", LIMITED, "sh", str(binary), str(stimulus), str(outputs), str(status)]
    if subprocess.run(limited, env=os.environ | {"MUTANT": str(number)}, capture_output=True).returncode:
        return f"{name}: no good end"
    try:
        result = csim.collect(spec, outputs, status)
    except ToolError as error:
        return f"{name}: {error}"
    for what, found, right in (("results", result.packets, wanted.outputs), ("TLAST", result.last, wanted.last),
                               ("spikes", result.spikes, wanted.spikes), ("errors", result.errors, wanted.errors)):
        if not np.array_equal(found, right):
            return f"{name}: {what}"
    return None


def campaign(folder: Path) -> Iterator[tuple[Mutant | None, str | None]]:
    """The unbroken design, then every mutant, and what noticed it."""
    binaries = {name: build(name, folder / name) for name in NETWORKS}
    for number, mutant in enumerate([None, *MUTANTS], -1):
        yield mutant, next(filter(None, (notice(name, binary, number) for name, binary in binaries.items())), None)


def wrong(mutant: Mutant | None, noticed: str | None) -> str | None:
    """What is to be said of it, if it is not as it should be."""
    if mutant is None:
        return f"the unbroken design fails: {noticed}" if noticed else None
    if bool(noticed) == bool(mutant.equivalent):
        return f"{mutant.unit}: {mutant.name}: " + ("changes something after all" if noticed else "survives")
    return None


def main() -> int:
    found = 0
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        for mutant, noticed in campaign(Path(scratch)):
            problem = wrong(mutant, noticed)
            if problem:
                found += 1
                print(f"error: {problem}", file=sys.stderr)
    print(f"{len(MUTANTS)} mutants of the HLS kernels, {sum(bool(m.equivalent) for m in MUTANTS)} argued to be none")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
