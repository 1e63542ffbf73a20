"""Sweeps: many jobs on all cores of this machine, or on a cluster. Dask carries them.

Resumable: a job that has ended for its key is not run again. A killed worker loses nothing: its job runs on another.

A cluster: start a Dask scheduler and its workers, and name the scheduler by its address or its file. By hand that is
`.venv/bin/dask scheduler --scheduler-file s.json` on one machine and, on each,
`OMP_NUM_THREADS=1 .venv/bin/dask worker --scheduler-file s.json --nthreads 1 --nworkers 8`; under SLURM, the
SLURMCluster(cores=1, processes=1, …) of dask-jobqueue starts the workers and has the address. All machines must see
this repository with its .venv, the data and the sweep's folder under the same paths. An interrupt here leaves the
workers there running; they end the jobs that they are at, and these count. Whoever reaches Dask's ports can run code.
On this machine's cores they are closed by TLS, with a certificate that lives as long as the sweep. For a scheduler of
your own give Dask certificates (distributed.comm.tls in its configuration, on every machine and here, and a scheduler
at tls://), or let nobody else reach its ports.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import dask.config
from distributed import Client, Future, LocalCluster, Security, as_completed

from base.errors import UserError, expected, one_line
from base.files import write_text
from base.progress import Tell
from base.records import Record, digest, hash_sources
from base.sources import closure
from study.scheduler import check_scheduler

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]*")
_ANSWER_S = 10  # wait for a scheduler's answer
_UNFINISHED = ".part-"  # begins the names of folders in which jobs are at work
_LOCAL = {
    "distributed.scheduler.worker-saturation": 1.0,  # jobs wait at the scheduler, so that the costliest goes first
    "distributed.scheduler.worker-ttl": None,  # on one machine a worker that is busy is not mistaken for a dead one
    "distributed.deploy.lost-worker-timeout": "1 day",  # a slow restart is no reason to give a worker up
}


@dataclass(frozen=True)
class Job:
    """One piece of work, for instance a training.

    call(out, *needed, **arguments): a function at the top of a module. It writes files, no folders, into the folder
    `out`; `needed` are the folders of the jobs in `needs`, in that order. After a kill it is called again with the same
    `out` and finds there what it had written, so it writes files whole (base.files); it may go on from there. It starts
    no processes: nothing would end them with its worker.
    arguments: JSON. cost: the larger, the earlier it starts; any unit.
    """

    name: str  # unique; names its folder
    call: Callable[..., None]
    arguments: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()  # jobs that come before it in the list
    cost: float = 1.0


def run(jobs: list[Job], folder: Path, scheduler: str | None, key: str, tell: Tell) -> dict[str, Path]:
    """Run what has not ended; returns the folder with each job's files, folder/<name>.

    A job is run again if its call, its arguments, `key` or a job it needs has changed, or its files have, or a
    source of this repository that its call's module imports. scheduler: None for the cores of this machine, else
    address or file of a Dask scheduler.
    If jobs fail, the others go on to their end; then comes a UserError: the job's own if it raised one, else one that
    names them. What a job printed, and its traceback, is in folder/<name>.log. One sweep at a time in a folder.
    """
    folder = folder.resolve()  # the workers' present folder may be another
    folder.mkdir(parents=True, exist_ok=True)
    keys = _keys(jobs, key)
    done = {job.name for job in jobs if _record(folder, job.name, keys[job.name]).fresh}
    tell(len(done), len(jobs), "")
    if len(done) < len(jobs):
        _remove_unfinished(folder, keys)
        with _workers(scheduler) as client:
            _run_rest(client, jobs, done, folder, keys, tell)
    return {job.name: folder / job.name for job in jobs}


def _keys(jobs: list[Job], key: str) -> dict[str, str]:
    """What each job's result depends on, as a hash; checks names and needs."""
    keys: dict[str, str] = {}
    sources = cache(lambda module: hash_sources(closure([module])))
    for job in jobs:
        if not _NAME.fullmatch(job.name) or job.name in keys:
            raise expected("job", repr(job.name), "a new name of letters, digits and _.=+-")
        if missing := [need for need in job.needs if need not in keys]:
            raise expected(f"job {job.name}", f"needs {missing}", "jobs that come before it")
        module = job.call.__module__
        own = [job.name, module, job.call.__qualname__, job.arguments, key, sources(module)]
        keys[job.name] = digest([own, [keys[need] for need in job.needs]])
    return keys


def _record(folder: Path, name: str, key: str) -> Record:
    return Record(folder / f"{name}.json", key, lambda: sorted((folder / name).iterdir()))


def _unfinished(folder: Path, key: str) -> Path:
    return folder / f"{_UNFINISHED}{key[:32]}"


def _remove_unfinished(folder: Path, keys: dict[str, str]) -> None:
    """Remove what jobs left that were interrupted and are not wanted any more."""
    wanted = {_unfinished(folder, key) for key in keys.values()}
    for path in set(folder.glob(f"{_UNFINISHED}*")) - wanted:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run_rest(client: Client, jobs: list[Job], done: set[str], folder: Path, keys: dict[str, str], tell: Tell) -> None:
    """Submit each job when those it needs are done; raise when all have ended and some have failed."""
    todo = [job for job in jobs if job.name not in done]
    failed: dict[str, UserError | str] = {}
    running: dict[Any, Job] = {}  # by Dask's key
    ended = as_completed(loop=client.loop, raise_errors=False)
    while True:
        for job in [job for job in todo if done.issuperset(job.needs)]:
            todo.remove(job)
            # One group for all: Dask hands a large group out strictly by priority. The same job in the same folder
            # has the same key, so that Dask does not start it beside one that an interrupted sweep left running.
            token = ("job", digest([str(folder), keys[job.name]]))
            future = client.submit(_perform, job, folder, keys[job.name], key=token, priority=job.cost, pure=False)
            running[future.key] = job
            ended.add(future)
        if not running:
            break
        future = next(ended)
        job = running.pop(future.key)
        error = _result(future, folder / f"{job.name}.log")
        if error is None:
            done.add(job.name)
        else:
            failed[job.name] = error
        tell(len(done), len(jobs), f"{len(failed)} failed" if failed else "")
    if failed:
        raise _summary(failed, len(jobs), folder)


def _result(future: Future, log: Path) -> UserError | str | None:
    """What _perform returned, or why it could not."""
    if future.cancelled():
        raise UserError("the Dask scheduler went away; run the same again to go on from here")
    try:
        error: UserError | str | None = future.result()
    except Exception as exception:  # not the job's: those that ran it have died, or do not have its module
        error = f"{type(exception).__name__}: {exception}\n"
        write_text(log, error)
    return error


def _summary(failed: dict[str, UserError | str], total: int, folder: Path) -> UserError:
    for error in failed.values():
        if isinstance(error, UserError):
            return error
    names = list(failed)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return UserError(f"{len(names)} of {total} jobs failed: {shown}; see {folder / names[0]}.log")


def _keep_memory() -> None:
    """Let malloc keep what is freed, of this process.

    Dask's nannies set MALLOC_TRIM_THRESHOLD_=65536 for their workers. Every tensor is then mapped and cleared anew, and
    training takes 2.7 times as long.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, 2**30)
        mallopt(_M_MMAP_THRESHOLD, 2**25)  # the largest that it takes


def _perform(job: Job, folder: Path, key: str) -> UserError | str | None:
    """In a worker: run the job. Returns what it raised; an error's traceback as text, since not all can be sent."""
    record = _record(folder, job.name, key)
    if record.fresh:  # its worker died when it had ended, before the scheduler heard of it
        return None
    _keep_memory()
    log = folder / f"{job.name}.log"
    try:
        with (log.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file),
              contextlib.redirect_stderr(file)):
            record.run(lambda: _write(job, folder, _unfinished(folder, key)))
    except Exception as error:
        line = one_line(error)
        if line is not None:
            return UserError(line)
        text = traceback.format_exc()
        with log.open("a", encoding="utf-8") as file:
            file.write(text)
        return text
    if log.stat().st_size == 0:
        log.unlink()
    return None


def _write(job: Job, folder: Path, out: Path) -> None:
    """Let the job write into `out`; give that folder its final name when it is whole."""
    shutil.rmtree(folder / job.name, ignore_errors=True)  # of another key
    out.mkdir(exist_ok=True)
    for cut_off in out.glob(".*"):  # files that a killed worker was writing
        cut_off.unlink()
    job.call(out, *(folder / need for need in job.needs), **job.arguments)
    out.rename(folder / job.name)


@contextlib.contextmanager
def _workers(scheduler: str | None) -> Iterator[Client]:
    """A client of the scheduler, or of one started here with a single-threaded process per core, two at least."""
    for handler in logging.getLogger("distributed").handlers:
        handler.setLevel(logging.CRITICAL)  # what matters of a dead worker or scheduler is said by `run`
    if scheduler is None:
        with _local_cluster() as cluster, Client(cluster, set_as_default=False) as client:
            cluster.scale(max(2, len(os.sched_getaffinity(0))))
            yield client
        return
    check_scheduler(scheduler)
    by_file = {} if "://" in scheduler else {"scheduler_file": scheduler}
    try:
        client = Client(None if by_file else scheduler, timeout=_ANSWER_S, set_as_default=False, **by_file)
    except (OSError, ValueError) as error:
        raise expected("SCHEDULER", scheduler, f"a Dask scheduler that answers ({error})") from None
    with client:
        yield client


@contextlib.contextmanager
def _local_cluster() -> Iterator[LocalCluster]:
    """A scheduler in this process, without workers yet. If the block ends by an exception, its workers end at once.

    Workers that this process cannot end, being killed itself, end by themselves: Dask has a pipe for that.
    """
    environment, children = dict(os.environ), set(multiprocessing.active_children())
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch, dask.config.set(_LOCAL):
        # The terminal sends an interrupt to all processes; only this thread is to hear it. Dask's thread that starts
        # the workers, and they, inherit that it is blocked. (Starting the tracker unblocks it, hence first.)
        resource_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        cluster = LocalCluster(
            n_workers=0, threads_per_worker=1, memory_limit=None, local_directory=scratch,
            # Whoever else is on this machine reaches its ports, too: only who has this certificate is listened to.
            host="127.0.0.1", protocol="tls://", security=Security.temporary(),
            dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # none, but a port is taken
            silence_logs=logging.CRITICAL,
        )
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            yield cluster
        except BaseException:
            for nanny in cluster.workers.values():
                nanny.close_gracefully()  # or it would start its worker anew
            for child in set(multiprocessing.active_children()) - children:
                child.kill()
            raise
        finally:
            cluster.close()
            os.environ.clear()  # Dask has set some for its workers
            os.environ.update(environment)
