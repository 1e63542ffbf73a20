"""Samples as beats and transfers, and what must come out for any of them."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from spec import golden, packets
from spec.netspec import NetSpec

LAST = packets.LAST
SPECS = {"8 bit": make_spec(), "5 bit, padded": make_spec(bits=4, channels=3, height=3, width=3, act_bits=5),
         "12 bit": make_spec(act_bits=12)}


def outputs(spec: NetSpec, words: np.ndarray) -> np.ndarray:
    trace = golden.run(spec, words)
    return np.column_stack([trace.logits, trace.predicted])


@pytest.mark.parametrize("name", SPECS)
def test_words_are_what_was_packed_whatever_lies_in_the_padding(name: str) -> None:
    spec = SPECS[name]
    words, unit = make_words(spec, 20), spec.input
    beats = packets.pack(spec, words)
    np.testing.assert_array_equal(packets.words(spec, beats), words)
    used = np.zeros(unit.beats * unit.values_per_beat, np.int64)
    used[: unit.values] = (1 << unit.bits) - 1
    padding = ~used.astype(f"<u{unit.slot_bits // 8}").view("<u4")
    np.testing.assert_array_equal(packets.words(spec, beats | padding), words)


def test_samples_are_grouped() -> None:
    beats = np.arange(12, dtype=np.uint32).reshape(4, 3)
    assert np.flatnonzero(packets.transfers(beats) & LAST).tolist() == [11]
    assert np.flatnonzero(packets.transfers(beats, [1, 2, 1]) & LAST).tolist() == [2, 8, 11]
    np.testing.assert_array_equal(packets.transfers(beats, [2, 2]) & ~LAST, np.arange(12))
    for sizes in ([1, 2], [5, -1], [4, 1]):
        with pytest.raises(UserError, match=r"^transfers: got .* expected 4 in all, 1 or more each$"):
            packets.transfers(beats, sizes)


@pytest.mark.parametrize("sizes", [(), (1,) * 6, (2, 1, 3)])
def test_whole_samples_give_golden_results(sizes: tuple[int, ...]) -> None:
    spec = SPECS["8 bit"]
    words = make_words(spec, 6)
    found = packets.answer(spec, packets.transfers(packets.pack(spec, words), sizes))
    np.testing.assert_array_equal(found.outputs, outputs(spec, words))
    np.testing.assert_array_equal(found.spikes, golden.run(spec, words).spike_counts(spec))
    assert (np.flatnonzero(found.last) + 1).tolist() == np.cumsum(sizes or [6]).tolist()
    assert found.errors == 0


def test_a_sample_that_is_not_whole_is_filled_up_and_marked() -> None:
    spec = SPECS["5 bit, padded"]
    size, beats = spec.input.beats, packets.pack(spec, make_words(spec, 3))
    flat = beats.ravel().astype(np.uint64)
    for length in range(1, 3 * size + 1):
        transfer = flat[:length].copy()
        transfer[-1] |= LAST
        found = packets.answer(spec, np.concatenate([transfer, packets.transfers(beats[1:])]))
        filled = np.zeros(-(-length // size) * size, np.uint32)
        filled[:length] = flat[:length]
        wanted = outputs(spec, packets.words(spec, filled.reshape(-1, size)))
        if length % size:
            wanted[-1, -1] = packets.INVALID
        np.testing.assert_array_equal(found.outputs[: len(wanted)], wanted)
        np.testing.assert_array_equal(found.outputs[len(wanted):], outputs(spec, packets.words(spec, beats[1:])))
        assert np.flatnonzero(found.last).tolist() == [len(wanted) - 1, len(wanted) + 1]
        assert found.errors == (length % size > 0)


def test_a_transfer_without_an_end_gives_its_whole_samples() -> None:
    spec = SPECS["8 bit"]
    words = make_words(spec, 2)
    flat = packets.pack(spec, words).ravel().astype(np.uint64)
    found = packets.answer(spec, flat[:-1])
    np.testing.assert_array_equal(found.outputs, outputs(spec, words[:1]))
    assert not found.last.any()
