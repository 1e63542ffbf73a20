"""Bitstreams that are not there, not whole or not the spec's, and the window of a chip whose way in it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from board_cases import Bench, changed, copied, fault, reads

from firstspike_board import errors
from spec.registers import REGISTERS

WINDOW = {name: register.address() for name, register in REGISTERS.items()}


@fault(errors.NoBitstream, "none.bit: not there", loads=True)
def bitstream_missing(bench: Bench) -> None:
    bench.load(bench.folder / "none.bit")


@fault(errors.NoBitstream, "firstspike.bit: not loaded: Expecting value", loads=True)
def bitstream_garbled(bench: Bench) -> None:
    path = copied(bench, "garbled")
    path.write_text("\0" * 100)
    bench.load(path)


@fault(errors.NoBitstream, "firstspike.bit: not loaded", loads=True)
def handoff_garbled(bench: Bench) -> None:
    bench.load(copied(bench, "handoff", "<EDKSYSTEM>"))


@fault(errors.NoBitstream, "its .hwh has no firstspike_top", loads=True)
def handoff_of_another_design(bench: Bench) -> None:
    text = bench.bitstream.with_suffix(".hwh").read_text()
    bench.load(copied(bench, "design", text.replace("firstspike_top", "something_else")))


@fault(errors.NoBitstream, "the chip has streams, and the design no AXI DMA", loads=True)
def handoff_without_a_dma(bench: Bench) -> None:
    text = bench.bitstream.with_suffix(".hwh").read_text()
    bench.load(copied(bench, "without", text.replace(":axi_dma:", ":axi_cdma:")))


@fault(errors.NoBitstream, "got no .hwh beside it, and a processor riscv64, expected", loads=True)
def no_handoff_for_another_processor(bench: Bench) -> None:
    own, bench.board.arch = bench.board.arch, "riscv64"
    try:
        bench.load(copied(bench, "processor", ""))
    finally:
        bench.board.arch = own


@fault(errors.WrongDigest, "DIGEST: got 0x.*lowered on 00000000, expected 0x.*: the same shape, other", loads=True)
def wrong_digest(bench: Bench) -> None:
    bench.load(bench.folder / "weights" / "firstspike.bit")


@fault(errors.OtherNetwork, r"bitstream of another network: BITS \(.*classes 2\)", loads=True)
def bitstream_of_another_network(bench: Bench) -> None:
    bench.load(bench.folder / "network" / "firstspike.bit")


def read_as(bench: Bench, name: str, word: int) -> Any:
    return reads(bench, bench.board.chip_address + WINDOW[name], lambda _: word)


@fault(errors.NoChip, "MAGIC: got 0xffffffff, expected 0x4653504b: no firstspike chip", loads=True)
def another_chip(bench: Bench) -> None:
    with read_as(bench, "MAGIC", 0xFFFF_FFFF):
        bench.load()


@fault(errors.NoChip, "VERSION: got 1, expected 2: a chip with another register map", loads=True)
def another_map(bench: Bench) -> None:
    with read_as(bench, "VERSION", 1):
        bench.load()


@fault(errors.SelfTestFailed, "known sample .*: got .*expected", loads=True)
def a_bit_of_a_weight_is_wrong(bench: Bench) -> None:
    design = Path(json.loads(bench.bitstream.read_text())["folder"])
    folder = bench.folder / "flipped"
    shutil.copytree(design, folder)
    path = folder / "rom" / "readout_start.hex"
    lines = path.read_text().splitlines()
    lines[-1] = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    path.write_text("\n".join([*lines, ""]))
    bench.load(copied(bench, "flip", folder=str(folder)))


# ---- the window

@fault(errors.InputNotTaken, "the chip does not take all of the input", "registers")
def window_has_no_room(bench: Bench) -> None:
    with read_as(bench, "WINDOW_STATUS", 0):
        bench.chip.classify(bench.words)


@fault(errors.NoResult, "the chip has taken all of the input, 0 of 4 beats came", "registers")
def window_gives_no_result(bench: Bench) -> None:
    with read_as(bench, "WINDOW_STATUS", 64):
        bench.chip.classify(bench.words)


def before_the_last(bench: Bench, then: Any) -> Any:
    """Something happens before a sample's last beat is written."""
    from simboard.device import Board

    whole = Board._write

    def write(address: int, word: int) -> None:
        if address == bench.board.chip_address + WINDOW["WINDOW_LAST"]:
            then()
        whole(bench.board, address, word)
    return changed(bench.board, "_write", write)


@fault(errors.BeatLost, "a beat was written without room, or read where none was", "registers")
def somebody_reads_an_empty_window(bench: Bench) -> None:
    with before_the_last(bench, lambda: bench.board.process.read(WINDOW["WINDOW_OUT"])):
        bench.chip.classify(bench.words)


@fault(errors.BeatLost, "a beat was written without room", "registers")
def somebody_writes_half_a_word(bench: Bench) -> None:
    with before_the_last(bench, lambda: bench.board.process.write(WINDOW["WINDOW_IN"], 1, 0b0011)):
        bench.chip.classify(bench.words)


@fault(errors.TlastMissing, "the last of 4 beats of a result has no TLAST", "registers")
def somebody_writes_a_beat_as_well(bench: Bench) -> None:
    with before_the_last(bench, lambda: bench.board.process.write(WINDOW["WINDOW_IN"], 1)):
        bench.chip.classify(bench.words)


@fault(errors.ResetInFlight, "the chip was reset", "registers")
def soft_reset_in_flight(bench: Bench) -> None:
    with before_the_last(bench, lambda: bench.board.process.write(WINDOW["CONTROL"], 1)):
        bench.chip.classify(bench.words)


@fault(errors.WrongResult, "got class", "registers")
def a_result_changes_on_its_way(bench: Bench) -> None:
    seen = [0]

    def fourth(word: int) -> int:
        seen[0] += 1
        return word ^ (seen[0] % 4 == 0)
    with reads(bench, bench.board.chip_address + WINDOW["WINDOW_OUT"], fourth):
        bench.chip.classify(bench.words)


@fault(errors.Incomplete, "STATUS.incomplete is set", "registers")
def error_flag_is_set(bench: Bench) -> None:
    bench.board.process.write(WINDOW["WINDOW_LAST"], 1)
    for _ in range(300):
        bench.board.process.read(WINDOW["WINDOW_STATUS"])
    assert [bench.board.process.read(WINDOW["WINDOW_OUT"]) for _ in range(4)][-1] == 0xFFFF_FFFF
    bench.chip.classify(bench.words)
