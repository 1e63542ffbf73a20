"""Processes for work that can go on at once, and how their progress reaches the terminal."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_SPAWN = multiprocessing.get_context("spawn")  # no state is inherited, so a worker sees what a fresh run sees
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux
_queue: Queue | None = None


@contextmanager
def workers(logs: Path) -> Iterator[ProcessPoolExecutor]:
    """A pool with one process per core, two at least; what they print goes to files in `logs`.

    If the block ends by an exception, an interrupt above all, the processes are ended at once.
    """
    logs.mkdir(parents=True, exist_ok=True)
    cores = max(2, len(os.sched_getaffinity(0)))
    pool = ProcessPoolExecutor(cores, _SPAWN, _start_worker, (logs, _queue))
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def tell(task: str, done: int, total: int, note: str = "") -> None:
    """Report the progress of `task` to the terminal, from whatever process this is."""
    if _queue is not None:
        _queue.put((task, done, total, note))


def _start_worker(logs: Path, queue: Queue | None) -> None:
    global _queue
    _queue = queue
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent decides
    # Unwinding removes temporary files and ends the tools that a worker waits for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A worker, and the workers that it started, end with the process that started them, however that ended.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    handle = os.open(logs / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
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
