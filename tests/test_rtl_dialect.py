"""The SystemVerilog speaks one dialect, and docs/units says what the heads of the units say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtl import pages
from rtl.emit import HERE, UNITS

SOURCES = [*sorted(UNITS.glob("*.sv")), HERE / "templates" / "top.sv.j2"]
FORBIDDEN = {
    "reg": r"\breg\b", "plain always": r"\balways\b", "a port by its own name": r"\.([a-z]\w*)\(\1\)",
    "a step written out": r"(\w+) = \1 \+ 1\)", "a message without a value": r"\$error\((?![^;]*%0d)",
}


def code(path: Path) -> str:
    """A source without its comments."""
    return re.sub(r"//.*", "", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_one_dialect(source: Path) -> None:
    text = code(source)
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []
    assert text.split()[:3:2] == ["`default_nettype", "module"]
    assert text.split()[1] == "none"
    assert text.endswith("endmodule\n`default_nettype wire\n")


def test_weights_and_scaling_have_one_module_each() -> None:
    reads = [path.name for path in SOURCES if re.search(r"\$readmemh\((WEIGHT_)?FILE", code(path))]
    assert reads == ["weight_rom.sv"]
    shifts = [path.name for path in SOURCES if re.search(r">>>|>> SHIFT", code(path))]
    assert shifts == []  # shift_clamp takes bits from SHIFT up


@pytest.mark.parametrize("name", ["dwconv", "pwconv", "integrator", "b1_layer", "readout", "weight_rom"])
def test_head_draws_the_rom_word(name: str) -> None:
    head = (UNITS / f"{name}.sv").read_text(encoding="utf-8").split("module ")[0]
    assert re.search(r"word.*(\n//)?.*\|.*\.\.\..*\|", head)


def test_pages_say_what_the_heads_say() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in pages.PAGES.glob("*.md")}
    assert found == pages.pages(), "python -m rtl.pages writes them"
    assert len(found) == len(SOURCES)  # a page per unit, none of the top, and the list


def test_every_parameter_and_port_is_on_its_page() -> None:
    for source in SOURCES[:-1]:
        text, page = code(source), pages.pages()[f"{source.stem}.md"]
        header = text[:text.index(");")]
        names = re.findall(r"parameter (?:integer )?(\w+)|logic .*?(\w+),?\s*$", header, re.MULTILINE)
        assert names
        assert [name for pair in names for name in pair if name and f"| `{name}` |" not in page] == []
