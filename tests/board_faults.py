"""Faults of the simulated board behind a DMA, and the errors that they must meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from board_cases import Bench, case, changed, fault, reads

from firstspike_board import errors
from firstspike_board.places import DMA_ADDRESS
from simboard.axi_dma import HALTED, INTERNAL, RECEIVE, RESET, SLAVE, STATUS
from spec.packets import LAST
from spec.registers import REGISTERS


def classify(bench: Bench, samples: int | None = None) -> None:
    assert bench.chip is not None
    bench.chip.classify(bench.words[:samples])


def received(bench: Bench, change: Any) -> Any:
    """What comes out of the chip is changed on its way into memory."""
    whole = bench.board.dma.received
    return changed(bench.board.dma, "received", lambda came: whole(change(came)))


def fetched(bench: Bench, change: Any) -> Any:
    """What goes to the chip is changed on its way out of memory."""
    whole = bench.board.dma.fetched
    return changed(bench.board.dma, "fetched", lambda channel: change(whole(channel)))


def advance(bench: Bench, after: int, then: Any) -> Any:
    """Instead of the looks at the DMA from `after` on, something happens once, and time goes on."""
    whole, looks = bench.board.dma.advance, [0]

    def look(beats: np.ndarray | None = None) -> None:
        looks[0] += 1
        if looks[0] == after + 1:
            then()
        whole(beats)
    return changed(bench.board.dma, "advance", look)


# ---- the DMA

@fault(errors.InputNotTaken, r"nothing for 0.3 s, 0 of 25 results: the chip does not take all")
def dma_never_ends(bench: Bench) -> None:
    with changed(bench.board.dma, "advance", lambda *_: None):
        classify(bench)


@fault(errors.TlastMissing, "25 of 25 results: all are sent, the last without TLAST")
def dma_has_all_and_never_ends(bench: Bench) -> None:
    with changed(bench.board.dma.receive, "end", lambda *_: None):
        classify(bench)


@fault(errors.DmaError, r"stream to memory: internal error.*status 0x4011")
def internal_error(bench: Bench) -> None:
    with advance(bench, 1, lambda: bench.board.dma.receive.fail(INTERNAL)):
        classify(bench)


@fault(errors.DmaError, "memory to stream: slave error")
def slave_error_of_the_input(bench: Bench) -> None:
    with advance(bench, 0, lambda: bench.board.dma.send.fail(SLAVE)):
        classify(bench)


@fault(errors.DmaError, "stream to memory: slave error")
def slave_error_of_the_results(bench: Bench) -> None:
    with advance(bench, 1, lambda: bench.board.dma.receive.fail(SLAVE)):
        classify(bench)


@fault(errors.DmaError, "memory to stream: decode error")
def decode_error_of_the_input(bench: Bench) -> None:
    with changed(bench.board.memory, "holds", lambda *_: False):
        classify(bench)


@fault(errors.DmaError, "stream to memory: decode error")
def decode_error_of_the_results(bench: Bench) -> None:
    with changed(bench.board.memory, "holds", lambda _, size: size > 1000):
        classify(bench)


@fault(errors.NotStarted, "memory to stream: still in reset after 0.5 s", loads=True)
def dma_reset_never_ends(bench: Bench) -> None:
    with reads(bench, DMA_ADDRESS, lambda _: RESET):
        bench.load()


@fault(errors.InputNotTaken, "the chip does not take all")
def the_reset_after_an_error_fails(bench: Bench) -> None:
    """It is tried again before the next batch."""
    with changed(bench.board.dma, "advance", lambda *_: None), reads(bench, DMA_ADDRESS, lambda _: RESET):
        classify(bench)


@fault(errors.NotStarted, "stream to memory: never started: halted 0.5 s after", loads=True)
def dma_never_starts(bench: Bench) -> None:
    with reads(bench, DMA_ADDRESS + RECEIVE + STATUS, lambda word: word | HALTED):
        bench.load()


@fault(errors.NotStarted, "stream to memory: halted")
def dma_is_stopped_in_flight(bench: Bench) -> None:
    def stop() -> None:
        bench.board.dma.receive.active, bench.board.dma.receive.status = False, HALTED
    with advance(bench, 0, stop):
        classify(bench)


# ---- transfers

@fault(errors.WrongLength, "got 384 bytes of results, expected 400")
def short_transfer_out(bench: Bench) -> None:
    def short(came: np.ndarray) -> np.ndarray:
        cut = came[:-4].copy()
        cut[-1] |= LAST
        return cut
    with received(bench, short):
        classify(bench)


@fault(errors.DmaError, "stream to memory: internal error .*longer than its buffer")
def long_transfer_out(bench: Bench) -> None:
    with received(bench, lambda came: np.concatenate([came[:4], came])):
        classify(bench)


@fault(errors.TlastMissing, "all are sent, the last without TLAST")
def tlast_missing_out(bench: Bench) -> None:
    with received(bench, lambda came: came & ~LAST):
        classify(bench)


@fault(errors.TlastMissing, "all are sent, the last without TLAST")
def tlast_missing_in(bench: Bench) -> None:
    with fetched(bench, lambda beats: beats & ~LAST):
        classify(bench)


@fault(errors.WrongLength, "TLAST came after|bytes of results")
def tlast_in_too_early(bench: Bench) -> None:
    def early(beats: np.ndarray) -> np.ndarray:
        beats[30] |= LAST
        return beats
    with fetched(bench, early):
        classify(bench)


@fault(errors.Incomplete, "STATUS.incomplete is set, 1 in all")
def a_beat_of_the_input_is_lost(bench: Bench) -> None:
    with fetched(bench, lambda beats: np.delete(beats, 40)):
        classify(bench)


@fault(errors.DmaError, "stream to memory: internal error")
def a_beat_of_the_input_comes_twice(bench: Bench) -> None:
    with fetched(bench, lambda beats: np.insert(beats, 40, beats[40])):
        classify(bench)


@fault(errors.NoResult, "0 of 1 results: the chip has taken all of the input")
def no_result(bench: Bench) -> None:
    whole = bench.board.process.stream
    with changed(bench.board.process, "stream", lambda cycles, _, beats=None: whole(cycles, 0, beats)):
        classify(bench, 1)


@fault(errors.InputNotTaken, "the chip does not take all of the input")
def input_not_taken(bench: Bench) -> None:
    whole = bench.board.process.stream
    with changed(bench.board.process, "stream", lambda cycles, _, beats=None: whole(cycles, 0, beats)):
        classify(bench)


@fault(errors.WrongResult, r"result 24 of 25: got class \d, expected that of the largest logit of \[")
def a_class_changes_on_its_way(bench: Bench) -> None:
    def flip(came: np.ndarray) -> np.ndarray:
        came = came.copy()
        came[-1] ^= np.uint64(1)
        return came
    with received(bench, flip):
        classify(bench)


# ---- the chip

@fault(errors.Incomplete, "STATUS.incomplete is set, 1 in all: a transfer ended inside a sample")
def error_flag_is_set(bench: Bench) -> None:
    bench.board.process.stream(20_000, 99, np.array([LAST], np.uint64))
    classify(bench)


@fault(errors.ResetInFlight, "INFERENCES: got .* expected at most 25: the chip was reset")
def soft_reset_in_flight(bench: Bench) -> None:
    with advance(bench, 0, lambda: bench.board.process.write(REGISTERS["CONTROL"].address(), 1)):
        classify(bench)


@fault(errors.ResetInFlight, "INFERENCES: got .* expected at most 25: the chip was reset")
def hard_reset_in_flight(bench: Bench) -> None:
    with advance(bench, 1, bench.board.process.reset):
        classify(bench)


@fault(errors.WrongLength, "got 0 results, expected 25")
def results_are_not_counted(bench: Bench) -> None:
    with reads(bench, bench.board.chip_address + REGISTERS["INFERENCES"].address(), lambda _: 7):
        classify(bench)


# ---- memory

@fault(errors.WrongResult, "got class -559038737")
def results_stay_in_the_cache(bench: Bench) -> None:
    with changed(bench.board.memory, "invalidate", lambda _: None):
        classify(bench)


@fault(errors.SelfTestFailed, r"known sample 0: got \[.*expected \[.*logits, class", loads=True)
def input_stays_in_the_cache(bench: Bench) -> None:
    memory = bench.board.memory
    whole = memory.flush
    with changed(memory, "flush", lambda address: None if address == min(memory.blocks) else whole(address)):
        bench.load()


@fault(errors.Closed, "buffers: they were freed by somebody else")
def buffer_freed_before(bench: Bench) -> None:
    bench.chip._engine._buffers[1].freebuffer()
    classify(bench)


@fault(errors.WrongResult, "got class -1515870811")
def buffer_freed_early(bench: Bench) -> None:
    """In flight: somebody else has that memory now, and writes there."""
    memory = bench.board.memory
    address = bench.chip._engine._buffers[1].physical_address

    def evict() -> None:
        memory.bytes[address:address + 400] = 0xA5
    with changed(memory, "evict", evict):
        classify(bench)


@fault(errors.NoMemory, "buffers for 25 samples: .*no .* bytes left", loads=True)
def no_memory_left(bench: Bench) -> None:
    def allocate(size: int) -> None:
        raise MemoryError(f"no {size} bytes left in one piece")
    bench.load()
    with changed(bench.board.memory, "allocate", allocate):
        classify(bench)


@case()
def results_are_not_written_over_by_the_cache(bench: Bench) -> None:
    """The simulated cache does so where an output buffer was not flushed: with that left out, results are poison."""
    bench.load()
    bench.good()
    memory = bench.board.memory
    taken = bench.chip._engine._buffers[1].physical_address
    whole = memory.flush
    with changed(memory, "flush", lambda address: None if address == taken else whole(address)):
        try:
            classify(bench)
        except errors.WrongResult:
            return
    raise AssertionError("a flush that is left out is not seen")


# ---- whoever uses it

@case()
def an_interrupt_leaves_nothing_in_flight(bench: Bench) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt
    bench.load()
    with advance(bench, 0, interrupt):
        try:
            classify(bench)
        except KeyboardInterrupt:
            assert not bench.board.dma.receive.active
        else:
            raise AssertionError("no interrupt")
    bench.good()
