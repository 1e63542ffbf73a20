"""A million beats of random transfers into each of some chips, held to the model in every cycle: `make soak`.

Transfers of any length begin anywhere in a sample, both streams stall, resets of both kinds fall in any cycle,
registers are read and written. tests/chip/random.cpp plays it, tests/chip/model.hpp says what must come; exit 1 at the
first difference.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import chip_bench
from synthetic import make_spec

from spec.fold import fold
from spec.netspec import NetSpec

CHIPS: dict[str, NetSpec] = {
    "ticks, 4 bits, 14 beats": chip_bench.SPEC,
    "ticks, 5 bits, 1 beat": make_spec(bits=5, channels=1, height=2, width=2, blocks=(2, 2), hidden=(3,), classes=2),
    "dsp, 6 bits, 24 beats of 16 bit slots": fold(
        make_spec(bits=6, channels=4, height=3, width=4, blocks=(4, 4), hidden=(6, 4), classes=3, act_bits=10),
        (2, 2), features=2, core="dsp", neurons=(3, 4)),
    "shift, 4 bits, 7 beats": fold(
        make_spec(bits=4, channels=3, height=3, width=3, blocks=(3, 2), hidden=(5,), classes=4), (3, 1), core="shift"),
}


def main() -> int:
    for name, spec in CHIPS.items():
        with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
            program = chip_bench.build(chip_bench.design(Path(folder), spec), spec)
            done = subprocess.run([str(program.resolve()), "case.txt", "soak"], cwd=folder, capture_output=True,
                                  text=True, check=False)
        print(f"{name}: {(done.stdout or done.stderr).strip()}", flush=True)
        if done.returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
