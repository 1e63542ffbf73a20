"""Every pragma of the generated sources is one that Vitis HLS accepts where it stands; planted errors are found."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hls_pragmas import pipelined, read
from synthetic import make_spec

from hls.emit import HERE, emit
from hls.schedule import LOOPS
from spec.fold import fold

SHIM = HERE / "shim"
KERNELS = sorted(path for path in (HERE / "kernels").glob("*.hpp") if path.stem != "pragmas")
SPECS = {
    "ticks": make_spec(hidden=(70, 8)),
    "folded": fold(make_spec(), (2, 4), pe=(4, 8), neurons=(4, 2), multipliers="packed"),
    "dsp": fold(make_spec(), (2, 4), (3, 1), (4, 2), 2, "dsp", (4, 8), 1, "lut"),
}


@pytest.fixture(scope="module", params=SPECS)
def sources(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pragmas")
    emit(SPECS[request.param], folder)
    headers = [path for path in folder.glob("kernels/*.hpp") if path.name != "pragmas.hpp"]
    return sorted([*headers, folder / "weights.hpp", folder / "top.cpp"])


def test_every_pragma_is_accepted(sources: list[Path]) -> None:
    problems, seen = [], 0
    for path in sources:
        root, wrong = read(path.read_text())
        problems += [f"{path.name}:{problem}" for problem in wrong]
        seen += sum(len(block.pragmas) for block in root.inside())
    assert not problems, "\n".join(problems)
    assert seen == sum(len(re.findall(r"^ *(?:HLS|CHANNEL)\(", path.read_text(), re.MULTILINE)) for path in sources)


def preprocessed(path: Path, *options: str) -> list[list[str]]:
    """What pragmas a compiler finds in a source: the words of each, in order."""
    text = "\n".join(line for line in path.read_text().split("\n") if not line.startswith("#include"))
    command = ["g++", "-E", "-P", "-x", "c++", "-include", str(path.parent / "pragmas.hpp"), f"-I{SHIM}", *options, "-"]
    found = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return [line.split()[2:] for line in found.splitlines() if line.startswith("#pragma HLS")]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_the_macros_are_what_is_read(path: Path) -> None:
    """INLINE, which is a macro elsewhere, is none of a directive's name."""
    blocks = read(path.read_text())[0].inside()
    wanted = [(line, [directive.lower(), *(key if value is None else f"{key}={value}"
                                           for key, value in options.items())])
              for block in blocks for line, directive, options in block.pragmas]
    assert preprocessed(path, "-DINLINE=inline") == [words for _, words in sorted(wanted)]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_bambu_is_told_nothing(path: Path) -> None:
    """Its pragmas have other places in the text: what it needs is written by hls/bambu.py."""
    assert not preprocessed(path, "-DFOR_BAMBU")


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
    "PIPELINE, II=1": ("PIPELINED, II=1", "PIPELINED is no directive"),
    "PIPELINE, II=1)\n        HLS(LOOP_TRIPCOUNT, min=FEWEST max=MOST)": ("PIPELINE, II=1)", "no LOOP_TRIPCOUNT"),
    "LOOP_TRIPCOUNT, min=FEWEST max=MOST": ("LOOP_TRIPCOUNT, min=FEWEST max=Cfg::WINDOW+1", "is no number"),
    "ARRAY_PARTITION, variable=potential type=complete": (
        "ARRAY_PARTITION, variable=potentials type=complete", "is not declared before"),
    "ARRAY_PARTITION, variable=potential": ("ARRAY_PARTITION, potential", "no option potential"),
    "    HLS(ARRAY_PARTITION, variable=potential": (
        "#pragma HLS ARRAY_PARTITION variable=potential", "is not behind kernels/pragmas.hpp"),
    "CHANNEL(fires, 2,": ("CHANNEL(fires, DEEP,", "depth=DEEP is no number and no constant in scope"),
    "    CHANNEL(groups, 2, b1_group<Cfg>)\n": (
        '    hls::stream<b1_group<Cfg>> groups("groups");\n', "groups has no depth"),
    "ticks:\n": ("", "a loop has no label"),
    "    b1_groups<Cfg>(fires, groups);": ("    if (true) { b1_groups<Cfg>(fires, groups); }", "a block in a dataflow"),
    "(fires, groups);": ("(fires, groups);\n    b1_spikes<Cfg>(groups, out, counted);", "groups is of 3 processes"),
    "    b1_spikes<Cfg>(groups, out, counted);": (
        "    int n = 0;\n    b1_spikes<Cfg>(groups, out, counted);", "no channel and no call"),
    "        out.write(reached & ~fired);": ("        HLS(PIPELINE, II=1)\n        out.write(reached & ~fired);",
                                             "PIPELINE: after a statement"),
    "    ap_uint<N> fired = 0;": ("    HLS(UNROLL)\n    ap_uint<N> fired = 0;", "stands in no loop's body"),
    "flags:\n": ("flags:\n    HLS(INTERFACE, mode=axis port=in)\n", "only at the top function"),
    "    constexpr int N = Cfg::OUT_FEATURES;\n": (
        "    constexpr int N = Cfg::OUT_FEATURES;\n    HLS(INLINE)\n", "INLINE: after a statement"),
    "select:\n    for (int group = 0; group < Group::COUNT; ++group) {\n        HLS(UNROLL)\n": (
        "select:\n    for (int group = 0; group < Group::COUNT; ++group) {\n", "neither pipelined, nor unrolled"),
}


@pytest.mark.parametrize("old", PLANTED)
def test_a_planted_error_is_found(old: str) -> None:
    text = (Path(__file__).parents[1] / "hls" / "kernels" / "b1_layer.hpp").read_text()
    new, problem = PLANTED[old]
    assert old in text
    wrong = read(text.replace(old, new))[1]
    assert any(problem in what for what in wrong), wrong
