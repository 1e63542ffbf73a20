"""The registry: every data set answers for itself, and naming one reads nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from base.errors import UserError
from board.preset import preset_names
from model.data import registry
from model.data.folds import protocols
from model.data.registry import SETS, Entry

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("entry", SETS.values(), ids=SETS)
def test_what_an_entry_names_is_there(entry: Entry) -> None:
    assert SETS[entry.name] is entry
    assert entry.preset in preset_names()
    assert set(entry.protocols) <= set(protocols.PROTOCOLS) - {"shuffled"}
    assert callable(registry._named(entry.reader))
    assert entry.downloader is None or callable(registry._named(entry.downloader))
    if entry.needs_root:
        with pytest.raises(UserError, match="DATA_ROOT: got none"):
            registry.load(entry.name, None)
    if entry.downloader is None:
        with pytest.raises(UserError, match=f"DATASET: got {entry.name}, expected .* download: eegmat "):
            registry.download(entry.name, Path("unused"))


def test_every_reader_is_named() -> None:
    """A file of sets/ with a `load` is a data set."""
    sets = ROOT / "model/data/sets"
    readers = {path.stem for path in sets.glob("*.py") for node in ast.parse(path.read_text(encoding="utf-8")).body
               if isinstance(node, ast.FunctionDef) and node.name == "load"}
    assert readers == {entry.reader.split(":")[0] for entry in SETS.values()}


def test_naming_a_data_set_imports_no_reader() -> None:
    script = ("import sys\nfrom flow.reading import read\n"
              "read('data', {'DATASET': 'deap-arousal'})\n"
              "heavy = {'mne', 'torch', 'scipy', 'sklearn', 'h5py', 'pooch'} & set(sys.modules)\n"
              "print(sorted(heavy), [name for name in sys.modules if name.startswith('model.data.sets')])")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


def test_presets_of_the_families() -> None:
    families = {"simulated": "default", "eegmat": "default", "folder": "default", "seed-iv": "seed", "seed-v": "seed",
                "deap-arousal": "deap", "dreamer": "dreamer", "dreamer-dominance": "dreamer"}
    assert {name: SETS[name].preset for name in families} == families


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(UserError, match="DATASET: got 'nosuch', expected one of simulated, eegmat, seed, "):
        registry.load("nosuch", None)
