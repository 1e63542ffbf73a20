"""Every pragma of the generated sources is one that Vitis HLS accepts where it stands; planted errors are found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hls_pragmas import pipelined, read
from synthetic import make_spec

from hls.emit import emit
from hls.schedule import LOOPS
from spec.fold import fold

SPECS = {
    "ticks": make_spec(hidden=(70, 8)),
    "dsp": fold(make_spec(), (2, 4), (3, 1), (4, 2), 2, "dsp", (4, 8), 1, "lut"),
}


@pytest.fixture(scope="module", params=SPECS)
def sources(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pragmas")
    emit(SPECS[request.param], folder)
    return sorted([*folder.glob("kernels/*.hpp"), folder / "weights.hpp", folder / "top.cpp"])


def test_every_pragma_is_accepted(sources: list[Path]) -> None:
    problems, seen = [], 0
    for path in sources:
        root, wrong = read(path.read_text())
        problems += [f"{path.name}:{problem}" for problem in wrong]
        seen += sum(len(block.pragmas) for block in root.inside())
    assert not problems, "\n".join(problems)
    assert seen == sum(path.read_text().count("#pragma HLS") for path in sources)


def test_every_pipelined_loop_has_its_schedule(sources: list[Path]) -> None:
    found = {}
    for path in sources:
        found |= pipelined(read(path.read_text())[0])
    assert found == {name: loop.ii for name, loop in LOOPS.items()}


def test_the_top_overlaps_calls_and_one_process_alone_writes_registers(sources: list[Path]) -> None:
    root, _ = read(next(path for path in sources if path.name == "top.cpp").read_text())
    top = next(block for block in root.inside() if block.name == "firstspike")
    modes = {(options["mode"], options["port"]) for _, directive, options in top.pragmas if directive == "INTERFACE"}
    assert {("ap_ctrl_chain", "return"), ("s_axilite", "return")} <= modes
    registers = [port for mode, port in modes if mode == "s_axilite" and port != "return"]
    for register in registers:
        writers = [statement for statement in top.statements if f" {register}" in statement]
        assert [writer.split("(")[0] for writer in writers] == ["report"]


PLANTED = {
    "PIPELINE II=1": ("PIPELINED II=1", "PIPELINED is no directive"),
    "PIPELINE II=1\n#pragma HLS LOOP_TRIPCOUNT min=FEWEST max=MOST": ("PIPELINE II=1", "no LOOP_TRIPCOUNT"),
    "LOOP_TRIPCOUNT min=FEWEST max=MOST": ("LOOP_TRIPCOUNT min=FEWEST max=Cfg::WINDOW+1", "is no number"),
    "ARRAY_PARTITION variable=potential type=complete": (
        "ARRAY_PARTITION variable=potentials type=complete", "is not declared before"),
    "ARRAY_PARTITION variable=potential": ("ARRAY_PARTITION potential", "no option potential"),
    "STREAM variable=fires type=fifo depth=2": ("STREAM variable=fires type=queue depth=2", "type=queue"),
    "#pragma HLS STREAM variable=groups type=fifo depth=2\n": ("", "groups has no depth"),
    "ticks:\n": ("", "a loop has no label"),
    "    b1_groups<Cfg>(fires, groups);": ("    if (true) { b1_groups<Cfg>(fires, groups); }", "a block in a dataflow"),
    "    b1_spikes<Cfg>(groups, out, counted);": (
        "    int n = 0;\n    b1_spikes<Cfg>(groups, out, counted);", "no channel and no call"),
    "        out.write(reached & ~fired);": ("#pragma HLS PIPELINE II=1\n        out.write(reached & ~fired);",
                                             "PIPELINE: after a statement"),
    "    ap_uint<N> fired = 0;": ("#pragma HLS UNROLL\n    ap_uint<N> fired = 0;", "stands in no loop's body"),
    "    flags:\n": ("    flags:\n#pragma HLS INTERFACE mode=axis port=in\n", "only at the top function"),
    "    constexpr int N = Cfg::OUT_FEATURES;\n": (
        "    constexpr int N = Cfg::OUT_FEATURES;\n#pragma HLS INLINE\n", "INLINE: after a statement"),
    "select:\n        for (int group = 0; group < group_t::COUNT; ++group) {\n#pragma HLS UNROLL\n": (
        "select:\n        for (int group = 0; group < group_t::COUNT; ++group) {\n", "neither pipelined, nor unrolled"),
}


@pytest.mark.parametrize("old", PLANTED)
def test_a_planted_error_is_found(old: str) -> None:
    text = (Path(__file__).parents[1] / "hls" / "kernels" / "b1_layer.hpp").read_text()
    new, problem = PLANTED[old]
    assert old in text
    wrong = read(text.replace(old, new))[1]
    assert any(problem in what for what in wrong), wrong
