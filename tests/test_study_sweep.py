"""Sweeps: what runs and what does not, killed workers, failing jobs, interrupts, and a cluster started elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client, Security

from base.errors import UserError, expected
from base.files import read_json
from study import sweep
from study.sweep import Job, check_scheduler, run

# Jobs. Each leaves a mark when it starts: an empty file <name>.<process>.<time> in `marks`.


def mark(marks: str, name: str) -> None:
    (Path(marks) / f"{name}.{os.getpid()}.{time.time_ns()}").touch()


def write(out: Path, *needed: Path, marks: str, name: str, text: str) -> None:
    mark(marks, name)
    print("printed by", name)
    (out / "text").write_text(text + "".join((folder / "text").read_text() for folder in needed))


def die_once(out: Path, marks: str, name: str) -> None:
    mark(marks, name)
    if not (out / "half").exists():
        (out / "half").write_text("first half, ")
        (out / ".part-cut off").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    (out / "text").write_text((out / "half").read_text() + "second half")


def fail(out: Path, error: str) -> None:
    (out / "text").write_text("half")
    raise expected("recording 7", "3 channels", "14") if error == "user" else ZeroDivisionError("no samples")


def wait_for_go(out: Path, marks: str, name: str) -> None:
    mark(marks, name)
    (out / "half").touch()
    while not (Path(marks) / "go").exists():
        time.sleep(0.05)
    deaf = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    (out / "text").write_text(f"threads {os.environ['OMP_NUM_THREADS']}, deaf to interrupts {deaf}")


# What the tests are made of


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Scheduler file of a scheduler with two workers, started as a user would by hand."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    common = ["--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("w") as log:
        options: dict[str, Any] = {"env": environment, "stdout": log, "stderr": log, "cwd": folder}
        scheduler = subprocess.Popen([*dask, "scheduler", *common, "--port", "0"], **options)
        workers = subprocess.Popen([*dask, "worker", *common, "--nthreads", "1", "--nworkers", "2",
                                    "--local-directory", folder], **options)
        until(file.exists)
        yield file
        for process in (workers, scheduler):
            process.terminate()
            process.wait(20)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def started(marks: Path) -> Counter[str]:
    """How often each job has been started."""
    return Counter(path.name.split(".")[0] for path in marks.glob("*.*"))


def writer(marks: Path, name: str, text: str = "x", needs: tuple[str, ...] = (), cost: float = 1.0) -> Job:
    return Job(name, write, {"marks": str(marks), "name": name, "text": text}, needs, cost)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)


def workers_of(session: int) -> list[psutil.Process]:
    """Processes of a session, but for the helper of multiprocessing that lives as long as its parent."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        info = process.info
        if info["status"] == psutil.STATUS_ZOMBIE or "resource_tracker" in " ".join(info["cmdline"] or []):
            continue
        try:
            if os.getsid(process.pid) == session and process.pid != session:
                found.append(process)
        except ProcessLookupError:
            continue
    return found


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[int, int, str]] = []

    def __call__(self, done: int, total: int, note: str) -> None:
        self.lines.append((done, total, note))


# Tests


def test_only_what_is_stale_runs(cluster: Path, marks: Path, tmp_path: Path) -> None:
    def sweep(text: str = "b", key: str = "sources") -> tuple[dict[str, str], Counter[str], Told]:
        for path in marks.iterdir():
            path.unlink()
        jobs = [writer(marks, "a", "a"), writer(marks, "b", text), writer(marks, "c", "c", ("a", "b")),
                writer(marks, "d", "d", ("c",)), writer(marks, "e", "e", ("a",))]
        told = Told()
        found = run(jobs, tmp_path / "out", str(cluster), key, told)
        return {name: (folder / "text").read_text() for name, folder in found.items()}, started(marks), told

    texts, first, told = sweep()
    assert texts == {"a": "a", "b": "b", "c": "cab", "d": "dcab", "e": "ea"}
    assert first == Counter("abcde")
    assert told.lines == [(done, 5, "") for done in range(6)]
    texts, second, told = sweep()
    assert second == Counter()
    assert told.lines == [(5, 5, "")]
    texts, third, _ = sweep(text="B")
    assert third == Counter("bcd")
    assert texts["d"] == "dcaB"
    assert sweep(text="B", key="other sources")[1] == Counter("abcde")
    (tmp_path / "out" / "e" / "text").write_text("damaged")
    texts, fifth, _ = sweep(text="B", key="other sources")
    assert fifth == Counter("e")
    assert texts["e"] == "ea"
    assert "printed by a" in (tmp_path / "out" / "a.log").read_text()


def test_the_costliest_go_first_and_no_process_is_left(marks: Path, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    (marks / "go").touch()
    before = psutil.Process().children(recursive=True)
    costs = [3, 9, 1, 7, 5, 8, 2, 6, 4]
    jobs = [writer(marks, f"cost{cost}", cost=cost) for cost in costs]
    jobs.append(Job("threads", wait_for_go, {"marks": str(marks), "name": "threads"}, cost=0.5))
    found = run(jobs, tmp_path / "out", None, "", Told())
    assert (found["threads"] / "text").read_text() == "threads 1, deaf to interrupts True"
    assert os.environ["OMP_NUM_THREADS"] == "2"
    costs_of: dict[str, list[int]] = {}  # per worker, in the order in which it started them
    for path in sorted(marks.glob("cost*"), key=lambda path: path.name.split(".")[2]):
        name, worker, _ = path.name.split(".")
        costs_of.setdefault(worker, []).append(int(name[4:]))
    assert sorted(cost for taken in costs_of.values() for cost in taken) == sorted(costs)
    assert all(taken == sorted(taken, reverse=True) for taken in costs_of.values()), costs_of
    left = set(psutil.Process().children(recursive=True)) - set(before)
    assert not [process for process in left if "resource_tracker" not in " ".join(process.cmdline())]


def test_a_killed_worker_loses_nothing(marks: Path, tmp_path: Path) -> None:
    jobs = [writer(marks, f"w{index}", str(index)) for index in range(10)]
    jobs.insert(4, Job("killer", die_once, {"marks": str(marks), "name": "killer"}, cost=2))
    jobs.append(writer(marks, "after", needs=("killer",)))
    told = Told()
    found = run(jobs, tmp_path / "out", None, "", told)
    assert (found["killer"] / "text").read_text() == "first half, second half"
    assert sorted(path.name for path in found["killer"].iterdir()) == ["half", "text"]
    assert [(found[f"w{index}"] / "text").read_text() for index in range(10)] == [str(index) for index in range(10)]
    assert started(marks) == Counter({"killer": 2, "after": 1, **{f"w{index}": 1 for index in range(10)}})
    assert told.lines[-1] == (12, 12, "")


def test_the_others_go_on_when_a_job_fails(cluster: Path, marks: Path, tmp_path: Path) -> None:
    jobs = [Job("broken", fail, {"error": "defect"}, cost=9), writer(marks, "after", needs=("broken",)),
            *(writer(marks, f"w{index}") for index in range(6))]
    out, told = tmp_path / "out", Told()
    for _ in range(2):  # a failed job is tried again on a rerun, the others are not
        with pytest.raises(UserError, match=r"^1 of 8 jobs failed: broken; see .*/out/broken\.log$"):
            run(jobs, out, str(cluster), "", told)
        log = (out / "broken.log").read_text()
        assert "Traceback" in log
        assert "ZeroDivisionError: no samples" in log
        assert not (out / "broken").exists()
        assert started(marks) == Counter({f"w{index}": 1 for index in range(6)})
    assert told.lines[-1] == (6, 8, "1 failed")


def test_a_message_to_the_user_is_passed_on(cluster: Path, marks: Path, tmp_path: Path) -> None:
    jobs = [Job("defect", fail, {"error": "defect"}), Job("bad", fail, {"error": "user"}), writer(marks, "good")]
    with pytest.raises(UserError, match=r"^recording 7: got 3 channels, expected 14$"):
        run(jobs, tmp_path / "out", str(cluster), "", Told())
    assert started(marks) == Counter(["good"])


def interruptible(marks: Path) -> list[Job]:
    slow = [Job(f"slow{i}", wait_for_go, {"marks": str(marks), "name": f"slow{i}"}) for i in range(3)]
    return [writer(marks, "quick1", cost=3), writer(marks, "quick2", cost=2), *slow]


def interruptible_sweep() -> None:
    """The body of a process that a test interrupts."""
    try:
        run(interruptible(Path(sys.argv[1])), Path(sys.argv[2]), None, "", Told())
    except KeyboardInterrupt:
        print("interrupted")


@pytest.mark.parametrize("way", ["interrupt", "kill"])
def test_an_interrupted_sweep_goes_on(way: str, cluster: Path, marks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = f"import sys; sys.path[:] = {sys.path}; import test_study_sweep as t; t.interruptible_sweep()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, marks, out], start_new_session=True, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # where tests run in the background, an interrupt is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    until(lambda: started(marks) == Counter(["quick1", "quick2", "slow0", "slow1"]))
    workers = workers_of(process.pid)
    assert len(workers) == 2
    if way == "interrupt":
        os.killpg(process.pid, signal.SIGINT)  # to all, as a terminal does
        text, _ = process.communicate(timeout=4)  # Dask gives a job 4 s before it kills the worker; too long here
        assert text == "interrupted\n"  # and nothing from Dask
        assert not [worker for worker in workers if worker.is_running()]
    else:
        process.kill()
        process.communicate(timeout=10)
    until(lambda: not workers_of(process.pid), 10)
    assert {path.name for path in out.glob("*.json")} == {"quick1.json", "quick2.json"}
    assert not (out / "slow0").exists()
    (marks / "go").touch()
    found = run(interruptible(marks), out, str(cluster), "", Told())
    assert all((folder / "text").exists() for folder in found.values())
    assert started(marks) == Counter({"quick1": 1, "quick2": 1, "slow0": 2, "slow1": 2, "slow2": 1})
    assert not [path for path in out.iterdir() if path.name[0] == "."]


def test_a_scheduler_by_its_address(cluster: Path, marks: Path, tmp_path: Path) -> None:
    address = read_json(cluster)["address"]
    run([writer(marks, name) for name in "abcd"], tmp_path / "out", address, "", Told())
    assert sum(started(marks).values()) == 4
    assert all(psutil.pid_exists(int(path.name.split(".")[1])) for path in marks.iterdir())  # own workers would be gone


def test_nobody_else_is_listened_to() -> None:
    """Another user of this machine, who reaches its ports, gets no code run there."""
    with sweep._local_cluster() as cluster:
        cluster.scale(1)
        with Client(cluster, set_as_default=False) as client:
            assert client.submit(sum, [1, 2]).result(timeout=60) == 3
            (worker,) = client.scheduler_info()["workers"].values()
        for address in (cluster.scheduler_address, *(worker[kind] for kind in ("nanny",))):
            assert address.startswith("tls://127.0.0.1:")
            for scheme, security in (("tcp", None), ("tls", Security.temporary())):
                with pytest.raises((OSError, TimeoutError)):
                    Client(address.replace("tls", scheme), security=security, timeout=2, set_as_default=False)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"address": 5}'])
def test_a_file_that_is_no_schedulers(content: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(UserError, match=r"^SCHEDULER: got .*s.json, expected tcp"):
        check_scheduler(str(tmp_path / "s.json"))


@pytest.mark.parametrize("scheduler", ["no-such-file.json", "tcp://127.0.0.1:1"])
def test_no_scheduler_there(scheduler: str, marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.sweep._ANSWER_S", 1)
    with pytest.raises(UserError, match=f"^SCHEDULER: got {scheduler}, expected "):
        run([writer(marks, "a")], tmp_path / "out", scheduler, "", Told())


@pytest.mark.parametrize(("names", "message"), [
    (["a", "a"], "job: got 'a'"), (["../a"], "job: got '../a'"), ([".a"], "job: got '.a'"), ([""], "job: got ''"),
])
def test_names_of_jobs(names: list[str], message: str, marks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        run([writer(marks, name) for name in names], tmp_path, None, "", Told())


def test_a_job_needs_one_before_it(marks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="job a: got needs \\['b'\\], expected jobs that come before it"):
        run([writer(marks, "a", needs=("b",)), writer(marks, "b")], tmp_path, None, "", Told())
