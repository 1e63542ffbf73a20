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
from spec import packets
from spec.netspec import NetSpec
from spec.packets import LAST

SPEC = make_spec(bits=6, lanes=2, channels=4, blocks=(4, 6), hidden=(8, 5), seed=7)

# name: (file, pattern, replacement, the error where one is expected instead of wrong numbers).
MUTATIONS: dict[str, tuple[str, str, str, str | None]] = {
    "one depthwise weight": ("weights.hpp", r"(struct dw0_rom[^}]*? = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one pointwise weight": ("weights.hpp", r"(struct pw1_rom[^}]*? = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one spiking weight": ("weights.hpp", r"(struct b1_0_rom[^}]*? = \{\s+\{0x\w+)(\w)", r"\1~", None),
    "one threshold": ("weights.hpp", r"(int64_t values\[5\] = \{\s+)(-?\d+)", r"\g<1>9", None),
    "depthwise shift": ("config.hpp", r"(struct dw1_cfg[^}]*?SHIFT = )\d+", r"\g<1>3", None),
    "spiking shift": ("config.hpp", r"(struct b1_0_cfg[^}]*?SHIFT = )\d+", r"\g<1>2", None),
    "a potential one bit too narrow": ("config.hpp", r"(struct b1_1_cfg[^}]*?acc_t = ap_int<)\d+", r"\g<1>9", None),
    "lane order": ("kernels/stream.hpp", r"beat\.range\(\(i \+ 1\) \* T::width - 1, i \* T::width\) = value",
                   "beat.range(Beat::width - i * T::width - 1, Beat::width - (i + 1) * T::width) = value", None),
    "border columns not masked": ("kernels/dwconv.hpp", r" && column_in\[tap % 3\]", "", None),
    "a potential that never advances": ("kernels/b1_layer.hpp", r"potential\[i\] \+= .*;", ";", None),
    "a tie to the highest class": ("kernels/readout.hpp", r"acc\[i\] > largest", "acc[i] >= largest", None),
    "a dead valid": ("kernels/dwconv.hpp", r"if \(y >= 2\) out", "if (y > 2) out", "read while empty"),
    "a beat left in a stream": ("kernels/dwconv.hpp", r"beat < BEATS_IN \?", "beat < BEATS_IN - 1 ?", "holds"),
    "a TLAST that is lost": ("kernels/packet.hpp", r"is_class && tag.last", "false", None),
    "a TLAST with each beat": ("kernels/packet.hpp", r"is_class && tag.last", "tag.last", "TLAST"),
    "a cut sample that is valid": ("kernels/packet.hpp", r"is_class && tag.invalid", "false", None),
    "an error not counted": ("kernels/packet.hpp", r"if \(tag.invalid\) \+\+errors", "if (false) ++errors", None),
}


def stream(spec: NetSpec) -> np.ndarray:
    """Beats of 40 samples: transfers of one and of several, and two that end inside a sample."""
    beats = packets.transfers(packets.pack(spec, make_words(spec, 40)), [1, 3, 36])
    return np.concatenate([beats[:2] | [np.uint64(0), LAST], beats[:1] | LAST, beats])


def seen(binary: Path) -> bool:
    """Anything that comes out is not what must come."""
    result, wanted = run(binary, SPEC, stream(SPEC)), packets.answer(SPEC, stream(SPEC))
    return not (np.array_equal(result.packets, wanted.outputs) and np.array_equal(result.last, wanted.last)
                and np.array_equal(result.spikes, wanted.spikes) and result.errors == wanted.errors)


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
    emit(SPEC, tmp_path)
    mutate(tmp_path, file, pattern, replacement)
    binary = build(tmp_path)
    if error is None:
        assert seen(binary)
    else:
        with pytest.raises(RuntimeError, match=error):
            seen(binary)


def test_without_a_break_nothing_is_seen(tmp_path: Path) -> None:
    emit(SPEC, tmp_path)
    assert not seen(build(tmp_path))
