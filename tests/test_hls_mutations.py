"""Each break of the generated HLS must be seen: as a mismatch with golden, or as a stream error."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_spec, make_words

from base.files import write_text
from hls.csim import build, run
from hls.emit import emit
from hls.packets import pack
from spec import golden

SPEC = make_spec(bits=6, lanes=2, channels=4, blocks=(4, 6), hidden=(8, 5), seed=7)

# name: (file, pattern, replacement, the error where one is expected instead of wrong numbers).
MUTATIONS: dict[str, tuple[str, str, str, str | None]] = {
    "one depthwise weight": ("weights.hpp", r"(dw0_weight\S+ = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one pointwise weight": ("weights.hpp", r"(pw1_weight\S+ = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one spiking weight": ("weights.hpp", r"(b1_0_weight\S+ = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one threshold": ("weights.hpp", r"(b1_1_start\[5\] = \{\s+)(-?\d+)", r"\g<1>9", None),
    "depthwise shift": ("config.hpp", r"(struct dw1_cfg[^}]*?SHIFT = )\d+", r"\g<1>3", None),
    "spiking shift": ("config.hpp", r"(struct b1_0_cfg[^}]*?SHIFT = )\d+", r"\g<1>2", None),
    "a potential one bit too narrow": ("config.hpp", r"(struct b1_1_cfg[^}]*?acc_t = ap_int<)\d+", r"\g<1>9", None),
    "lane order": ("kernels/stream.hpp", r"beat\.range\(\(i \+ 1\) \* T::width - 1, i \* T::width\) = value",
                   "beat.range(Beat::width - i * T::width - 1, Beat::width - (i + 1) * T::width) = value", None),
    "border columns not masked": ("kernels/dwconv.hpp", r" && column >= 0 && column < Cfg::WIDTH", "", None),
    "a potential that never advances": ("kernels/b1_layer.hpp", r"potential\[i\] \+= .*;", ";", None),
    "a tie to the highest class": ("kernels/readout.hpp", r"acc\[i\] > largest", "acc[i] >= largest", None),
    "a dead valid": ("kernels/dwconv.hpp", r"if \(y >= 0\) out", "if (y > 0) out", "read while empty"),
    "a beat left in a stream": ("kernels/dwconv.hpp", r"beat < BEATS_IN \?", "beat < BEATS_IN - 1 ?", "holds"),
    "a TLAST that is lost": ("kernels/readout.hpp", r"word_t\(best\), true", "word_t(best), false", "TLAST"),
}


def mutate(folder: Path, file: str, pattern: str, replacement: str) -> None:
    """Replace the one place that `pattern` finds; `~` in the replacement flips the last hex digit it found."""
    text = (folder / file).read_text()
    found = re.search(pattern, text)
    assert found is not None
    assert len(re.findall(pattern, text)) == 1
    new = found.expand(replacement)
    if new.endswith("~"):
        new = f"{new[:-1]}{int(found.group(2), 16) ^ 4:x}"
    assert new != found.group(0)
    write_text(folder / file, text[:found.start()] + new + text[found.end():])


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_break_is_seen(name: str, tmp_path: Path) -> None:
    file, pattern, replacement, error = MUTATIONS[name]
    words = make_words(SPEC, 40)
    emit(SPEC, tmp_path)
    mutate(tmp_path, file, pattern, replacement)
    binary = build(tmp_path)
    if error is not None:
        with pytest.raises(RuntimeError, match=error):
            run(binary, SPEC, pack(SPEC, words))
        return
    result, trace = run(binary, SPEC, pack(SPEC, words)), golden.run(SPEC, words)
    seen = (result.packets != np.column_stack([trace.logits, trace.predicted])).any()
    assert seen or (result.spikes != trace.spike_counts(SPEC)).any()


def test_without_a_break_nothing_is_seen(tmp_path: Path) -> None:
    words = make_words(SPEC, 40)
    emit(SPEC, tmp_path)
    result, trace = run(build(tmp_path), SPEC, pack(SPEC, words)), golden.run(SPEC, words)
    assert np.array_equal(result.packets, np.column_stack([trace.logits, trace.predicted]))
    assert np.array_equal(result.spikes, trace.spike_counts(SPEC))
