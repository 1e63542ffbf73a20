"""docs/board.md: each file, command, address and error that it names is there."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from package_parts import a_network, c_files, installed_tree

from base.records import ROOT
from firstspike_board import errors, places
from firstspike_board.chip import Result
from flow.handbook import MAKE, RUN, STUDY
from flow.reading import FIELDS
from package.wheel import tree
from spec.registers import MAGIC

PAGE = (ROOT / "docs" / "board.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
QUOTED = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
TARGETS = set(RUN | STUDY | MAKE)
BITSTREAM = {"firstspike/firstspike.bit", "firstspike/firstspike.hwh"}


def archived(folder: Path) -> set[str]:
    """Names in the archive, as archive.py has them; those of a bitstream as well."""
    return {"README.md", "board.md", "firstspike_board-<version>-py3-none-any.whl", *BITSTREAM,
            *(f"firstspike/{name}" for name in a_network(folder)), *(f"c/{name}" for name in c_files())}


def rows(title: str) -> list[list[str]]:
    """Cells of the table under the heading that begins so."""
    part = PAGE.split(f"\n## {title}")[1].split("\n## ")[0]
    table = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return table[2:]


def test_every_file_of_its_table_is_in_the_archive_and_none_is_left_out(tmp_path: Path) -> None:
    named = {name for row in rows("1.") for name in re.findall(r"`([^`]+)`", row[0])}
    assert named == archived(tmp_path)


def test_every_make_line_is_a_target_with_known_variables() -> None:
    lines = [line for _, block in BLOCKS for line in block.splitlines() if line.startswith("make ")]
    lines += [quote for quote in QUOTED if quote.startswith("make ")]
    assert len(lines) > 4
    for line in lines:
        _, target, *given = shlex.split(line, comments=True)
        assert target in TARGETS, line
        assert {word.split("=")[0] for word in given} <= set(FIELDS), line


def test_the_variables_it_gives_name_what_there_is() -> None:
    boards = {path.stem for path in (ROOT / "board").glob("*.toml")}
    named = set(re.findall(r"BOARD=([\w-]+)", PAGE))
    assert named
    assert named <= boards


def test_every_error_has_its_row_with_its_own_words() -> None:
    known = {name: found for name, found in vars(errors).items()
             if inspect.isclass(found) and issubclass(found, errors.BoardError) and found is not errors.BoardError}
    table = {row[0].strip("`"): row[1:] for row in rows("5.")}
    assert list(table) == list(known)
    for name, (says, what) in table.items():
        assert says == " ".join(str(known[name].__doc__).split()), name
        assert len(what) > 20, name


def test_every_address_is_the_drivers() -> None:
    addresses = {int(word, 16) for word in re.findall(r"\b0x([0-9A-Fa-f]+)\b", PAGE)}
    usual = {address for both in places.ADDRESSES.values() for address in both}
    assert addresses == {*usual, places.CHIP_SPAN, places.DMA_SPAN, MAGIC}
    assert {places.CHIP_ADDRESS, places.DMA_ADDRESS} <= usual
    assert f"BOARD_ADDRESS={places.BOARD_ADDRESS}" in PAGE
    assert f"`{places.DMA_LENGTH_PARAMETER}`, this design has {places.DMA_LENGTH_BITS}" in PAGE


@pytest.mark.parametrize("source", [block for kind, block in BLOCKS if kind == "python"])
def test_its_python_uses_what_there_is(source: str) -> None:
    tree = ast.parse(source, feature_version=(3, 10))
    fields = set(Result.__dataclass_fields__)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "result":
            assert node.attr in fields
        if isinstance(node, ast.keyword) and node.arg is not None:
            assert node.arg in ("fallback", "alone", "encoding")
    assert {name.split(".")[1] for name in QUOTED if re.fullmatch(r"result\.\w+", name)} <= fields


def test_its_program_is_the_one_of_the_archive() -> None:
    assert next(block for kind, block in BLOCKS if kind == "python") == (ROOT / "notebook" / "first.py").read_text()


def test_its_lines_of_measuring_run_in_order(tmp_path: Path) -> None:
    """On the golden model, so without what only a chip has."""
    lines = "\n".join([block for kind, block in BLOCKS if kind == "python"][1:])
    latency = [line for line in lines.splitlines() if "result.latency" in line]
    assert len(latency) == 1
    script = lines.replace(latency[0], "assert result.latency is None").replace(", fallback=False", "")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          env=installed_tree(tmp_path, tree(a_network(tmp_path / "spec"), {})), check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(" samples per second")


def test_what_it_says_of_scripts_and_reports_is_so() -> None:
    assert (ROOT / "overlay" / "build.tcl").is_file()
    assert "timing.txt" in (ROOT / "overlay" / "build.tcl").read_text()
    assert "not measured" in PAGE
    assert re.search(r"Nobody has run this\s+on a board yet", PAGE)
