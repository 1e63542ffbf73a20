"""How often `make audit` finds something in clean EEG: simulated, with an effect of the classes and nothing else.

    OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/audit_alarms.py [SETS]

Half of the SETS (40) are like `simulated`, 24 people with two recordings, each set from another seed; the other half
are like emotion sets, 15 people with 15 films of 40 s in an order of their own, three classes. Prints for each kind
how many sets said yes, and perhaps.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from rehearsal_files import person  # noqa: E402 - after the path is set

from model.data import registry  # noqa: E402
from model.data.recording import Dataset, Recording  # noqa: E402
from model.data.sets import eegmat, simulated  # noqa: E402
from study import audit  # noqa: E402

HZ, PEOPLE, FILMS, CLASSES = eegmat.LAYOUT.sampling_hz, 15, 15, 3


def two_recordings(seed: int) -> Dataset:
    simulated.DATA_SEED = 1000 + seed
    return registry.load("simulated", None)


def films(seed: int) -> Dataset:
    def read(subject: int) -> Iterator[Recording]:
        own = person(1000 * (seed + 1) + subject, len(eegmat.LAYOUT.electrodes), CLASSES)
        for trial, label in enumerate(own.rng.permutation(np.arange(FILMS) % CLASSES)):
            yield Recording(subject, 0, trial, int(label), own.film(int(label), 40 * HZ, HZ).astype(float), raw_hz=HZ)

    return Dataset("films", True, "", ("a", "b", "c"), eegmat.LAYOUT, eegmat.SETTINGS, tuple(range(PEOPLE)), read)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for name, make in (("two recordings", two_recordings), ("films", films)):
        yes, perhaps, judged = Counter[str](), Counter[str](), Counter[str]()
        for seed in range(count // 2):
            dataset = make(seed)
            for kind, rows in audit.gather(dataset).items():
                if verdict := audit.judge(kind, rows, len(dataset.class_names)):
                    judged[kind] += 1
                    yes[kind] += verdict.found
                    perhaps[kind] += verdict.possible
        print(f"{name}, {count // 2} sets: of {judged.total()} lines {yes.total()} yes, {perhaps.total()} perhaps; "
              f"yes {dict(+yes)}, perhaps {dict(+perhaps)}", flush=True)


if __name__ == "__main__":
    main()
