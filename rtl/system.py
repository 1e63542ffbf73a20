"""The chip as a system takes it in: a plain-Verilog module around top.sv, one for each way in of samples.

    dma         AXI4-Stream ports, to and from an AXI DMA
    registers   no streams: a window of the AXI4-Lite map, so that no DMA and no vendor's part is needed
"""

from __future__ import annotations

from pathlib import Path

import jinja2

from base.errors import expected
from base.files import write_text
from rtl.emit import HERE, sources
from spec import registers
from spec.netspec import NetSpec

TOP = "firstspike_top"  # the module's name, whichever way
WAYS = ("dma", "registers")
IN_DEPTH = 64  # beats: more than a program writes between two looks at the room
STREAMS = [(f"{side}_axis_{name}", flow if name != "tready" else back, bits)
           for side, flow, back in (("s", "input", "output"), ("m", "output", "input"))
           for name, bits in (("tdata", 32), ("tvalid", 1), ("tready", 1), ("tlast", 1))]
REGISTERS = [(f"s_axi_{name}", direction, bits) for name, direction, bits in (
    ("awaddr", "input", registers.ADDRESS_BITS), ("awvalid", "input", 1), ("awready", "output", 1),
    ("wdata", "input", 32), ("wstrb", "input", 4), ("wvalid", "input", 1), ("wready", "output", 1),
    ("bresp", "output", 2), ("bvalid", "output", 1), ("bready", "input", 1),
    ("araddr", "input", registers.ADDRESS_BITS), ("arvalid", "input", 1), ("arready", "output", 1),
    ("rdata", "output", 32), ("rresp", "output", 2), ("rvalid", "output", 1), ("rready", "input", 1))]


def wrap(spec: NetSpec, folder: Path, way: str) -> list[Path]:
    """Write <way>/firstspike_top.v into the folder of an emitted design; return all sources in compile order."""
    if way not in WAYS:
        raise expected("way", way, ", ".join(WAYS))
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"),
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    path = folder / way / f"{TOP}.v"
    write_text(path, environment.get_template(f"system_{way}.v.j2").render(
        digest=spec.digest, top=TOP, streams=STREAMS, registers=REGISTERS, in_depth=IN_DEPTH,
        out_depth=out_depth(spec)))
    return [*sources(folder), path]


def out_depth(spec: NetSpec) -> int:
    """Beats of results that wait for a program: at least two results, a power of two, in LUTRAM."""
    return max(32, 1 << (2 * spec.readout.beats - 1).bit_length())
