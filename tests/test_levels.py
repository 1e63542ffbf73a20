"""Logic levels between registers: what is counted, and that no unit of the default network has more than it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from many import some
from preset_nets import lowered
from test_synth import CACHE, needs_yosys

from rtl import levels
from rtl.emit import TOP, emit
from rtl.synth import Netlist, netlists

# Units that are still to be mended: these may shrink, never grow.
TOO_DEEP: set[str] = set()
TOO_WIDE: set[str] = set()


def cell(kind: str, parameters: dict[str, Any] | None = None, **pins: list[int | str]) -> dict[str, Any]:
    outputs = {"Q", "O", "CO", "P", "DO", "Q31", "DPO", "SPO"}
    return {"type": kind, "parameters": parameters or {}, "connections": pins,
            "port_directions": {pin: "output" if pin in outputs else "input" for pin in pins}}


def netlist(**cells: dict[str, Any]) -> Netlist:
    """One input x (net 2), one output y (net 9); flip-flops a (net 3) and b (net 4)."""
    ports = {"x": {"direction": "input", "bits": [2]}, "y": {"direction": "output", "bits": [9]}}
    return Netlist("u", ports, {"clock": cell("BUFG", I=[5], O=[1]), **cells}, {"x": [2], "y": [9], "a": [3], "b": [4]})


def flip_flop(d: int, q: int, ce: int | str = "1") -> dict[str, Any]:
    return cell("FDRE", C=[1], CE=[ce], D=[d], Q=[q], R=["0"])


def found(**cells: dict[str, Any]) -> dict[str, int]:
    """{START → END: levels} of a netlist."""
    unit, = levels.of_units([netlist(**cells)], count=20)
    return {f"{way.start.split()[0]} {way.start.split()[1]} → {way.end}": way.levels for way in unit.ways}


def test_a_path_goes_from_a_register_to_a_register() -> None:
    got = found(a=flip_flop(2, 3), l0=cell("LUT2", I0=[3], I1=["x"], O=[10]), l1=cell("LUT1", I0=[10], O=[11]),
                b=flip_flop(11, 4, ce=10), out=cell("MUXF7", I0=[4], I1=["0"], S=[11], O=[9]))
    assert got == {"port x[0] → u.a": 0, "u.a (FDRE) → u.b": 2, "u.a (FDRE) → u.b (CE of FDRE)": 1,
                   "u.a (FDRE) → port y[0]": 3}


def test_carry_is_a_level_for_four_bits_and_a_bit_hangs_on_no_higher_one() -> None:
    chain = {"a": flip_flop(2, 3), "b": flip_flop(4, 4),
             "c0": cell("CARRY4", CI=["0"], S=["0", "0", "0", 3], CO=[20, 21, 22, 23], O=[30, 31, 32, 33]),
             "c1": cell("CARRY4", CI=[23], S=["0"] * 4, CO=[24, 25, 26, 27], O=[34, 35, 36, 37])}
    assert "u.a (FDRE) → port y[0]" not in found(**chain, l=cell("LUT1", I0=[32], O=[9]))
    assert found(**chain, l=cell("LUT1", I0=[33], O=[9]))["u.a (FDRE) → port y[0]"] == 2
    assert found(**chain, l=cell("LUT1", I0=[37], O=[9]))["u.a (FDRE) → port y[0]"] == 3


@pytest.mark.parametrize(("registers", "wanted"), [
    ("AREG BREG MREG PREG", {"port x[0] → u.y (A of DSP48E1)": 0, "u.y (DSP48E1) → port y[0]": 0}),
    ("MREG PREG", {"port x[0] → u.y (inside DSP48E1)": 1, "u.y (DSP48E1) → port y[0]": 0}),
    ("AREG BREG PREG", {"u.y (DSP48E1) → u.y (inside DSP48E1)": 2}),
    ("AREG BREG MREG", {"u.y (DSP48E1) → port y[0]": 1}),
    ("", {"port x[0] → port y[0]": 2}),
])
def test_a_multiplier_without_its_register_counts(registers: str, wanted: dict[str, int]) -> None:
    parameters = {name: int(name in registers.split()) for name in ("AREG", "BREG", "MREG", "PREG")}
    cells = {"d": cell("DSP48E1", parameters, A=[2], B=[2], P=[9], CLK=[1])}
    assert wanted.items() <= found(**cells).items()
    unit, = levels.of_units([netlist(**cells)])
    missing = " ".join(name for name in ("AREG", "BREG", "MREG", "PREG") if not parameters[name])
    assert unit.unregistered == ((f"1 DSP48E1 without {missing}",) if missing else ())


def test_lut_memories_are_read_at_any_time_and_written_with_the_clock() -> None:
    ram = cell("RAM64X1D", A=[10], DPRA0=[3], D=[3], WE=[4], WCLK=[1], SPO=[11], DPO=[9])
    got = found(a=flip_flop(2, 3), b=flip_flop(11, 4), l=cell("LUT1", I0=[3], O=[10]), r=ram)
    assert got["u.a (FDRE) → port y[0]"] == 1
    assert got["u.a (FDRE) → u.b"] == 2
    assert got["u.a (FDRE) → u.y (A of RAM64X1D)"] == 1
    line = cell("SRLC32E", A=["1"] * 5, CE=["1"], D=[3], CLK=[1], Q=[9])
    assert set(found(a=flip_flop(2, 3), s=line)) == {"port x[0] → u.a", "u.a (FDRE) → u.y", "u.y (SRLC32E) → port y[0]"}


def test_a_loop_and_an_unknown_cell_are_defects() -> None:
    with pytest.raises(RuntimeError, match="combinational loop"):
        found(l=cell("LUT2", I0=[2], I1=[10], O=[11]), m=cell("LUT1", I0=[11], O=[10]))
    with pytest.raises(RuntimeError, match="got LATCH"):
        found(l=cell("LATCH", D=[2], Q=[9]))


def test_wide_nets_say_what_drives_them() -> None:
    many = {f"f{i}": flip_flop(3, 100 + i, ce=10) for i in range(levels.WIDE + 1)}
    unit, = levels.of_units([netlist(a=flip_flop(2, 3), l=cell("LUT1", I0=[3], O=[10]), **many)])
    widest = [(net.loads, net.driver) for net in unit.nets[:2]]
    assert widest == [(levels.WIDE + 2, "register"), (levels.WIDE + 1, "logic")]
    assert [net.loads for net in unit.wide_logic] == [levels.WIDE + 1]


def test_across_the_top_a_path_goes_through_ports() -> None:
    ports = {"i": {"direction": "input", "bits": [2]}, "o": {"direction": "output", "bits": [3]}}
    inner = Netlist("p", ports, {"l": cell("LUT1", I0=[2], O=[3])}, {})
    box = {"type": "unit_p", "parameters": {}, "port_directions": {"i": "input", "o": "output"},
           "connections": {"i": [3], "o": [10]}}
    outer = netlist(a=flip_flop(2, 3), unit_p=box, l=cell("LUT1", I0=[10], O=[11]), b=flip_flop(11, 4))
    deepest = levels.across([inner, outer])[0]
    assert (deepest.levels, deepest.start, deepest.end) == (2, "u.a (FDRE)", "u.b")
    assert [unit.most for unit in levels.of_units([inner, outer])] == [1, 1]


@needs_yosys
@pytest.mark.parametrize("bits", some([8, 4], [8]))
def test_default_network_keeps_its_levels(bits: int, tmp_path: Path) -> None:
    emitted = emit(lowered("default", bits, tmp_path / "model.onnx"), tmp_path)
    found = netlists(emitted, TOP, tmp_path, CACHE)
    units = levels.of_units(found)
    print(levels.report(units, levels.across(found)))
    assert {unit.unit for unit in units if unit.most > levels.LIMIT} <= TOO_DEEP
    assert {unit.unit for unit in units if unit.wide_logic} <= TOO_WIDE
