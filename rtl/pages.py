"""docs/units: one page per hardware unit, made from the head of its source. `python -m rtl.pages` writes them.

A head is the comment above `module`; its indented lines are drawings. Parameters and ports come with the comments
behind them.
"""

from __future__ import annotations

import re
from itertools import groupby

from base.files import write_text
from rtl.emit import UNITS

ROOT = UNITS.parents[1]
PAGES = ROOT / "docs" / "units"
PARAMETER = re.compile(r"^ +parameter (?:integer )?(\w+) = [^,/ ]+,? *(?:// (.*))?$", re.MULTILINE)
PORT = re.compile(r"^ +(input|output) +(?:wire )?logic +(?:signed +)?(?:\[ *([^]]*)\] +)?(\w+),? *(?:// (.*))?$",
                  re.MULTILINE)


def pages() -> dict[str, str]:
    """File name -> text of every page, README.md being the list of them."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(UNITS.glob("*.sv"))}
    rows = [f"| [{name}]({name}.md) | {_summary(text)} |" for name, text in texts.items()]
    note = "From the heads of [rtl/units](../../rtl/units) by `python -m rtl.pages`: change those, not these pages."
    listing = "\n".join(["# The hardware units", "", note, "", "| unit | what it is |", "|---|---|", *rows, ""])
    return {"README.md": listing, **{f"{name}.md": _page(name, text) for name, text in texts.items()}}


def write() -> None:
    """Write all pages and remove those of units that are gone."""
    made = pages()
    for path in PAGES.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        write_text(PAGES / name, text)


def _head(text: str) -> list[str]:
    """Lines of the comment at a source's beginning, without their slashes."""
    lines = text.splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("//"))
    return [line.removeprefix("//").removeprefix(" ") for line in lines[:end]]


def _summary(text: str) -> str:
    """The first sentence of a head."""
    return re.split(r"(?<=\.) |\.$", " ".join(_head(text)).strip(), maxsplit=1)[0].split(": ")[0].rstrip(".") + "."


def _page(name: str, text: str) -> str:
    source, body = f"rtl/units/{name}.sv", list[str]()
    for drawing, group in groupby(_head(text), key=lambda line: line.startswith("  ")):
        lines = list(group)
        body += ["", "```", *lines, "```", ""] if drawing else lines
    parts = [f"# {name}", "", f"From the head of [{source}](../../{source}). {_kernel(name)}", "", *body,
             *_table("parameter | meaning", [[f"`{found}`", told] for found, told in PARAMETER.findall(text)]),
             *_table("port | direction | bits | meaning", [[f"`{port}`", way, f"`{bits or 0}`", told]
                                                           for way, bits, port, told in PORT.findall(text)])]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _kernel(name: str) -> str:
    path = f"hls/kernels/{name}.hpp"
    return f"The same in C++: [{path}](../../{path})." if (ROOT / path).exists() else "No kernel of this name in C++."


def _table(head: str, rows: list[list[str]]) -> list[str]:
    rule = "|".join("---" for _ in head.split("|"))
    return ["", f"| {head} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


if __name__ == "__main__":
    write()
