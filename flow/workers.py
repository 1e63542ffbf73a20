"""Processes for work that can go on at once, and how their progress reaches the terminal."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from base.errors import UserError
from base.processes import become_worker

_SPAWN = multiprocessing.get_context("spawn")  # no state is inherited, so a worker sees what a fresh run sees
GRACE_S = 5  # for a worker to end when it is told to
_queue: Queue | None = None


@contextmanager
def workers(logs: Path) -> Iterator[ProcessPoolExecutor]:
    """A pool with one process per core, two at least; what they print goes to files in `logs`.

    If the block ends by an exception, an interrupt above all, the processes are ended at once. A process that was ended
    by something else, for want of memory for instance, is a UserError.
    """
    logs.mkdir(parents=True, exist_ok=True)
    cores = max(2, len(os.sched_getaffinity(0)))
    pool = ProcessPoolExecutor(cores, _SPAWN, _start_worker, (logs, _queue, os.getpid()))
    try:
        yield pool
    except BaseException as error:
        _end(list((pool._processes or {}).values()))
        pool.shutdown(wait=False, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise UserError("a worker process was ended from outside, perhaps for want of memory (what workers said "
                            f"is in {logs}/); run the same command again to go on from here") from error
        raise
    pool.shutdown()


def _end(processes: list[BaseProcess]) -> None:
    """End processes; they get a moment to remove what is half-written."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()


def tell(task: str, done: int, total: int, note: str = "") -> None:
    """Report the progress of `task` to the terminal, from whatever process this is."""
    if _queue is not None:
        _queue.put((task, done, total, note))


def _start_worker(logs: Path, queue: Queue | None, parent: int) -> None:
    global _queue
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    become_worker(parent)
    try:
        handle = os.open(logs / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError:  # a full disk: what the worker does will say so
        handle = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(handle, stream.fileno())


class Bars:
    """Bars on the terminal, one per task that has told of itself; lines only where there is no terminal."""

    def __init__(self, console: Console) -> None:
        global _queue
        columns = (TextColumn("  {task.description:20}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn(),
                   TextColumn("{task.fields[note]}"))
        self._bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        _queue = self._queue = _SPAWN.Queue()
        self._thread = threading.Thread(target=self._drain, daemon=True)

    def __enter__(self) -> Bars:
        self._bars.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _queue
        _queue = None
        self._queue.put(None)
        self._thread.join(timeout=5)
        self._bars.stop()

    def _drain(self) -> None:
        while (message := self._queue.get()) is not None:
            task, done, total, note = message
            if task not in self._tasks:
                self._tasks[task] = self._bars.add_task(task, total=total, note=note)
            self._bars.update(self._tasks[task], completed=done, note=note, visible=done < total)
