"""The generated HLS top against golden: bits, shapes, lanes, malformed packets, and what csim refuses."""

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
from hls.packets import LAST, pack, unpack
from spec import golden
from spec.netspec import NetSpec

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


def packet(beats: np.ndarray) -> np.ndarray:
    """The same words with TLAST on the last one only."""
    packet = beats & ~LAST
    packet[-1] |= LAST
    return packet


def test_malformed_packets_are_dropped_whole_and_the_next_is_right(small: tuple[NetSpec, Path]) -> None:
    spec, binary = small
    words = make_words(spec, 4)
    good = pack(spec, words)
    short, single, longer = packet(good[3][:-1]), packet(good[3][:1]), packet(np.tile(good[3], 2)[:-3])
    one_more = packet(np.append(good[3], good[3][:1]))
    stream = [good[0], short, good[1], longer, one_more, single, good[2], good[3]]
    result = run(binary, spec, np.concatenate(stream))
    assert_equals_golden(spec, words, result)
    assert result.dropped == 4
    assert run(binary, spec, good).dropped == 0


def test_data_left_in_front_of_the_top_is_an_error(small: tuple[NetSpec, Path]) -> None:
    spec, binary = small
    good = pack(spec, make_words(spec, 1))[0]
    with pytest.raises(RuntimeError, match="stream s_axis: holds 2 words"):
        run(binary, spec, np.concatenate([good, good[:2]]))


def test_wrong_output_packets_are_errors() -> None:
    spec = make_spec(classes=2)
    beats = np.array([1, 2, LAST], np.uint64)
    assert unpack(spec, beats).tolist() == [[1, 2, 0]]
    assert unpack(spec, np.array([2**32 - 1, 0, LAST | np.uint64(1)], np.uint64)).tolist() == [[-1, 0, 1]]
    with pytest.raises(RuntimeError, match="2 beats"):
        unpack(spec, beats[:2])
    for order in ([0, 2, 1], [0, 1, 1], [2, 1, 2]):
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
