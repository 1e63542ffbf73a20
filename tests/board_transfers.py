"""Cases of the simulated board in which nothing is wrong with it."""

from __future__ import annotations

import numpy as np
from board_cases import SAMPLES, Bench, case, copied

from firstspike_board import Chip, errors
from firstspike_board.places import ADDRESSES
from simboard.handoff import text

for way in ("dma", "registers"):
    @case(way)
    def whole_batches_and_single_samples_are_exact(bench: Bench) -> None:
        with bench.load() as chip:
            whole, each = bench.good(), bench.good(alone=True)
            assert whole.source == each.source == chip.source == f"chip, by {chip.source.split()[-1]}"
            assert whole.samples.tolist() == ([SAMPLES] if bench.way == "dma" else [1] * SAMPLES)
            assert each.samples.tolist() == [1] * SAMPLES
            assert len(chip.classify(bench.words[:0]).classes) == 0

    @case(way)
    def without_a_hwh_the_addresses_are_the_usual_ones(bench: Bench) -> None:
        bench.load(copied(bench, f"no-hwh-{bench.way}", ""))
        bench.good()

    @case(way)
    def loaded_twice_and_by_the_folder_of_its_spec(bench: Bench) -> None:
        bench.load().close()
        bench.chip = Chip(bench.bitstream, device=bench.board)
        bench.good()

    @case(way)
    def progress_is_told(bench: Bench) -> None:
        told: list[tuple[int, int, str]] = []
        bench.load(tell=lambda *given: told.append(given))
        bench.good()
        counts = [done for done, _, _ in told]
        assert counts == sorted(counts)
        assert counts[-1] == SAMPLES
        assert {total for _, total, _ in told} == {SAMPLES}

    @case(way)
    def batches_one_after_the_other(bench: Bench) -> None:
        chip = bench.load()
        for size in (1, 2, SAMPLES, 1, 7):
            np.testing.assert_array_equal(chip.classify(bench.words[:size]).logits, bench.trace.logits[:size])
        chip.reset()
        bench.good()


@case("dma", stall=3)
def stalls_on_both_streams_change_nothing(bench: Bench) -> None:
    bench.load()
    bench.good()
    bench.good(alone=True)


@case("dma", length_bits=9)
def the_length_register_cuts_a_batch(bench: Bench) -> None:
    """As the .hwh says it: 9 bits are 511 bytes, ten samples of 48 and a rest."""
    bench.load(copied(bench, "narrow", text("dma", 9)))
    assert bench.good().samples.tolist() == [10, 10, 5]


@case("dma")
def instances_may_lie_anywhere(bench: Bench) -> None:
    bench.board.chip_address = 0x4000_0000
    bench.load(copied(bench, "moved", text("dma", 26, chip_address=0x4000_0000)))
    bench.good()


@case("registers")
def without_a_hwh_an_ultrascale_has_its_own_address(bench: Bench) -> None:
    bench.board.arch, bench.board.chip_address = "aarch64", ADDRESSES["zynqmp"][0]
    bench.load(copied(bench, "ultrascale", ""))
    bench.good()


@case("dma")
def the_active_device_is_found(bench: Bench) -> None:
    import pynq

    pynq.Device.active_device = bench.board
    try:
        bench.chip = Chip(bench.bitstream, fallback=False)
        bench.good()
    finally:
        del pynq.Device._active_device


@case("dma", length_bits=9)
def a_length_register_narrower_than_said_is_seen(bench: Bench) -> None:
    chip = bench.load()
    try:
        chip.classify(bench.words)
    except errors.WrongLength:
        np.testing.assert_array_equal(chip.classify(bench.words[:10]).logits, bench.trace.logits[:10])
    else:
        raise AssertionError("no error")


@case("dma")
def closed_is_closed(bench: Bench) -> None:
    chip = bench.load()
    bench.good()
    chip.close()
    chip.close()
    for use in (lambda: chip.classify(bench.words), chip.reset, chip.__enter__, lambda: chip.source):
        try:
            use()
        except errors.Closed:
            continue
        raise AssertionError("used after its end")
    with Chip(bench.bitstream, device=bench.board) as bench.chip:
        bench.good()
