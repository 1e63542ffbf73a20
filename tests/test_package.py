"""make package: an archive that installs on a board as it is, and says what is missing in it."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from package_parts import SAMPLES, a_network, a_report, a_spec, c_files, clean_python, installed_tree, pip, samples

from base.records import ROOT
from firstspike_board import header
from package import bare_metal, readme
from package.archive import archive_name, write_archive
from package.bitstream import Bitstream, lie_in
from package.sources import DRIVER, modules, scripts, under_own_name
from package.wheel import tree, version_of
from spec import golden, packets

BOARD_PYTHON = ROOT / ".venv-board" / "bin" / "python"
# Looked up in NumPy 1.21.6, each: another one must be, too, before it comes in here.
NUMPY_1_21 = {
    "abs", "arange", "argwhere", "array", "asarray", "ascontiguousarray", "clip", "column_stack", "concatenate",
    "cumsum", "dtype", "flatnonzero", "float64", "floating", "floor", "iinfo", "int64", "integer", "isfinite",
    "issubdtype", "lib", "ma", "maximum", "median", "memmap", "nan", "ndarray", "ndenumerate", "ones", "pad", "random",
    "savez_compressed", "sort", "split", "stack", "uint32", "uint64", "unique", "where", "zeros", "zeros_like",
    "add", "diff", "full", "histogram", "load", "mean", "partition",
}
CHECK = """
import json, sys
import numpy as np
from importlib.metadata import entry_points, version
import firstspike_board
from firstspike_board import Chip
from firstspike_board.network import BITSTREAM
with np.load(BITSTREAM.with_name("samples.npz")) as found:
    x = found["x"]
with Chip(BITSTREAM) as chip:
    result = chip.classify(x)
print(json.dumps({
    "python": list(sys.version_info[:2]), "numpy": np.__version__, "version": version("firstspike-board"),
    "file": firstspike_board.__file__, "logits": result.logits.tolist(), "classes": result.classes.tolist(),
    "source": result.source, "outside": sorted({"spec", "base"} & set(sys.modules))}))
"""

# The notebook as a script, each of its pictures drawn; the histogram of latencies, which needs a chip, by itself.
PICTURES = """
import sys
sys.dont_write_bytecode = True
import figures
drawn = []
def drawing(draw):
    def run(*given):
        draw(*given).savefig(sys.argv[1] + ".png")
        drawn.append(draw)
    return run
for name in ("electrode_grid", "spike_raster", "margins", "confusion", "stages", "resources", "latency_histogram"):
    setattr(figures, name, drawing(getattr(figures, name)))
exec(compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec"))
figures.latency_histogram(np.arange(30), 100, "simulated", eeg)
print(len(set(drawn)), "pictures")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without a bitstream, unpacked."""
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(pack(folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def pack(folder: Path, built: Path | None = None, simulated: bool = False) -> Path:
    spec, report = a_spec(), a_report(simulated)
    found = Bitstream(lie_in(built)) if built else Bitstream(why="not built")
    path = folder / archive_name(spec.digest)
    first = readme.first_said(spec, *samples(spec), report["dataset"]["class_names"])
    write_archive(path, a_network(folder / "spec", simulated, built), c_files(), spec.digest, found, report, first)
    return path


def wheel_in(folder: Path) -> Path:
    found, = folder.glob("*.whl")
    return found


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    before = os.umask(0o077)
    try:
        first = pack(tmp_path / "a")
    finally:
        os.umask(before)
    assert sha(first) == sha(pack(tmp_path / "b"))
    assert [path.name for path in (tmp_path / "a").iterdir() if path.name != "spec"] == [first.name]  # no rests


def test_what_is_missing_is_said_and_what_is_there_goes_in(made: Path, tmp_path: Path) -> None:
    text = (made / "README.md").read_text()
    assert "**no bitstream: not built; until firstspike.bit" in text
    assert "not measured" in text
    assert "ODC-By 1.0" in text
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "firstspike.hwh").write_bytes(b"handoff")
    (tmp_path / "built" / "firstspike.bit").write_bytes(b"bits")
    with zipfile.ZipFile(pack(tmp_path, tmp_path / "built", simulated=True)) as archive:
        assert archive.read("firstspike/firstspike.bit") == b"bits"
        assert archive.read("firstspike/firstspike.hwh") == b"handoff"
        text = archive.read("README.md").decode()
    assert "no bitstream" not in text
    assert "SIMULATED EEG" in text
    assert f"| `firstspike/firstspike.bit` | 4 | `{hashlib.sha256(b'bits').hexdigest()}` |" in text
    assert "/work/" not in text + (made / "firstspike" / "report.json").read_text()


def test_first_py_prints_what_the_readme_says_it_must(made: Path, tmp_path: Path) -> None:
    """By the golden model, from the folder that get-notebooks delivers; without the spec one line says so."""
    with zipfile.ZipFile(wheel_in(made)) as wheel:
        wheel.extractall(tmp_path)
    def run() -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-W", "ignore", str(made / "firstspike" / "first.py")], check=False,
                              cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True,
                              text=True)
    first, source = run().stdout.splitlines()
    (x, y), spec = samples(a_spec()), a_spec()
    trace, names = golden.run(spec, spec.input.quantise(x[:1])), a_report()["dataset"]["class_names"]
    said = f"so {names[trace.predicted[0]]}; in truth {names[y[0]]}"
    assert first == f"sample 0: logits {trace.logits[0].tolist()}, {said}"
    assert f"\n{first}\n" in (made / "README.md").read_text()
    assert source == "computed by: golden model: no board"


def test_the_notebooks_folder_is_the_wheels(made: Path) -> None:
    with zipfile.ZipFile(wheel_in(made)) as wheel:
        inside = {name.split("network/")[1]: wheel.read(name) for name in wheel.namelist()
                  if f"{DRIVER}/network/" in name}
        c = {path.name: path.read_bytes() for path in (made / "c").iterdir()}
        assert c == {name: wheel.read(f"{DRIVER}/c/{name}") for name in c}
        assert f"{DRIVER}/py.typed" in wheel.namelist()
    inside.pop("__init__.py")
    assert inside == {path.name: path.read_bytes() for path in (made / "firstspike").iterdir()}
    assert {"firstspike.ipynb", "figures.py", "spikes.py", "samples.npz", "spec.json", "params.npz"} <= set(inside)
    report = json.loads(inside["report.json"])
    assert report["spec_digest"] == a_spec().digest
    assert c["firstspike.h"].decode() == header.text()
    assert "repeat" not in report  # paths of this machine


def test_sources_import_nothing_but_numpy_and_pynq(tmp_path: Path) -> None:
    """The notebook's also matplotlib and each other; and no name that NumPy 1.21 has not."""
    used = set()
    for path, data in tree(a_network(tmp_path), {}).items():
        if not path.endswith(".py"):
            continue
        names = set()
        for node in ast.walk(ast.parse(data.decode(), path, feature_version=(3, 10))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names.add(str(node.module).split(".")[0])
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
                used.add(node.attr)
        notebook = {"matplotlib", "spikes", "figures"} if "/network/" in path else set()
        assert names - set(sys.stdlib_module_names) <= {"numpy", "pynq", DRIVER} | notebook, path
    assert used <= NUMPY_1_21


def test_the_notebook_is_typed_as_python_3_10_has_it() -> None:
    """As tests/test_board_driver.py has it of the driver."""
    done = subprocess.run([sys.executable, "-m", "mypy", "--python-version", "3.10", "--cache-dir", ".mypy_cache/3.10",
                           *(str(path) for path in scripts())], cwd=ROOT, env={**os.environ, "MYPYPATH": "notebook"},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_modules_of_ours_come_in_under_the_drivers_name() -> None:
    found = modules()
    assert {f"{DRIVER}/spec/golden.py", f"{DRIVER}/base/errors.py", f"{DRIVER}/chip.py"} <= set(found)
    assert not any(path.endswith(("checked.py", "lock.py")) for path in found)  # what nothing there imports
    source = "import os\n\ndef late():\n    from spec import golden, registers\n    from base.errors import expected\n"
    assert under_own_name(source) == source.replace("from spec", f"from {DRIVER}.spec").replace(
        "from base", f"from {DRIVER}.base")
    for wrong in ("import spec.netspec\n", "from \\\n  spec import golden\n"):
        with pytest.raises(ValueError, match=r"line 1: got .*, expected from … import|line 1: got 'from"):
            under_own_name(wrong)


def check_installed(made: Path, python: str, elsewhere: Path) -> dict:
    """Install the wheel without network or build, run the driver on the golden model, compare."""
    pip(python, ["--no-index", "--no-build-isolation", "--force-reinstall", "--no-deps", str(wheel_in(made))])
    pip(python, ["--no-index", "--no-build-isolation", str(wheel_in(made))])  # the one command, dependencies met
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([python, "-W", "ignore", "-c", CHECK], cwd=elsewhere, env=environment, capture_output=True,
                          text=True, check=True)
    found = json.loads(done.stdout)
    spec = a_spec()
    trace = golden.run(spec, spec.input.quantise(samples(spec)[0]))
    assert found["logits"] == trace.logits.tolist()
    assert found["classes"] == trace.predicted.tolist()
    assert len(found["classes"]) == SAMPLES
    assert found["source"] == "golden model: no board"
    assert f"+net{spec.digest[:8]}.sum" in found["version"]
    assert found["outside"] == []
    assert not found["file"].startswith(str(ROOT / DRIVER))
    said = subprocess.run([python, "-m", f"{DRIVER}.header"], cwd=elsewhere, env=environment, capture_output=True,
                          text=True, check=True)
    assert said.stdout == header.text()
    return found


def test_it_installs_into_a_clean_environment_without_network(made: Path, tmp_path: Path) -> None:
    """One that has NumPy and nothing else, as links to this one's."""
    python = clean_python(tmp_path / "clean", sys.executable, [])
    here, there = Path(np.__file__).parent.parent, next((tmp_path / "clean").glob("lib/python*/site-packages"))
    for path in here.glob("numpy*"):
        (there / path.name).symlink_to(path)
    check_installed(made, python, tmp_path)


@pytest.mark.long
def test_it_runs_on_python_3_10_with_numpy_1_21_and_matplotlib_3_5(made: Path, tmp_path: Path) -> None:
    """The oldest that it says it needs, in an environment that is made once; the pictures are drawn there as well."""
    old = shutil.which("python3.10")
    if old is None or subprocess.run([old, "-V"], capture_output=True, check=False).returncode:
        pytest.skip("no python3.10 on PATH")
    folder = ROOT / ".venv" / "cache" / "python-3.10"
    if not (folder / "ready").exists():
        try:
            clean_python(folder, old, ["-q", "--only-binary", ":all:", "numpy==1.21.6", "matplotlib==3.5.1"])
        except (RuntimeError, subprocess.CalledProcessError) as error:
            pytest.skip(f"NumPy 1.21 cannot be had: {error}")
        (folder / "ready").touch()
    python = str(folder / "bin" / "python")
    found = check_installed(made, python, tmp_path)
    assert (found["python"], found["numpy"]) == ([3, 10], "1.21.6")
    (tmp_path / "script.py").write_text(under_own_name((ROOT / "notebook" / "firstspike.py").read_text()))
    done = subprocess.run([python, "-W", "ignore", "-c", PICTURES, str(tmp_path / "script.py")], text=True, check=False,
                          cwd=made / "firstspike", capture_output=True, env={**os.environ, "MPLBACKEND": "agg"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "7 pictures"


def test_pynq_finds_and_delivers_the_notebook(made: Path, tmp_path: Path) -> None:
    if not BOARD_PYTHON.exists():
        pytest.skip("no .venv-board: make board-sim makes it")
    with zipfile.ZipFile(wheel_in(made)) as wheel:
        wheel.extractall(tmp_path / "site")
    run = "import sys; from pynq._cli.get_notebooks import main; sys.argv[0] = 'pynq get-notebooks'; main()"
    environment = installed_tree(tmp_path / "site", {}) | {"PYTHONPATH": str(tmp_path / "site")}
    for arguments in (["--list"], ["firstspike", "-p", str(tmp_path / "jupyter"), "-o"]):
        done = subprocess.run([str(BOARD_PYTHON), "-c", run, *arguments], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if arguments == ["--list"]:
            assert f"firstspike (source: {DRIVER})" in done.stdout
    delivered = {path.name: path.read_bytes() for path in (tmp_path / "jupyter" / "firstspike").iterdir()}
    assert delivered == {path.name: path.read_bytes() for path in (made / "firstspike").iterdir()
                         if path.suffix in (".py", ".ipynb", ".npz", ".json")}


def test_what_differs_has_another_version_so_that_pip_takes_it(tmp_path: Path) -> None:
    """A bitstream that was built later, for one: the same driver, the same network."""
    without = tree(a_network(tmp_path), {})
    added = without | {f"{DRIVER}/network/firstspike.bit": b"bits"}
    versions = {version_of("ab" * 32, files) for files in (without, added, dict(reversed(without.items())))}
    assert len(versions) == 2
    assert all(re.fullmatch(r"[\d.]+\+netabababab\.sum[0-9a-f]{8}", found) for found in versions)


def test_samples_for_c_are_the_chips_own_words(tmp_path: Path) -> None:
    """As a compiler reads them: the beats, in order, that the driver would send."""
    spec, (x, y) = a_spec(), samples(a_spec())
    for name, text in bare_metal.files(spec, x, y).items():
        (tmp_path / name).write_text(text)
    program = """
#include <stdio.h>
#include "firstspike.h"
#include "samples.h"
int main(void) {
    printf("%08x %u\\n", (unsigned)SAMPLE_DIGEST, (unsigned)SAMPLE_CLASSES);
    for (unsigned i = 0; i < SAMPLE_COUNT; ++i)
        for (unsigned j = 0; j < SAMPLE_BEATS; ++j) printf("%u\\n", (unsigned)SAMPLES[i][j]);
    return FIRSTSPIKE_MAGIC;
}
"""
    (tmp_path / "print.c").write_text(program)
    for name in ("print", "main"):  # the latter is the example
        subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", f"{name}.c", "-o", name],
                       cwd=tmp_path, check=True)
    head, *words = subprocess.run([str(tmp_path / "print")], capture_output=True, text=True,
                                  check=True).stdout.splitlines()
    assert head == f"{spec.digest_word:08x} {spec.readout.classes}"
    wanted = packets.pack(spec, spec.input.quantise(x[:bare_metal.COUNT]))
    np.testing.assert_array_equal(np.array(words, np.uint32).reshape(wanted.shape), wanted)
