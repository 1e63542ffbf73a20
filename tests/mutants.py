"""Hand-made faults of the RTL, all in one build, and the tests that must notice each: `make faults`.

A mutant is a place in a source, a text around which «» mark what is replaced, and what replaces it. The
chip is built once with all of them inside, each behind a comparison with a number that +mutant=N sets:

    valid_q <= fetch        ->        valid_q <= (mutants_pkg::id == 7 ? (1'b1) : (fetch))

A text that does not occur exactly once is an error, so that no mutant is lost when a unit is rewritten.
`python -m mutants` runs every check of the chip's bench (tests/chip) on each, and writes the table in
docs/verification.md; it exits 1 where a mutant survives that is not argued to change nothing. `python -m mutants cores`
does so for the units of the cores shift and dsp, in a network of each; `python -m mutants early` for the read-out that
decides early.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import chip_bench
from mutants_base import Mutant
from mutants_conv import STRIDES
from mutants_cores import CORES
from mutants_early import EARLY
from mutants_shell import SHELL
from mutants_units import UNITS

from base.files import write_text
from spec.netspec import NetSpec

MUTANTS = [*SHELL, *UNITS]
# What a campaign is called -> its faults, and the networks that they are tried in.
CAMPAIGNS: dict[str, tuple[Sequence[Mutant], Sequence[NetSpec]]] = {
    "chip": (MUTANTS, [chip_bench.SPEC]), "strides": (STRIDES, [chip_bench.STRIDED]),
    "cores": (CORES, chip_bench.CORES), "early": (EARLY, chip_bench.EARLY),
}
DOCUMENT = Path(__file__).parents[1] / "docs" / "verification.md"
START, END = "<!-- make faults: {} -->\n", "<!-- end -->\n"
TIMEOUT_S = 600.0  # of one check, which takes some seconds on an idle machine
PACKAGE = "package mutants_pkg;\n    int id;\nendpackage\n"
SELECT = '    initial if ($value$plusargs("mutant=%d", mutants_pkg::id) == 0) mutants_pkg::id = -1;\nendmodule\n'
# A break may leave something unused, of another width, or in a loop: none of this is what the tests are about.
WARNINGS = ("UNUSEDSIGNAL", "UNUSEDPARAM", "WIDTHTRUNC", "WIDTHEXPAND", "UNOPTFLAT", "CMPCONST", "UNSIGNED")


@dataclass(frozen=True)
class Edit:
    """Text start:end of a source is replaced, if mutant `number` is chosen."""

    start: int
    end: int
    number: int
    new: str


def mutate(sources: Sequence[Path], folder: Path, mutants: Sequence[Mutant] = MUTANTS) -> list[Path]:
    """Copies of `sources` in `folder` with all mutants inside. Raises ValueError where one has no place."""
    unknown = {mutant.unit for mutant in mutants} - {source.stem for source in sources}
    if unknown:
        raise ValueError(f"mutants of {', '.join(sorted(unknown))}: there is no such source")
    package = folder / "mutants_pkg.sv"
    write_text(package, PACKAGE)
    made = [package]
    for source in sources:
        text = source.read_text()
        edits = [_locate(text, mutant, number) for number, mutant in enumerate(mutants) if mutant.unit == source.stem]
        text = _render(text, 0, len(text), edits)
        if source.stem == "top":
            text = text.replace("endmodule\n", SELECT)
        made.append(folder / source.name)
        write_text(made[-1], "".join(f"// verilator lint_off {warning}\n" for warning in WARNINGS) + text)
    return made


def _locate(text: str, mutant: Mutant, number: int) -> Edit:
    """Where the mutant's text stands, whatever the white space."""
    pattern = "".join(f"({_flexible(part)})" for part in mutant.parts)
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise ValueError(f"{mutant.unit}: {mutant.name}: {mutant.at!r} occurs {len(found)} times, expected once")
    return Edit(*found[0].span(2), number, mutant.new)


def _flexible(part: str) -> str:
    return r"\s+".join(re.escape(word) for word in re.split(r"\s+", part))


def _render(text: str, start: int, end: int, edits: list[Edit]) -> str:
    """text[start:end] with the edits inside it; those within another one lie in its unbroken branch."""
    out, place = "", start
    while edits:
        outer = min(edits, key=lambda edit: (edit.start, -edit.end))
        same = [edit for edit in edits if (edit.start, edit.end) == (outer.start, outer.end)]
        inner = [edit for edit in edits if edit not in same and edit.start < outer.end]
        if any(edit.end > outer.end for edit in inner):
            raise ValueError(f"mutant {outer.number} overlaps another one: {text[outer.start:outer.end]!r}")
        edits = [edit for edit in edits if edit not in same and edit not in inner]
        new = _render(text, outer.start, outer.end, inner)
        for edit in same:
            new = _either(edit, new)
        out += text[place:outer.start] + new
        place = outer.end
    return out + text[place:end]


def _either(edit: Edit, old: str) -> str:
    """The mutant's text if it is chosen, else `old`: a statement, a named port, or an expression."""
    chosen = f"mutants_pkg::id == {edit.number}"
    if old.endswith(";"):
        return f"if ({chosen}) begin {edit.new} end else begin {old} end"
    port = re.fullmatch(r"\.(\w+)(\(.*\))?", old, re.DOTALL)
    if port:
        return f".{port[1]}({chosen} ? ({edit.new}) : {port[2] or port[1]})"
    return f"({chosen} ? ({edit.new}) : ({old}))"


def notice(program: Path, folder: Path, number: int, checks: Sequence[str] = chip_bench.CHECKS) -> str | None:
    """What the first check that fails says of mutant `number`, or None where all pass."""
    for check in checks:
        try:
            said = chip_bench.run(program, folder, check, f"+mutant={number}", timeout_s=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return f"{check}: no end"
        if said is not None:
            return said
    return None


def built(folder: Path, mutants: Sequence[Mutant], specs: Sequence[NetSpec]) -> list[tuple[Path, Path]]:
    """(program, folder of the design) of each network, with all mutants inside."""
    designs = [folder / f"design-{place}" for place in range(len(specs))]
    return [(chip_bench.build(mutate(chip_bench.design(design, spec), design / "broken", mutants), spec), design)
            for design, spec in zip(designs, specs, strict=True)]


def campaign(mutants: Sequence[Mutant], specs: Sequence[NetSpec]) -> dict[int, str | None]:
    """Number of each mutant, and of the unbroken designs as -1 -> what noticed it, in the first network that does."""
    with tempfile.TemporaryDirectory(prefix="firstspike-") as scratch:
        programs, noticed = built(Path(scratch), mutants, specs), {}
        for number in range(-1, len(mutants)):
            said = (notice(program, design, number) for program, design in programs)
            noticed[number] = next((words for words in said if words is not None), None)
            if number >= 0:
                print(f"{mutants[number].unit}: {mutants[number].name}: {noticed[number] or 'SURVIVES'}", flush=True)
    return noticed


def table(noticed: dict[int, str | None], mutants: Sequence[Mutant]) -> str:
    """Markdown: per unit what was broken and noticed, then those that change nothing."""
    lines = ["| unit | faults | noticed | not noticed, for a reason |", "|---|---|---|---|"]
    units = list(dict.fromkeys(mutant.unit for mutant in mutants))
    for unit in [*units, ""]:
        of = [number for number, mutant in enumerate(mutants) if unit in (mutant.unit, "")]
        seen = sum(noticed[number] is not None for number in of)
        same = sum(bool(mutants[number].equivalent) for number in of)
        lines.append(f"| {f'`{unit}`' if unit else 'all'} | {len(of)} | {seen} | {same} |")
    lines += ["", "Not noticed, and why:", ""]
    lines += [f"- `{mutant.unit}`, {mutant.name}: {mutant.equivalent}." for mutant in mutants if mutant.equivalent]
    return "\n".join([*lines, ""])


def main(name: str) -> int:
    mutants, specs = CAMPAIGNS[name]
    noticed = campaign(mutants, specs)
    wrong = [f"{mutant.unit}: {mutant.name}: " + ("changes something after all" if mutant.equivalent else "survives")
             for number, mutant in enumerate(mutants) if (noticed[number] is not None) == bool(mutant.equivalent)]
    if noticed[-1] is not None:
        wrong.insert(0, f"the unbroken design fails: {noticed[-1]}")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    if not wrong:
        start = START.format(name)
        before, rest = DOCUMENT.read_text().split(start)
        old, after = rest.split(END, maxsplit=1)
        del old
        write_text(DOCUMENT, before + start + table(noticed, mutants) + END + after)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(max([main(name) for name in sys.argv[1:] or CAMPAIGNS]))
