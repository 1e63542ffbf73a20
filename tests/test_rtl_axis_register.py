"""axis_register.sv: order, full throughput, and a ready that is a flip-flop."""

from __future__ import annotations

from pathlib import Path

import pytest
from cocotb_streams import STALLS, patch, run_streams

RTL = Path(__file__).parents[1] / "rtl" / "units"
SOURCE = RTL / "axis_register.sv"
PACKETS = [[(17 * beat + 91 * packet) % 256 for beat in range(length)] for packet, length in enumerate((40, 1, 2, 33))]


def test_passes_everything_at_full_rate(tmp_path: Path) -> None:
    log, cycles = run_streams("axis_register", [SOURCE], {"DATA_W": 8}, PACKETS, PACKETS, tmp_path)
    assert log is None, log
    assert len(cycles) == len(STALLS)
    free = cycles[0]
    assert free.inputs == list(range(free.inputs[0], free.inputs[0] + len(free.inputs)))
    assert free.outputs == [cycle + 1 for cycle in free.inputs]


@pytest.mark.parametrize(("line", "broken"), [
    pytest.param("assign s_axis_tready = !skid_valid_q;", "assign s_axis_tready = 1'b1;", id="lost back-pressure"),
    pytest.param("skid_valid_q <= !out_free &&", "skid_valid_q <=", id="repeated beat"),
])
def test_notices_a_broken_slice(line: str, broken: str, tmp_path: Path) -> None:
    patched = patch(SOURCE, line, broken, tmp_path)
    log, _ = run_streams("axis_register", [patched], {"DATA_W": 8}, PACKETS, PACKETS, tmp_path)
    assert log is not None
    assert "AssertionError" in log
