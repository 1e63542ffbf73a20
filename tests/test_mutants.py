"""Faults of the RTL, one of each kind that once went unnoticed, and that every fault of the lists has its place."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import chip_bench
import pytest
from mutants import CAMPAIGNS, DOCUMENT, MUTANTS, mutate, notice
from mutants_base import Mutant
from mutants_conv import STRIDES
from mutants_cores import CORES
from mutants_early import EARLY

from rtl.emit import UNITS

NOTICED = {
    "axil_registers": ("strobes ignored", "flag cleared a cycle early", "a second write taken while an answer waits",
                       "no reset: bvalid_q", "no reset: rvalid_q", "write answer shown in reset"),
    "monitor": ("flag lost in the cycle of its clear", "busy for ever", "stage times from before a reset",
                "no reset: interval", "no reset: probing_q"),
    "transfer_in": ("one zero", "every sample its transfer's last", "beats taken while it fills up",
                    "no reset: fill_q"),
    "transfer_out": ("TLAST with every result", "all beats marked"),
    "axis_fifo": ("last lost", "no reset: take_q"),
    "top": ("no soft reset", "unit_encoder not reset by soft reset", "tags not reset by soft reset"),
    "encoder": ("no reset: clearing_q",),
    "dwconv": ("no reset: boundary_q",),
    "pwconv": ("bubbles accumulate",),
    "b1_layer": ("fires again",),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(program with all faults inside, folder of its network)."""
    folder = tmp_path_factory.mktemp("chip")
    return chip_bench.build(mutate(chip_bench.design(folder / "design"), folder / "broken")), folder / "design"


def test_each_kind_is_noticed(built: tuple[Path, Path]) -> None:
    numbers = {(mutant.unit, mutant.name): number for number, mutant in enumerate(MUTANTS)}
    assert notice(*built, -1, chip_bench.CHECKS[:2]) is None
    unnoticed = [(unit, name) for unit, names in NOTICED.items() for name in names
                 if notice(*built, numbers[unit, name]) is None]
    assert not unnoticed


def test_names_are_unique() -> None:
    names = Counter((mutant.unit, mutant.name) for mutants, _ in CAMPAIGNS.values() for mutant in mutants)
    assert max(names.values()) == 1


@pytest.mark.parametrize("mutants", [[*STRIDES, *CORES], EARLY], ids=["strides and cores", "early"])
def test_faults_of_other_networks_have_their_places(mutants: list[Mutant], tmp_path: Path) -> None:
    mutate(sorted(UNITS.glob("*.sv")), tmp_path, mutants)


@pytest.mark.parametrize("at", ["b <= «c»;", "a <= «d»;", "a «<= b;»"])
def test_a_fault_without_one_place_is_an_error(at: str, tmp_path: Path) -> None:
    source = tmp_path / "unit.sv"
    source.write_text("a <= b;\na <= b;\n")
    with pytest.raises(ValueError, match=re.escape(f"{at!r} occurs")):
        mutate([source], tmp_path / "broken", [Mutant("unit", "name", at, "0")])


def test_faults_of_an_unknown_unit_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mutants of gone: there is no such source"):
        mutate([], tmp_path, [Mutant("gone", "name", "a", "b")])


def test_faults_lie_behind_their_numbers(tmp_path: Path) -> None:
    source = tmp_path / "unit.sv"
    source.write_text("x <= a   && b;\nu (.rst, .c(d));\nq <= 0;\n")
    faults = [Mutant("unit", "0", "x <= «a && b»;", "1"), Mutant("unit", "1", "a && «b»", "e"),
              Mutant("unit", "2", "«.rst», .c", "0"), Mutant("unit", "3", ".rst, «.c(d)»", "e"),
              Mutant("unit", "4", "q <= 0;", ";"), Mutant("unit", "5", "x <= «a && b»;", "2")]
    text = mutate([source], tmp_path / "broken", faults)[-1].read_text()
    one = "(mutants_pkg::id == 1 ? (e) : (b))"
    zero = f"(mutants_pkg::id == 0 ? (1) : (a   && {one}))"
    assert text.endswith(
        f"x <= (mutants_pkg::id == 5 ? (2) : ({zero}));\n"
        "u (.rst(mutants_pkg::id == 2 ? (0) : rst), .c(mutants_pkg::id == 3 ? (e) : (d)));\n"
        "if (mutants_pkg::id == 4) begin ; end else begin q <= 0; end\n")


def test_the_table_is_of_these_faults() -> None:
    units = Counter(mutant.unit for mutants, _ in CAMPAIGNS.values() for mutant in mutants)
    rows = Counter[str]()
    for unit, count in re.findall(r"^\| `(\w+)` \| (\d+) \|", DOCUMENT.read_text(), re.M):
        rows[unit] += int(count)
    assert rows == units
