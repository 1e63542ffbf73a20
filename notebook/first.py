"""One test sample in, the name of a class out: a whole program. `python3 first.py`, on a board or without one."""

import json
from pathlib import Path

import numpy as np

from firstspike_board import BoardError, Chip

HERE = Path(__file__).parent
names = json.loads((HERE / "report.json").read_text(encoding="utf-8"))["dataset"]["class_names"]
with np.load(HERE / "samples.npz") as samples:
    x, y = samples["x"], samples["y"]  # (N, C, H, W) features; (N,) classes in truth
try:
    with Chip(HERE / "firstspike.bit") as chip:
        result = chip.classify(x[:1])
except BoardError as error:
    raise SystemExit(f"{type(error).__name__}: {error}") from error
print(f"sample 0: logits {result.logits[0].tolist()}, so {names[result.classes[0]]}; in truth {names[y[0]]}")
print(f"computed by: {result.source}")
if result.latency is not None:
    print(f"latency: {result.latency[0]} cycles")
