"""Peak memory and time of `prepare` on a generated set of DEAP's layout.

    python tests/benchmarks/data_memory.py            4 subjects, 0.4 GB of files
    python tests/benchmarks/data_memory.py --full     all 32, 3.3 GB

The files go to a temporary folder and are deleted at the end. `prepare` runs in a process of its own, whose peak
resident memory is what the operating system counted. Exits with 1 above the bound.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from emotion_files import deap_arrays, py2_pickle  # noqa: E402 - after the path is set

BOUND_GIB = 4.0
PREPARE = """
import sys
from pathlib import Path
from model.data.prepare import prepare
prepare("deap", Path(sys.argv[1]), Path(sys.argv[2]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="all 32 subjects")
    subjects = 32 if parser.parse_args().full else 4
    with tempfile.TemporaryDirectory() as folder:
        for subject in range(1, subjects + 1):
            (Path(folder) / f"s{subject:02d}.dat").write_bytes(py2_pickle(deap_arrays(subject, trials=40)))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", PREPARE, folder, f"{folder}/out"], cwd=ROOT, check=True)
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # Linux counts in KiB
    print(f"{subjects} subjects, {size / 2**30:.2f} GiB of files: peak {peak / 2**30:.2f} GiB, {seconds:.0f} s")
    return int(peak > BOUND_GIB * 2**30)


if __name__ == "__main__":
    sys.exit(main())
