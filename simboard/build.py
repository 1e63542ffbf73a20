"""The simulated board's bitstream: the emitted design behind a pipe, compiled, and a text that says where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from base.files import atomic_path, read_json, read_npz, write_json, write_text
from firstspike_board import places
from rtl import sim, system
from simboard import environment, handoff
from spec.netspec import NetSpec

SERVER = Path(__file__).parent / "server.cpp"


def build(spec: NetSpec, folder: Path, cache: Path, bitstream: Path, way: str) -> None:
    """Compile the design that lies in `folder` (see rtl.emit); write `bitstream` with its .hwh and the spec beside it.

    way: one of rtl.system.WAYS.
    """
    options = ("--top-module", system.TOP, "--prefix", "Vtop", "+1364-2001ext+v", "-CFLAGS",
               f"-DSTREAMS={int(way == 'dma')}")
    program = sim.build(system.wrap(spec, folder, way), cache, spec.digest, (SERVER,), options)
    write_json(bitstream, {"digest": spec.digest, "way": way, "program": str(program.resolve()),
                           "folder": str(folder.resolve())})
    write_text(bitstream.with_suffix(".hwh"), handoff.text(way, places.DMA_LENGTH_BITS))
    spec.save(bitstream.parent)


def parts(bitstream: Path) -> list[Path]:
    """All that a board loads with one that `build` has left. KeyError, ValueError, OSError where that is damaged."""
    return [bitstream, bitstream.with_suffix(".hwh"), Path(read_json(bitstream)["program"])]


def drive(words: np.ndarray, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Samples (N, C, H, W) through the driver, in .venv-board: see simboard.check. folder: where firstspike.bit is.

    Raises UserError where that environment is not there, ToolError where the driver or the board fails.
    """
    with atomic_path(folder / "words.npy") as temporary:
        np.save(temporary, words, allow_pickle=False)
    environment.run(["-m", "simboard.check", str(folder.resolve())], folder / "check.log")
    return read_npz(folder / "result.npz"), read_json(folder / "result.json")
