"""Workers and tools end with whoever started them, whatever ends it; what goes wrong in them is one line."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from processes_of import alive, left_after, marked
from synthetic import make_spec

from base import files
from base.errors import ToolError, UserError, one_line
from base.lock import held
from base.processes import run_tool
from flow.workers import workers
from hls import csim
from rtl import sim

ROOT = Path(__file__).parent.parent
GONE_S = 8  # the workers' time to end by themselves, and some more

# A pool whose job has a pool whose job runs a tool; says when the tool has begun, and waits for ever.
NEST = """
import subprocess, sys, time
from pathlib import Path
from base.processes import run_tool
from flow.workers import workers

def tool(out):
    with open(out / ".part-x", "w"):
        run_tool("sleep", ["sh", "-c", f"touch {out}/begun; sleep 1000"], out / "log")

def middle(out):
    with workers(out / "logs") as pool:
        pool.submit(tool, out).result()

if __name__ == "__main__":
    out = Path(sys.argv[1])
    with workers(out / "logs") as pool:
        pool.submit(middle, out).result()
"""


def nest(out: Path) -> tuple[subprocess.Popen[str], str]:
    mark, environment = marked()
    script = out / "nest.py"
    script.write_text(NEST)
    return subprocess.Popen([sys.executable, str(script), str(out)], cwd=ROOT, stderr=subprocess.PIPE, text=True,
                            env={**environment, "PYTHONPATH": str(ROOT)}), mark


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_all_end_with_the_first(number: signal.Signals, tmp_path: Path) -> None:
    process, mark = nest(tmp_path)
    with process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.05)
        assert len(alive(mark)) >= 4
        process.send_signal(number)
        process.communicate()
    assert left_after(mark, GONE_S) == {}


@pytest.mark.parametrize("after_s", [0.1, 0.3, 0.6, 1.0, 1.5, 2.0])
def test_all_end_with_a_parent_that_ends_while_they_start(after_s: float, tmp_path: Path) -> None:
    process, mark = nest(tmp_path)
    with process:
        time.sleep(after_s)
        process.kill()
        process.communicate()
    assert left_after(mark, GONE_S) == {}


def test_a_worker_that_is_killed_is_one_line(tmp_path: Path) -> None:
    process, mark = nest(tmp_path)
    with process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.05)
        inner = max(pid for pid, line in alive(mark).items() if "spawn_main" in line)
        os.kill(inner, signal.SIGKILL)
        error = process.communicate(timeout=60)[1]
    assert "UserError: a worker process was ended from outside" in error
    assert left_after(mark, GONE_S) == {}




def test_a_worker_ends_whatever_it_is_at(tmp_path: Path) -> None:
    """SIGTERM while the main thread is in foreign code, here in a wait that no signal ends."""
    with pytest.raises(KeyboardInterrupt), workers(tmp_path) as pool:  # noqa: PT012
        pool.submit(_wait_for_ever)
        time.sleep(2)
        found = list(pool._processes.values())
        started = time.monotonic()
        raise KeyboardInterrupt
    assert time.monotonic() - started < GONE_S
    assert not any(process.is_alive() for process in found)


def _wait_for_ever() -> None:
    import threading

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Lock().acquire()
    threading.Event().wait()


def test_a_tool_ends_with_its_children_and_says_why(tmp_path: Path) -> None:
    assert run_tool("echo", ["echo", "said"], tmp_path / "log") == "said\n"
    with pytest.raises(ToolError, match="wrong here") as caught:
        run_tool("tool", ["sh", "-c", "echo wrong here >&2; exit 3"], tmp_path / "log")
    assert one_line(caught.value) == f"tool: exit code 3; what it said is in {tmp_path}/log"
    assert "wrong here" in (tmp_path / "log").read_text()
    with pytest.raises(ToolError, match="SIGKILL, perhaps for want of memory"):
        run_tool("tool", ["sh", "-c", "kill -KILL $$"], tmp_path / "log")
    with pytest.raises(ToolError, match="exit code 127"):
        run_tool("tool", ["/nowhere/tool"], tmp_path / "log")
    _, environment = marked()
    run_tool("tool", ["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"], tmp_path / "log", env=environment)
    assert left_after(environment["FIRSTSPIKE_TEST_MARK"], 2) == {}


def test_a_simulation_that_stops_says_where_it_is_written(tmp_path: Path) -> None:
    program = tmp_path / "Vtop"
    program.write_text("#!/bin/sh\necho TLAST is missing >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(sim.SimulationError, match="TLAST is missing") as caught:
        sim.run(make_spec(), program, tmp_path, "stream", np.zeros(3))
    line = one_line(pickle.loads(pickle.dumps(caught.value)))  # as a worker sends it
    assert line == f"RTL simulation of {tmp_path}: exit code 1; what it said is in {tmp_path}/simulation.log"
    assert "TLAST is missing" in (tmp_path / "simulation.log").read_text()


def test_a_compiler_that_fails_says_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "top.cpp").write_text("int main() { return undeclared; }\n")
    with pytest.raises(ToolError, match="undeclared") as caught:
        csim.build(tmp_path, ("top.cpp",))
    assert one_line(caught.value) == f"g++: exit code 1; what it said is in {tmp_path}/g++.log"
    assert {path.name for path in tmp_path.iterdir()} <= {"top.cpp", "g++.log"} | {
        path.name for path in tmp_path.glob("top-*.json")}


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    code = f"from base.lock import held\nfrom pathlib import Path\nwith held('OUT', Path({str(tmp_path)!r})): print(1)"
    command = [sys.executable, "-c", code]
    with held("OUT", tmp_path):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wanted = f"a folder where nothing else runs: process {os.getpid()}, since"
        assert f"UserError: OUT: got {tmp_path}, expected {wanted}" in done.stderr
        with pytest.raises(UserError, match="OUT"), held("OUT", tmp_path):
            pass
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "1\n"


def _limited(bytes_at_most: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))


WRITERS = """
import sys
from pathlib import Path
import numpy as np
from base import files
from base.errors import one_line
path = Path(sys.argv[2])
write = {
    "text": lambda: files.write_text(path, "a" * 100_000),
    "json": lambda: files.write_json(path, list(range(100_000))),
    "npz": lambda: files.write_npz(path, x=np.random.default_rng(0).normal(size=100_000)),
    "bytes": lambda: files.write_bytes(path, bytes(100_000)),
}[sys.argv[1]]
try:
    write()
except Exception as error:
    print(one_line(error))
"""


@pytest.mark.parametrize("kind", ["text", "json", "npz", "bytes"])
def test_what_cannot_be_written_names_the_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    done = subprocess.run([sys.executable, "-c", WRITERS, kind, str(path)], cwd=ROOT, capture_output=True, text=True,
                          check=True, preexec_fn=lambda: _limited(10_000))
    assert done.stdout == f"{path}: File too large\n", done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_scratch_folder_is_made_and_goes(tmp_path: Path) -> None:
    with files.scratch(tmp_path / "new" / "cache") as folder:
        (folder / "file").touch()
    assert list((tmp_path / "new" / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_made_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory") as caught:
        files.write_text(tmp_path / "file" / "x" / "y", "")
    assert one_line(caught.value) is not None
    assert one_line(KeyError("x")) is None


def run_flow(*arguments: str, out: Path, **options: object) -> subprocess.CompletedProcess[str]:
    _, environment = marked()
    return subprocess.run([sys.executable, "-m", "flow", *arguments, "--out", str(out)], cwd=ROOT, capture_output=True,
                          text=True, check=False, env=environment, **options)  # type: ignore[call-overload]


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert all(word in lines[0] for word in words), lines


def test_files_that_may_not_grow_end_a_run_in_one_line(tmp_path: Path) -> None:
    """As on a full disk, in the midst of a worker: the samples are larger than a file may be."""
    done = run_flow("train", out=tmp_path / "out", preexec_fn=lambda: _limited(200_000))
    assert_one_line(done, str(tmp_path / "out"), "File too large")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.5 MB."""
    out = tmp_path / "out"
    out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "firstspike", str(out)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    yield out
    subprocess.run(["umount", "--lazy", str(out)], check=True)  # a test's own variables may still hold a file open


def test_a_full_disk_ends_a_run_in_one_line(small_disk: Path) -> None:
    assert_one_line(run_flow("train", out=small_disk, timeout=300), str(small_disk), "No space left on device")


def test_a_file_written_in_place_has_its_room_or_is_refused(small_disk: Path) -> None:
    """Without, the process would die of SIGBUS where the disk is full."""
    array = files.new_memmap(small_disk / "small.npy", np.float32, (1000,))
    array[:] = 1
    array.flush()
    assert np.load(small_disk / "small.npy").sum() == 1000
    with pytest.raises(OSError, match="No space left") as caught, files.atomic_path(small_disk / "x.npy") as temporary:
        files.new_memmap(temporary, np.float32, (1_000_000,))
    assert one_line(caught.value) == f"{small_disk}/x.npy: No space left on device"


def test_two_runs_into_one_folder(tmp_path: Path) -> None:
    with held("OUT", tmp_path):
        assert_one_line(run_flow("train", out=tmp_path), "OUT", str(tmp_path), f"process {os.getpid()}")
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}
