"""Processes that leave nothing behind: workers end with whoever started them, the tools they run end with them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path

from base.errors import ToolError

ENDED = 128 + signal.SIGTERM  # exit code of a worker that was told to end
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux
# The shell becomes the tool, in a group of its own. A second one waits for the end of its standard input, a pipe that
# the worker holds, and ends the group: so however the worker ends, the tool and what it has started end, too.
_SHELL = 'exec 3<&0; (read _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-'
_last_calls: dict[object, Callable[[], object]] = {}


@contextmanager
def if_ended(call: Callable[[], object]) -> Iterator[None]:
    """Within the block: `call` runs if this worker is told to end. It runs in another thread than the block."""
    key = object()
    _last_calls[key] = call
    try:
        yield
    finally:
        del _last_calls[key]


def become_worker(parent: int) -> None:
    """Make this process, in its main thread, end at once with process `parent`, which started it, or on SIGTERM.

    It ends in a thread of its own, so it does not matter what the main thread is at: an exception raised there, in the
    midst of foreign code, would be lost or leave that code waiting for ever.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it had ended before
        os._exit(ENDED)
    heard, said = os.pipe()
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    own_parent = parent_process()
    sources = [heard] if own_parent is None else [heard, own_parent.sentinel]
    threading.Thread(target=_end_when_told, args=(sources,), daemon=True).start()


def _end_when_told(sources: Sequence[int]) -> None:
    wait(sources)
    for call in reversed(list(_last_calls.values())):
        with suppress(Exception):
            call()
    os._exit(ENDED)


def run_tool(
    name: str, command: Sequence[str], log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end and return what it printed on standard output.

    Raises ToolError where it fails: `log` then holds what it printed, which is in the error's words, too.
    """
    ours, held = os.pipe()
    try:
        try:
            tool = subprocess.Popen(["/bin/sh", "-c", _SHELL, "sh", *command], stdin=ours, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, cwd=cwd, env=env, start_new_session=True, errors="replace")
        finally:
            os.close(ours)
        output, errors = tool.communicate()
    finally:
        os.close(held)
    if tool.returncode == 0:
        return output
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{' '.join(command)}\n{errors}{output}", encoding="utf-8")
    raise ToolError(f"{name}: {_how(tool.returncode)}; what it said is in {log}", errors + output)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    memory = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
    return f"ended by {signal.Signals(-code).name}{memory}"
