"""Random small networks (random_specs.py) through lint, RTL and C simulation: `make nightly`.

Usage: nightly.py [N]. Networks 0 … N - 1, 200 by default; exit 1 where one cannot be built or differs from golden.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from random_specs import check

from hls.csim import QUICK


def failures(count: int) -> Iterator[str]:
    """Check networks 0 … count - 1, as many at once as there are cores; a message for each that failed."""
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        def one(seed: int) -> None:
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                check(seed, Path(folder), Path(scratch) / "cache", QUICK)

        seeds = {pool.submit(one, seed): seed for seed in range(count)}
        for done, future in enumerate(as_completed(seeds), 1):
            if error := future.exception():
                yield f"network {seeds[future]}: {type(error).__name__}: {error}"
            elif done % 10 == 0:
                print(f"{done} of {count}", flush=True)


def main() -> int:
    count, start, failed = int(sys.argv[1]) if len(sys.argv) > 1 else 200, time.monotonic(), 0
    for message in failures(count):
        failed += 1
        print(message, flush=True)
    print(f"{count - failed} of {count} random networks: lint clean, RTL = C simulation = golden "
          f"({time.monotonic() - start:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
