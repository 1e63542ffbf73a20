"""Proofs of the stream units by SymbiYosys (tests/proving.py), each of which notices a fault that is planted.

`prove`: by induction, for ever. `bmc`: for all inputs and stalls in the first cycles after reset, which hold a whole
sample of a small unit. What a property says is written over it, in tests/proofs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proving import Fault, Proof, run
from synthetic import make_spec

from rtl.emit import UNITS, parameters, rom_files
from rtl.rom import pack
from spec.units import B1Layer, Unit

SPEC = make_spec(bits=4, channels=2, height=2, width=2, blocks=(2,), hidden=(2,), act_bits=4)
POINTWISE = SPEC.blocks[0][1]
DEPTHWISE = make_spec(bits=4, channels=1, height=2, width=2, blocks=(2,), hidden=(2,), act_bits=4).blocks[0][0]


def of_spec(unit: Unit, properties: str, depth: int, faults: tuple[Fault, ...], constants: str = "",
            **instead: int) -> Proof:
    """A proof of a unit of SPEC, with its ROMs, `instead` of some of its parameters."""
    values = {**SPEC.parameters(unit), **rom_files(unit), **instead}
    return Proof(unit.module, tuple(properties.split()),
                 {name: f'"{value}"' if isinstance(value, str) else value for name, value in values.items()},
                 "bmc", depth, faults, constants=constants, faults_depth=depth, rom=unit,
                 uses=tuple(path.stem for path in sorted(UNITS.glob("*.sv"))
                            if path.stem not in (unit.module, "axil_registers")))


def sample(beats_in: int, beats_out: int, quiet: int) -> str:
    """What counts.sv asks for: beats of a sample, and cycles until a unit that nothing enters or stalls is empty."""
    return f"localparam integer SAMPLE_IN = {beats_in}, SAMPLE_OUT = {beats_out}, QUIET = {quiet};\n"


def of_layer(core: str, pe: int, depth: int, faults: tuple[Fault, ...]) -> Proof:
    """Of a B1 layer of 2 inputs and 2 neurons, `pe` at once, with core shift or dsp: every value that it sends."""
    layer = B1Layer("b1", 2, 2, 3, 2, 1, np.array([[3, -4], [-3, 2]]), np.array([1, -2]), core, pe)
    weights, biases = pack(layer.weight.T.reshape(-1), 3), pack(layer.bias, layer.acc_bits)
    values = {name: f'"{value}"' if isinstance(value, str) else value for name, value in parameters(layer).items()}
    return Proof(layer.module, ("stream", "earliness"), values, "bmc", depth, faults, faults_depth=depth, rom=layer,
                 uses=tuple(path.stem for path in sorted(UNITS.glob("*.sv"))
                            if not path.stem.startswith((layer.module, "axil"))),
                 constants=f"localparam [11:0] WEIGHTS = 12'h{weights:x};\n"
                           f"localparam [2*ACC_W-1:0] BIASES = {2 * layer.acc_bits}'h{biases:x};\n")


PROOFS = [
    Proof("axis_register", ("stream", "axis_register"), {"DATA_W": 3}, "prove", 3, (
        ("if (!skid_valid_q) skid_q", "skid_q"), ("out_free = m_axis_tready ||", "out_free = "))),
    Proof("fifo", ("stream", "fifo"), {"DATA_W": 1, "DEPTH": 8, "MARGIN": 4}, "prove", 4, (
        ("get = some_q &&", "get = "), ("<= (PLACE_W + 1)'(DEPTH - MARGIN)", "<= (PLACE_W + 1)'(DEPTH - MARGIN + 1)"))),
    Proof("axis_fifo", ("stream", "axis_fifo"), {"DATA_W": 2, "DEPTH": 4}, "prove", 3, (
        ("put_q != (take_q ^ (PLACE_W + 1)'(DEPTH))", "1'b1"), ("if (take) take_q", "if (m_axis_tready) take_q"))),
    Proof("transfer_in", ("stream", "transfer_in"), {"DATA_W": 2, "BEATS": 3}, "prove", 4, (
        ("fill_q <= !last_q && tag_last", "fill_q <= 1'b0"), ("go && !fill_q", "go")), uses=("axis_register",)),
    Proof("transfer_in", ("stream", "transfer_in"), {"DATA_W": 1, "BEATS": 1}, "prove", 4, (
        ("last_q <= BEATS == 1;", "last_q <= 1'b0;"),), uses=("axis_register",)),
    Proof("transfer_out", ("stream", "transfer_out"), {}, "prove", 4, (
        ("(!last || tag_valid) && !rst", "!rst"), ("last && tag_invalid", "tag_invalid")), uses=("axis_register",)),
    Proof("axil_registers", ("axil_registers",), {"STAGES": 2, "SPIKING": 1, "COUNT_W": 4, "INDEX_W": 1,
                                                "IDENTITY_FILE": '"rom/identity.hex"'}, "prove", 3, (
        ("rvalid_q && !s_axi_rready", "1'b0"), ("s_axi_wvalid && !bvalid_q", "s_axi_wvalid"),
        ("!reading_q && !rvalid_q && !rst", "!rvalid_q && !rst")), map_of=SPEC),
    Proof("axil_stream", ("axil_stream",), {"IN_DEPTH": 2, "OUT_DEPTH": 2}, "bmc", 12, (
        ("put           = to_put && room_q != 0", "put           = to_put"),
        ("m_axi_rready  = s_axi_rready && read_passed_q", "m_axi_rready  = 1'b1"),
        ("read_free = !read_here_q && !read_passed_q && !rst", "read_free = !read_passed_q && !rst"),
        ("came != take", "came")), uses=("axis_fifo",), map_of=SPEC),
    Proof("result_fifo", ("stream", "result_fifo"), {"DATA_W": 1, "BEATS": 2, "LATENCY": 3}, "prove", 4, (
        ("(reserve ? LEFT_W'(2 * BEATS) :", "(1'b0 ? LEFT_W'(2 * BEATS) :"),
        ("if (out_free && filled) read_q", "if (filled) read_q")), faults_depth=16),
    Proof("monitor", ("begun", "monitor"), {"STAGES": 2, "SPIKING": 1, "SPIKING_STAGE": 1, "COUNT_W": 4, "INDEX_W": 1},
          "prove", 3, (("failed && !clear", "failed"), ("stage_last_q[SPIKING_STAGE+u] ? 0 : count;", "count;"))),
    Proof("replay", ("stream", "replay"), {"DATA_W": 2, "BEATS": 2, "PASSES": 2}, "bmc", 15, (
        ("beat[DATA_W] && last_pass_q", "beat[DATA_W]"), ("last_beat_q && !last_pass_q ? start_q", "1'b0 ? start_q"),
        ("give = out_free && read_q", "give = read_q")), faults_depth=15),
    Proof("unpack", ("stream", "counts"), {"SLOTS": 4, "VALUE_W": 2, "LANES": 3, "VALUES": 6}, "bmc", 14, (
        ("m_axis_tvalid = count_q >=", "m_axis_tvalid = count_q >"),), constants=sample(2, 2, 4)),
    Proof("encoder", ("stream", "encoder"), {"FEATURES": 3, "IN_W": 2, "IN_SIGNED": 0, "TIME_W": 2,
                                             "V_MIN": 0, "SHIFT": 0, "INDEX_W": 2}, "bmc", 18, (
        ("live_q && follow ?", "follow ?"),), uses=("shift_clamp",), faults_depth=18),
    Proof("spike_serializer", ("stream", "spike_serializer"), {"NEURONS": 10, "PE": 10, "INDEX_W": 4}, "bmc", 10, (
        ("after == 0 ? 0 : sent_q | picked", "sent_q | picked"), ("lowest = pending_q & ~rest", "lowest = pending_q"))),
    of_spec(SPEC.layers[0], "stream once", 22, (("reached & ~(first_q[SHOWN] ? '0 : fired)", "reached"),), TIME_W=2),
    of_layer("dsp", 2, 20, ((".reopen(finished)", ".reopen(1'b1)"), (".last, .room,", ".last(1'b1), .room,"))),
    of_layer("shift", 1, 20, (("valid_q && (last_q || x_q != 0)", "valid_q"),)),
    of_spec(DEPTHWISE, "begun counts", 28, (("boundary_q <= boundary_d", "boundary_q <= 1'b0"),), sample(4, 4, 20)),
    of_spec(POINTWISE, "begun counts", 28, (("bank_tlast_q && out_last_q", "bank_tlast_q"),), sample(8, 8, 16)),
    of_spec(SPEC.readout, "stream reads", 20, (
        ("last_q <= next == BEAT_W'(CLASSES)", "last_q <= beat_q == BEAT_W'(CLASSES)"),)),
]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.unit}-{proof.mode}-{proof.depth}")
def test_holds(proof: Proof, tmp_path: Path) -> None:
    said = run(proof, tmp_path / "proof")
    assert said.startswith("PASS"), said


@pytest.mark.parametrize(("proof", "fault"), [(proof, fault) for proof in PROOFS for fault in proof.faults],
                         ids=lambda given: given.unit if isinstance(given, Proof) else given[1][:24])
def test_notices(proof: Proof, fault: Fault, tmp_path: Path) -> None:
    said = run(proof, tmp_path / "proof", fault)
    assert said.startswith("FAIL"), said
