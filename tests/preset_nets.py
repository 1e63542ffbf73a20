"""The presets of board/presets, each with the data set that it is made for, and networks of that shape."""

from __future__ import annotations

from pathlib import Path

from quant_nets import quantised_network

from board.preset import load_preset
from model.data.recording import Layout, Preparation
from model.data.sets import deap, dreamer, eegmat, seed_cap, seed_v
from model.data.sets.paper import paper_settings
from model.data.sets.ratings import CLASS_NAMES
from model.data.signal.features import feature_names
from model.lsnnet import LSNNetConfig
from quant.export import export
from quant.lower import lower
from spec.netspec import NetSpec

# preset -> (layout, settings, most classes), of the readers themselves
DATASETS: dict[str, tuple[Layout, Preparation, int]] = {
    "default": (eegmat.LAYOUT, eegmat.SETTINGS, len(eegmat.CLASS_NAMES)),
    "seed": (seed_cap.LAYOUT, paper_settings(seed_cap.LAYOUT), len(seed_v.CLASSES)),
    "deap": (deap.LAYOUT, paper_settings(deap.LAYOUT), len(CLASS_NAMES)),
    "dreamer": (dreamer.LAYOUT, paper_settings(dreamer.LAYOUT), len(CLASS_NAMES)),
}

MOST_CYCLES = 5000  # latency of the worst sample: every neuron spikes
MOST = {"lut": 20000, "bram36": 60, "dsp": 110}  # of the XC7Z020's 53,200, 140 and 220


def config(preset: str) -> LSNNetConfig:
    """The preset's network for its data set, with the most classes that the set has."""
    layout, settings, classes = DATASETS[preset]
    frames, height, width = layout.shape
    known = load_preset(preset)
    channels = frames * len(feature_names(settings.features))
    return LSNNetConfig(channels, height, width, classes, known.channels, known.hidden)


def lowered(preset: str, bits: int, path: Path) -> NetSpec:
    """What an untrained network of the preset, calibrated to `bits` and written to `path`, lowers to."""
    shape = config(preset)
    export(quantised_network(shape, bits), (shape.in_channels, shape.height, shape.width), path)
    return lower(path, load_preset(preset))
