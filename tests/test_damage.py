"""What is read back is believed only where it is whole; else it is made anew, or refused by the name of its file."""

from __future__ import annotations

import io
import json
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import make_spec

from base import files
from base.errors import UserError
from base.records import Record
from hls import csim
from rtl import sim, synth
from rtl.elaborate import Unit
from spec.netspec import NetSpec
from spec.reading import content_digest

EACH = 150  # damages of a kind


def damages(content: bytes, seed: int) -> Iterator[bytes]:
    """The content with one byte changed, cut short, or with some bytes moved; a few hundred, always the same."""
    chance = np.random.default_rng(seed)
    for place in chance.integers(len(content), size=EACH):
        changed = bytearray(content)
        changed[place] ^= 1 << int(chance.integers(8))
        yield bytes(changed)
    for place in chance.integers(len(content), size=EACH // 3):
        yield content[:place]
        yield content[:place] + content[place // 2:]
    yield b""
    yield bytes(len(content))


def test_an_array_file_is_whole_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    arrays = {"x": np.arange(300).reshape(20, 15), "y": np.linspace(0, 1, 7), "z": np.asfortranarray(np.eye(3))}
    files.write_npz(path, **arrays)
    refused = 0
    for content in damages(path.read_bytes(), 1):
        path.write_bytes(content)
        try:
            found = files.read_npz(path)
        except ValueError as error:
            refused += str(path) in str(error)
            continue
        for name in found.keys() & arrays.keys():
            assert np.array_equal(found[name], arrays[name])
    assert refused > EACH
    with pytest.raises(FileNotFoundError):
        files.read_npz(tmp_path / "none.npz")


def bomb(path: Path, shape: tuple[int, ...], size: int) -> None:
    """An npz whose one array says it has `shape`, of `size` zeros in bytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as file:
        file.write(header.getvalue())
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))


@pytest.mark.parametrize(("shape", "size", "most"), [
    ((10**12,), 1 << 20, None), ((2**62, 8), 1 << 20, None), ((-4,), 1 << 20, None), ((1 << 25,), 1 << 28, 1 << 27),
])
def test_no_room_is_made_for_what_a_header_says(
    shape: tuple[int, ...], size: int, most: int | None, tmp_path: Path
) -> None:
    bomb(tmp_path / "x.npz", shape, size)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"x\.npz"):
        files.read_npz(tmp_path / "x.npz", most)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    make_spec().save(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["spec.json", "params.npz"])
def test_a_damaged_spec_is_refused_by_name(name: str, saved: Path) -> None:
    wanted = NetSpec.load(saved).digest
    refused = 0
    for content in damages((saved / name).read_bytes(), 2):
        (saved / name).write_bytes(content)
        try:
            assert NetSpec.load(saved).digest == wanted
        except UserError as error:
            refused += str(saved) in str(error)
    assert refused > EACH


def change(saved: Path, edit: Callable[[dict[str, Any], dict[str, np.ndarray]], None]) -> None:
    """Edit a spec as someone would who knows how its digest is made."""
    document = json.loads((saved / "spec.json").read_text())
    arrays = files.read_npz(saved / "params.npz")
    del document["digest"]
    edit(document, arrays)
    files.write_npz(saved / "params.npz", **arrays)
    files.write_json(saved / "spec.json", {**document, "digest": content_digest(document, arrays)})


WRONG: list[Any] = [None, -1, 0, 10**30, 2**40, 1.5, True, "x", "../../x", [], {}, "1"]


def test_no_value_of_a_spec_ends_in_a_traceback(saved: Path) -> None:
    first = json.loads((saved / "spec.json").read_text())
    whole = saved / "whole"
    shutil.copytree(saved, whole)
    tried = 0
    for place, unit in enumerate(first["units"]):
        for key in unit:
            for value in [*WRONG, "missing"]:
                shutil.copy(whole / "spec.json", saved)
                shutil.copy(whole / "params.npz", saved)

                def edit(document: dict[str, Any], _arrays: object, place: int = place, key: str = key,
                         value: Any = value) -> None:
                    if value == "missing":
                        del document["units"][place][key]
                    else:
                        document["units"][place][key] = value

                change(saved, edit)
                tried += 1
                with suppress(UserError):
                    NetSpec.load(saved)
    assert tried > 500


def _no_array(_: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    del arrays["readout.bias"]


def _floats(_: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    arrays["readout.bias"] = arrays["readout.bias"].astype(float)


def _huge(_: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    arrays["b1_0.bias"][0] = -(2**63)


def _other_shape(_: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    arrays["readout.bias"] = arrays["readout.bias"][None]


def _no_units(document: dict[str, Any], _: dict[str, np.ndarray]) -> None:
    document["units"] = {}


def _no_unit(document: dict[str, Any], _: dict[str, np.ndarray]) -> None:
    document["units"] = []


def _more(document: dict[str, Any], _: dict[str, np.ndarray]) -> None:
    document["more"] = 1


def _texts(document: dict[str, Any], _: dict[str, np.ndarray]) -> None:
    document["units"] = ["input"]


@pytest.mark.parametrize("edit", [_no_array, _floats, _huge, _other_shape, _no_units, _no_unit, _more, _texts],
                         ids=lambda edit: edit.__name__)
def test_a_spec_of_another_form_is_refused(edit: Callable[..., None], saved: Path) -> None:
    change(saved, edit)
    with pytest.raises(UserError):
        NetSpec.load(saved)


@pytest.mark.parametrize("content", [
    "[" * 100_000, "{}", "[]", "null", "\ufeff{}", '{"format": 1}', '{"format": 1,', "\0",
], ids=range(8))
def test_a_document_that_is_no_spec_is_refused(content: str, saved: Path) -> None:
    (saved / "spec.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"spec\.json|digest"):
        NetSpec.load(saved)


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    output, path = tmp_path / "output", tmp_path / "record.json"
    Record(path, "key", lambda: [output]).run(lambda: files.write_text(output, "right"))
    whole = path.read_bytes()
    for content in damages(whole, 3):
        path.write_bytes(content)
        record = Record(path, "key", lambda: [output])
        if record.fresh:  # a changed blank
            assert json.loads(content) == json.loads(whole)
        assert all(start <= end for start, end in record.spans)


def test_a_sealed_file_is_whole_or_none(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    assert files.read_sealed(path) is None
    files.write_sealed(path, b"state" * 100)
    assert files.read_sealed(path) == b"state" * 100
    for content in damages(path.read_bytes(), 4):
        path.write_bytes(content)
        assert files.read_sealed(path) is None


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [damage, Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:9]),
                                  lambda path: path.write_bytes(b"")], ids=["changed", "gone", "cut", "empty"])
def test_a_damaged_program_is_built_anew(
    harm: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def compile_(target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"the whole program")
        made.append(target)

    monkeypatch.setattr(sim, "_compile", lambda _sources, _cache, _version, program, _options: compile_(program))
    monkeypatch.setattr(csim, "_compile", lambda _command, _paths, binary: compile_(binary))
    (tmp_path / "top.cpp").touch()

    def builds() -> list[Path]:
        return [sim.build([], tmp_path / "cache", "digest"), csim.build(tmp_path, ("top.cpp",))]

    programs = builds()
    assert builds() == programs == made
    for program in programs:
        harm(program)
    builds()
    assert made == programs * 2
    assert [program.read_bytes() for program in programs] == [b"the whole program"] * 2


def test_damaged_netlists_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tool(_name: str, _command: list[str], *_: Any, cwd: Path, **__: Any) -> str:
        cells = {"l": {"type": "LUT2", "connections": {}}}
        module = {"ports": {}, "cells": cells, "netnames": {}}
        (cwd / "yosys.json").write_text(json.dumps({"modules": {"unit": module}}))
        return ""

    monkeypatch.setattr(synth, "run_tool", tool)
    monkeypatch.setattr(synth, "yosys", lambda: ["tool"])
    unit = Unit("u", "module", "")
    wanted = synth.made(unit, "key", tmp_path)
    assert wanted.counts["lut"] == 1
    for path in (tmp_path / "module-key").iterdir():
        for content in list(damages(path.read_bytes(), 5))[::10]:
            path.write_bytes(content)
            assert synth.made(unit, "key", tmp_path) == wanted
