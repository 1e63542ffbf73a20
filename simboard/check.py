"""A whole test set through the driver, on the simulated board: `python -m simboard.check FOLDER`, in .venv-board.

FOLDER has firstspike.bit with its spec, and words.npy; out come result.npz (outputs, spikes, latency, each sample in a
transfer of its own) and result.json (seconds, samples per transfer, what computed). All samples in as few transfers as
can be, which give no spikes of each, must have the same outputs, and those spikes in all.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from base.files import write_json, write_npz
from firstspike_board import Chip, Result
from simboard.device import Board


def check(folder: Path) -> None:
    board = Board()
    words = np.load(folder / "words.npy", allow_pickle=False)
    begin = time.monotonic()
    try:
        with Chip(folder / "firstspike.bit", device=board) as chip:
            loaded = time.monotonic()
            whole = chip.classify(words)
            between = time.monotonic()
            each = whole if len(whole.samples) == len(words) else chip.classify(words, alone=True)
    finally:
        board.close()
    end = time.monotonic()
    if not np.array_equal(_outputs(whole), _outputs(each)) or (whole.spikes.sum(0) != each.spikes.sum(0)).any():
        raise RuntimeError("one transfer and one for each sample give different results")
    write_npz(folder / "result.npz", outputs=_outputs(each), spikes=each.spikes, latency=np.array(each.latency))
    write_json(folder / "result.json", {
        "source": each.source, "load_s": round(loaded - begin, 2), "whole_s": round(between - loaded, 2),
        "each_s": round(end - between, 2), "transfers": len(whole.samples)})


def _outputs(result: Result) -> np.ndarray:
    return np.column_stack([result.logits, result.classes])


if __name__ == "__main__":
    check(Path(sys.argv[1]))
