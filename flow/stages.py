"""Stages: what depends on what, what is stale, and running the rest at once where it can be.

A stage's key is a hash of its settings, what else it depends on (`also`), its source files, the versions of
its tools and the keys of the stages it needs. It is written to OUT/stages/<name>.json when the stage has
ended, with the hash of each output; a stage for which all this is still so is not run again.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from base.records import Record, digest, hash_sources
from base.sources import closure
from flow.settings import Settings
from flow.tools import versions
from flow.workers import Bars, workers

# Modules that decide no result: values from them are in a stage's params.
VALUES = ("flow.settings", "flow.workers", "board.preset", "base.errors", "base.progress", "base.checked")


@dataclass(frozen=True)
class Stage:
    """One step of the run.

    run(settings) writes into settings.out. Which settings it depends on is said in flow/settings.py, what its tools
    are in flow/tools.py; also(settings): what else its result depends on, as JSON. outputs(settings): files that must
    be there. modules: what it calls; all that they import of this repository belongs to its sources. sources: files
    and folders beside these.
    remark(settings): a line for the user about what it found, or none; read from its outputs.
    """

    name: str
    needs: tuple[str, ...]
    modules: tuple[str, ...]
    sources: tuple[str, ...]
    outputs: Callable[[Settings], list[Path]]
    run: Callable[[Settings], None]
    also: Callable[[Settings], Any] = lambda _: None
    remark: Callable[[Settings], str] = lambda _: ""


def own_key(stage: Stage, params: Any) -> str:
    """What a stage's result depends on besides what the stages that it needs left: sources, tools and `params`."""
    sources = hash_sources([*closure(stage.modules, VALUES), *stage.sources])
    return digest([stage.name, params, sources, versions(stage.name)])


def stage_keys(stages: dict[str, Stage], settings: Settings) -> dict[str, Any]:
    """Key of each stage, in the order of `stages`, where a stage comes after what it needs."""
    keys: dict[str, Any] = {}
    for stage in stages.values():
        params = [settings.params(stage.name), stage.also(settings)]
        keys[stage.name] = digest([own_key(stage, params), [keys[need] for need in stage.needs]])
    return keys


def needed_for(stages: dict[str, Stage], target: str) -> list[Stage]:
    """The target and all it needs, in order."""
    wanted = {target}
    for stage in reversed(stages.values()):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [stage for stage in stages.values() if stage.name in wanted]


def run_until(
    stages: dict[str, Stage], target: str, settings: Settings, console: Console,
    submit: Callable[[str, str, Settings], float],
) -> None:
    """Run what is stale of the target and all it needs; stages that do not need each other run at once.

    submit(name, key, settings) runs a stage, in another process, and returns its seconds: a function at the top of a
    module, since it is sent there by its name.
    """
    todo = {stage.name: stage for stage in needed_for(stages, target)}
    keys = stage_keys(todo, settings)
    done = set(stages) - set(todo)
    running: dict[Future[float], Stage] = {}
    with Bars(console), workers(settings.out / "logs") as pool:
        while todo or running:
            for stage in [s for s in todo.values() if done.issuperset(s.needs)]:
                del todo[stage.name]
                if record_of(stage, keys[stage.name], settings).fresh:
                    _say(console, stage, "up to date", settings)
                    done.add(stage.name)
                    break  # this may have freed others
                console.print(f"{stage.name:8} ...")
                running[pool.submit(submit, stage.name, keys[stage.name], settings)] = stage
            else:
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    stage = running.pop(future)
                    _say(console, stage, f"{future.result():.1f} s", settings)
                    done.add(stage.name)


def _say(console: Console, stage: Stage, how: str, settings: Settings) -> None:
    console.print(f"{stage.name:8} {how}")
    if remark := stage.remark(settings):
        console.print(f"{'':8} {remark}", markup=False)


def record_of(stage: Stage, key: Any, settings: Settings) -> Record:
    return Record(settings.out / "stages" / f"{stage.name}.json", key, lambda: stage.outputs(settings))
