"""The driver without a board: what it imports, what it refuses, how it identifies a chip, the golden model instead."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.errors import UserError
from base.records import ROOT
from base.sources import closure
from firstspike_board import Chip, errors, header, places
from firstspike_board.by_registers import WindowEngine
from firstspike_board.registers import Registers, check_identity
from rtl.emit import _package
from spec import golden, registers
from spec.fold import fold
from spec.netspec import NetSpec

PACKAGE = sorted(path.stem for path in (ROOT / "firstspike_board").glob("*.py"))
SPEC = make_spec(bits=6, classes=3)
NEEDED = {"numpy", "pynq", "spec", "base", "firstspike_board"}


def reached() -> list[Path]:
    """Every file of ours that comes onto the board."""
    return [ROOT / path for path in closure([f"firstspike_board.{name}".removesuffix(".__init__") for name in PACKAGE])]


def imported(path: Path, text: str) -> set[str]:
    """Top-level names of what a source imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text, path.name, feature_version=(3, 10))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).split(".")[0])
    return names - set(sys.stdlib_module_names) | names & {"tomllib"}


def test_what_it_reaches_imports_numpy_and_pynq_alone() -> None:
    files = reached()
    assert {path.parent.name for path in files} >= {"firstspike_board", "spec", "units", "base"}
    for path in files:
        assert imported(path, path.read_text(encoding="utf-8")) <= NEEDED, path
    assert imported(ROOT / "x.py", "import tomllib, os\nfrom pydantic.x import y") == {"tomllib", "pydantic"}


def test_what_it_reaches_is_python_3_10() -> None:
    """Syntax, and names of the standard library: typeshed knows what came when."""
    done = subprocess.run([sys.executable, "-m", "mypy", "--python-version", "3.10", "--cache-dir", ".mypy_cache/3.10",
                           "-p", "firstspike_board"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    with pytest.raises(SyntaxError):
        imported(ROOT / "x.py", "try:\n    pass\nexcept* OSError:\n    pass\n")


class Words(dict[int, int]):
    """A chip that only has registers."""

    def read(self, offset: int) -> int:
        return self.get(offset, 0)


def chip_of(spec: NetSpec) -> Words:
    words = [word for register in registers.identity(spec).values() for word in register]
    return Words({4 * place: word for place, word in enumerate(words)})


def test_a_chip_of_the_spec_is_known() -> None:
    check_identity(Registers(chip_of(SPEC)), SPEC)


OTHER_WEIGHTS = make_spec(bits=6, classes=3, seed=1)


@pytest.mark.parametrize(("chip", "error", "words"), [
    (Words(), errors.NoChip, "MAGIC: got 0x00000000, expected 0x4653504b"),
    (Words({**chip_of(SPEC), 4: 7}), errors.NoChip, "VERSION: got 7, expected"),
    (chip_of(make_spec(bits=6, classes=2)), errors.OtherNetwork, r"BITS \(.*classes 2\).*'synthetic', expected .*3"),
    (chip_of(fold(SPEC, (1, 1), core="shift")), errors.OtherNetwork, r"CORE \(1\).*CORE \(0\)"),
    (chip_of(NetSpec("synthetic", OTHER_WEIGHTS.units, "2026-11-26")), errors.WrongDigest,
     f"got {OTHER_WEIGHTS.digest_word:#010x}, lowered on 20261126, expected {SPEC.digest_word:#010x}"),
], ids=["no chip", "version", "classes", "core", "weights"])
def test_any_other_chip_is_named(chip: Words, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        check_identity(Registers(chip), SPEC)


@pytest.fixture
def without_board(tmp_path: Path) -> Chip:
    SPEC.save(tmp_path)
    with pytest.warns(UserWarning, match="no board .*the golden model computes instead"):
        return Chip(tmp_path / "firstspike.bit")


def test_the_golden_model_stands_in_and_says_so(without_board: Chip) -> None:
    words = make_words(SPEC, 300)
    trace = golden.run(SPEC, words)
    told: list[tuple[int, int]] = []
    without_board._tell = lambda done, total, _: told.append((done, total))
    with without_board as chip:
        for alone in (False, True):
            result = chip.classify(words, alone)
            assert result.source == "golden model: no board"
            assert result.latency is None
            np.testing.assert_array_equal(result.logits, trace.logits)
            np.testing.assert_array_equal(result.classes, trace.predicted)
            counts = trace.spike_counts(SPEC)
            np.testing.assert_array_equal(result.spikes, counts if alone else
                                          np.stack([counts[:256].sum(0), counts[256:].sum(0)]))
            assert result.samples.tolist() == ([1] * 300 if alone else [256, 44])
        assert told[:2] == [(256, 300), (300, 300)]
        assert len(chip.classify(words[:0]).classes) == 0
    with pytest.raises(errors.Closed):
        chip.classify(words)


def test_features_are_quantised_and_words_are_not(without_board: Chip) -> None:
    x = np.random.default_rng(0).normal(0, 2, (5, 4, 3, 4)).astype(np.float32)
    words = SPEC.input.quantise(x)
    np.testing.assert_array_equal(without_board.classify(x).logits, without_board.classify(words).logits)


@pytest.mark.parametrize(("batch", "words"), [
    (np.zeros((3, 4, 3, 5)), r"batch: got shape \(3, 4, 3, 5\), expected \(N, 4, 3, 4\)"),
    (np.zeros((4, 3, 4)), r"shape \(4, 3, 4\)"),
    (np.where(np.arange(96).reshape(2, 4, 3, 4) == 60, np.nan, 0), "not finite in sample 1"),
    (np.full((1, 4, 3, 4), 128), "words 128 … 128, expected -128 … 127"),
    (np.zeros((1, 4, 3, 4), complex), "values of complex128"),
    (np.ma.masked_equal(np.zeros((1, 4, 3, 4)), 0), "batch: got values that are masked, expected features or words"),
    ([[1], [1, 2]], r"batch: got no array \(.*\), expected one of shape"),
], ids=["shape", "one sample", "nan", "range", "type", "masked", "lists"])
def test_a_wrong_batch_is_named(without_board: Chip, batch: np.ndarray, words: str) -> None:
    with pytest.raises(UserError, match=words):
        without_board.classify(batch)


class Narrow:
    """A window whose queue is now full, now has room for a few beats."""

    def __init__(self) -> None:
        self.room, self.looks, self.beats = 0, 0, list[int]()

    def read(self, name: str) -> int:
        self.looks += name == "WINDOW_STATUS"
        self.room = (0, 3, 0, 16, 1)[self.looks % 5]
        return self.room if name == "WINDOW_STATUS" else 0

    def write_words(self, name: str, words: bytes) -> None:
        assert name == "WINDOW_IN"
        assert 0 < len(words) // 4 <= self.room
        self.beats += np.frombuffer(words, "<u4").tolist()

    def write(self, name: str, word: int) -> None:
        assert name == "WINDOW_LAST"
        assert self.room > 0
        self.beats += [word, -1]


def test_nothing_is_written_into_a_window_without_room() -> None:
    window = Narrow()
    engine = WindowEngine(SPEC, window, 1.0)  # type: ignore[arg-type]
    engine._begin = 0
    engine._put(np.arange(90, dtype="<u4"), lambda _: None)
    assert window.beats == [*range(90), -1]


def test_without_fallback_a_missing_board_is_an_error(tmp_path: Path) -> None:
    SPEC.save(tmp_path)
    with pytest.raises(errors.NoBoard, match="pynq"):
        Chip(tmp_path / "firstspike.bit", fallback=False)
    with pytest.raises(UserError, match=r"spec\.json"):
        Chip(tmp_path / "none" / "firstspike.bit")


def test_header_has_the_map_of_the_package() -> None:
    """Offsets and lowest bits as in registers_pkg.sv, which the chip itself is made with."""
    lines = [line.split() for line in header.text().splitlines() if line.startswith("#define FIRSTSPIKE_")]
    defined = {words[1]: words[2] for words in lines}
    for register in registers.REGISTERS.values():
        assert int(defined[f"FIRSTSPIKE_{register.name}"].rstrip("u"), 16) == register.offset
        assert f"{register.name} = {registers.ADDRESS_BITS}'h{register.offset:x};" in _package("")
        for field, low, bits in register.fields:
            assert defined[f"FIRSTSPIKE_{register.name}_{field.upper()}_LSB"] == f"{low}u"
            mask = int(defined[f"FIRSTSPIKE_{register.name}_{field.upper()}_MASK"].rstrip("u"), 16)
            assert mask == ((1 << bits) - 1) << low
    assert int(defined["FIRSTSPIKE_ADDRESS"].rstrip("u"), 16) == places.CHIP_ADDRESS
