"""What follows from counted cycles, spikes and operations by published figures. No number here is measured."""

from __future__ import annotations

from flow.report.schema import Cycles, Estimates, Power, Timing, WorkPart

# pJ, 45 nm at 0.9 V: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, pp. 10-14.
MULTIPLY_8_PJ = 0.2
ADD_32_PJ = 0.1
HOROWITZ = f"{MULTIPLY_8_PJ} pJ a product of 8 bits, {ADD_32_PJ} pJ an addition of 32, 45 nm, Horowitz, ISSCC 2014"


def estimates(cycles: Cycles, timing: Timing, work: WorkPart, power: Power | None, simulated: bool) -> Estimates:
    """No steady state was seen where the interval is 0; no energy of the board where nobody published its power."""
    macs, additions, products = (sum(part.values()) for part in (work.macs, work.additions, work.products))
    latency_us = cycles.latency / timing.clock_mhz
    eeg = " on simulated EEG" if simulated else ""
    board = ("energy of the board: not estimated, its power is not known" if power is None else
             f"energy of the board: {power.watts:g} W x latency ({power.source})")
    return Estimates(
        latency_us=latency_us,
        inferences_per_s=1e6 * timing.clock_mhz / cycles.interval if cycles.interval else None,
        energy_uj=None if power is None else power.watts * latency_us,
        arithmetic_nj=((macs + products) * MULTIPLY_8_PJ + (macs + additions) * ADD_32_PJ) / 1000,
        basis=f"latency and inferences per second: cycles of the RTL simulation{eeg} "
              f"at a clock of {timing.clock_mhz:g} MHz ({timing.source}); {board}; energy of the arithmetic: {macs:,} "
              f"multiply-adds in convolutions, {additions:,.0f} additions and {products:,.0f} products in the core, "
              f"an ASIC without memories and wires ({HOROWITZ})",
    )
