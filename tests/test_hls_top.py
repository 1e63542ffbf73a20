"""The generated HLS top against golden: bits, shapes, lanes, transfers, and what csim refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from hls import csim as csim_module
from hls.csim import CHECKED, FAST, Result, build, csim, run
from hls.emit import GENERATED, emit
from hls.packets import pack, unpack
from spec import golden, packets
from spec.netspec import NetSpec
from spec.packets import LAST

CASES: dict[str, dict[str, Any]] = {
    "bits8-lanes1": dict(bits=8, lanes=1),
    "bits6-lanes2": dict(bits=6, lanes=2, hidden=(9,), classes=3, seed=1),
    "bits4-lanes4": dict(bits=4, lanes=4, v_min=0, seed=2),
    # A one-column grid, lanes that share no factor with the four slots of a beat, a padded last beat.
    "lanes3-odd-grid": dict(bits=5, lanes=3, channels=3, height=5, width=1, blocks=(6,), hidden=(1,), seed=3),
    "one-block-no-layer-16-bit-slots": dict(bits=8, act_bits=10, blocks=(5,), hidden=(), classes=4, seed=4),
    "one-pixel-lanes8": dict(bits=7, lanes=8, channels=8, height=1, width=1, blocks=(8, 16), hidden=(70,), seed=5),
}


def assert_equals_golden(spec: NetSpec, words: np.ndarray, result: Result) -> None:
    trace = golden.run(spec, words)
    assert np.array_equal(result.packets, np.column_stack([trace.logits, trace.predicted]))
    assert np.array_equal(result.spikes, trace.spike_counts(spec))


@pytest.mark.parametrize("case", CASES)
def test_top_equals_golden(case: str, tmp_path: Path) -> None:
    spec = make_spec(**CASES[case])
    words = make_words(spec, 24)
    # One lane count under sanitizers here; tests/test_hls_units.py runs every unit under them.
    assert_equals_golden(spec, words, csim(spec, words, tmp_path, CHECKED if case == "bits6-lanes2" else FAST))


def test_demo_shape_equals_golden(tmp_path: Path) -> None:
    spec = make_spec(channels=24, height=5, width=5, blocks=(32, 32), hidden=(64, 32), lanes=4)
    words = make_words(spec, 32)
    assert_equals_golden(spec, words, csim(spec, words, tmp_path))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[NetSpec, Path]:
    folder, spec = tmp_path_factory.mktemp("small"), make_spec(bits=4, blocks=(4,), hidden=(4,))
    emit(spec, folder)
    return spec, build(folder)


def assert_answers(spec: NetSpec, binary: Path, stream: np.ndarray) -> None:
    """Everything that comes out for a stream of transfers is what spec.packets says."""
    result, wanted = run(binary, spec, stream), packets.answer(spec, stream)
    assert np.array_equal(result.packets, wanted.outputs)
    assert np.array_equal(result.last, wanted.last)
    assert np.array_equal(result.spikes, wanted.spikes)
    assert result.errors == wanted.errors


def test_a_transfer_is_any_number_of_samples(small: tuple[NetSpec, Path]) -> None:
    spec, binary = small
    beats = packets.pack(spec, make_words(spec, 6))
    for sizes in ([6], [1, 2, 3], [1] * 6):
        assert_answers(spec, binary, packets.transfers(beats, sizes))


def test_a_transfer_that_ends_inside_a_sample_is_filled_up_and_the_next_is_right(small: tuple[NetSpec, Path]) -> None:
    """Every length from one beat to two samples, each in front of a good transfer."""
    spec, binary = small
    beats = packets.pack(spec, make_words(spec, 4))
    stream = []
    for length in range(1, 2 * spec.input.beats + 1):
        cut = beats[:2].astype(np.uint64).ravel()[:length]
        cut[-1] |= LAST
        stream += [cut, packets.transfers(beats[2:])]
    assert_answers(spec, binary, np.concatenate(stream))


@pytest.mark.parametrize("case", ["lanes3-odd-grid", "one-block-no-layer-16-bit-slots"])
def test_transfers_of_random_lengths(case: str, tmp_path: Path) -> None:
    """A last beat with padding, slots of a byte and of two, lanes across beats."""
    spec, rng = make_spec(**CASES[case]), np.random.default_rng(0)
    flat = packets.pack(spec, make_words(spec, 60)).astype(np.uint64).ravel()
    flat[rng.random(len(flat)) < 0.7 / spec.input.beats] |= LAST
    flat[-1] |= LAST
    emit(spec, tmp_path)
    assert_answers(spec, build(tmp_path), flat)


def test_a_beat_too_few_is_an_error(small: tuple[NetSpec, Path]) -> None:
    """A call of the top waits for ever where a transfer has no end; here it is told."""
    spec, binary = small
    beats = packets.pack(spec, make_words(spec, 1)).astype(np.uint64).ravel()
    assert not run(binary, spec, beats).last.any()
    with pytest.raises(RuntimeError, match="stream s_axis: holds 2 words"):
        run(binary, spec, np.concatenate([beats, beats[:2]]))


def test_wrong_outputs_are_errors() -> None:
    spec = make_spec(classes=2)
    beats = np.array([1, 2, LAST], np.uint64)
    result, last = unpack(spec, beats)
    assert result.tolist() == [[1, 2, 0]]
    assert last.tolist() == [True]
    result, last = unpack(spec, np.array([2**32 - 1, 0, 1], np.uint64))
    assert result.tolist() == [[-1, 0, 1]]
    assert last.tolist() == [False]
    with pytest.raises(RuntimeError, match="2 beats"):
        unpack(spec, beats[:2])
    for order in ([0, 2, 1], [2, 1, 2]):
        with pytest.raises(RuntimeError, match="TLAST"):
            unpack(spec, beats[order])


def test_input_words_of_another_shape_are_refused() -> None:
    with pytest.raises(UserError, match=r"^input words: got shape"):
        pack(make_spec(channels=4), np.zeros((1, 5, 3, 4)))


def test_generated_files_carry_the_digest_and_are_the_same_each_time(tmp_path: Path) -> None:
    spec = make_spec()
    emit(spec, tmp_path)
    first = {name: (tmp_path / name).read_text() for name in GENERATED}
    assert all(spec.digest in text.splitlines()[0] for text in first.values())
    emit(spec, tmp_path)
    assert first == {name: (tmp_path / name).read_text() for name in GENERATED}


def test_an_unchanged_program_is_compiled_once(small: tuple[NetSpec, Path]) -> None:
    spec, binary = small
    emit(spec, binary.parent)
    before = binary.stat().st_mtime_ns
    assert build(binary.parent) == binary
    assert binary.stat().st_mtime_ns == before


def test_what_cannot_be_compiled_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^b1_0: out_features: got 1025, expected at most 1024"):
        emit(make_spec(hidden=(1025,)), tmp_path)
    spec = make_spec()
    odd = NetSpec("odd", (replace(spec.input, name="in-put"), *spec.units[1:]))
    with pytest.raises(UserError, match=r"^spec: unit name: got in-put"):
        emit(odd, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_compiler_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^g\+\+: not on PATH, expected"):
        build(tmp_path)


def test_missing_headers_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csim_module.importlib.util, "find_spec", lambda _: None)
    spec = make_spec()
    emit(spec, tmp_path)
    with pytest.raises(UserError, match=r"^hls4ml: not installed, expected"):
        build(tmp_path)
