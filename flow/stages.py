"""Stages: what depends on what, what is stale, and running the rest at once where it can be.

A stage's key is a hash of its settings, its source files and the keys of the stages it needs. It is
written to OUT/stages/<name>.json when the stage has ended; a stage whose recorded key is the present
one, and whose outputs are there, is not run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from base.files import read_json, write_json
from flow.settings import Settings
from flow.workers import Board, workers

ROOT = Path(__file__).parent.parent
SOURCE_SUFFIXES = {".py", ".hpp", ".h", ".cpp", ".sv", ".j2", ".toml"}


@dataclass(frozen=True)
class Stage:
    """One step of the run.

    run(settings) writes into settings.out. params(settings): what its result depends on, as JSON.
    outputs(settings): files that must be there. sources: files and folders of this repository.
    """

    name: str
    needs: tuple[str, ...]
    sources: tuple[str, ...]
    params: Callable[[Settings], Any]
    outputs: Callable[[Settings], list[Path]]
    run: Callable[[Settings], None]


def hash_sources(sources: Iterable[str]) -> str:
    """One hash over the contents of source files, and of all such files in source folders."""
    sha = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = sorted(f for f in path.rglob("*") if f.suffix in SOURCE_SUFFIXES) if path.is_dir() else [path]
        for file in files:
            sha.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return sha.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Record:
    """A file that says for which key a step ended, and how long it took."""

    def __init__(self, path: Path, key: Any, outputs: Callable[[], list[Path]]) -> None:
        self.path = path
        self.key = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        self.outputs = outputs  # called late: some outputs' names are only known when the step has run

    @property
    def fresh(self) -> bool:
        """Whether the step ended for this key, and its outputs are still what it wrote."""
        try:
            return read_json(self.path) | {"wall_s": None} == {**self._found(), "wall_s": None}
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def _found(self) -> dict[str, Any]:
        """The key, and the hash of each output as it is now."""
        return {"key": self.key, "outputs": {str(path): file_hash(path) for path in self.outputs()}}

    def run(self, step: Callable[[], None]) -> float:
        """Run the step; record it if it ends well. Returns seconds."""
        self.path.unlink(missing_ok=True)
        started = time.monotonic()
        try:
            step()
        except SystemExit:  # the signal that ends workers: temporary files are gone by now, end for good
            os._exit(143)
        seconds = time.monotonic() - started
        write_json(self.path, {**self._found(), "wall_s": round(seconds, 2)})
        return seconds


def stage_keys(stages: dict[str, Stage], settings: Settings) -> dict[str, Any]:
    """Key of each stage, in the order of `stages`, where a stage comes after what it needs."""
    keys: dict[str, Any] = {}
    for stage in stages.values():
        own = [stage.name, stage.params(settings), hash_sources(stage.sources)]
        keys[stage.name] = hashlib.sha256(
            json.dumps([own, [keys[need] for need in stage.needs]], sort_keys=True).encode()
        ).hexdigest()
    return keys


def needed_for(stages: dict[str, Stage], target: str) -> list[Stage]:
    """The target and all it needs, in order."""
    wanted = {target}
    for stage in reversed(stages.values()):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [stage for stage in stages.values() if stage.name in wanted]


def wall_seconds(settings: Settings, name: str) -> float:
    """Seconds that the stage took when it last ran."""
    return float(read_json(settings.out / "stages" / f"{name}.json")["wall_s"])


def run_until(stages: dict[str, Stage], target: str, settings: Settings, console: Console) -> None:
    """Run what is stale of the target and all it needs; stages that do not need each other run at once."""
    keys = stage_keys(stages, settings)
    todo = {stage.name: stage for stage in needed_for(stages, target)}
    done = set(stages) - set(todo)
    running: dict[Future[float], Stage] = {}
    with Board(console), workers(settings.out / "logs") as pool:
        while todo or running:
            for stage in [s for s in todo.values() if done.issuperset(s.needs)]:
                del todo[stage.name]
                if _record(stage, keys[stage.name], settings).fresh:
                    console.print(f"{stage.name:8} up to date")
                    done.add(stage.name)
                    break  # this may have freed others
                console.print(f"{stage.name:8} ...")
                running[pool.submit(_run_stage, stage.name, keys[stage.name], settings)] = stage
            else:
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    stage = running.pop(future)
                    console.print(f"{stage.name:8} {future.result():.1f} s")
                    done.add(stage.name)


def _record(stage: Stage, key: Any, settings: Settings) -> Record:
    return Record(settings.out / "stages" / f"{stage.name}.json", key, lambda: stage.outputs(settings))


def _run_stage(name: str, key: Any, settings: Settings) -> float:
    from flow.run import STAGES  # here, since flow.run imports this module

    return _record(STAGES[name], key, settings).run(lambda: STAGES[name].run(settings))
