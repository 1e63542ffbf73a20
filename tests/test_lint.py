"""The generated hardware under strict compilers: Verilator -Wall, and g++ -Wall -Wextra -Werror with sanitizers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from hls.csim import CHECKED, csim
from rtl import verilator
from rtl.emit import TOP, emit
from spec import golden

SPECS = {"default": {"channels": 24, "height": 5, "width": 5, "blocks": (32, 32), "hidden": (64, 32)},
         "small, INT4, two lanes": {"bits": 4, "lanes": 2}}


@pytest.mark.parametrize("name", SPECS)
def test_verilator_lint(name: str, tmp_path: Path) -> None:
    verilator.lint(emit(make_spec(**SPECS[name]), tmp_path), TOP, {}, tmp_path)


@pytest.mark.parametrize("name", SPECS)
def test_cpp_under_sanitizers(name: str, tmp_path: Path) -> None:
    spec = make_spec(**SPECS[name])
    words = make_words(spec, 8)
    trace = golden.run(spec, words)
    result = csim(spec, words, tmp_path, flags=CHECKED)
    np.testing.assert_array_equal(result.packets, np.column_stack([trace.logits, trace.predicted]))
