"""The presets of board/presets, each with the data set that it is made for, and networks of that shape."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from quant_nets import quantised_network

from board.preset import load_preset
from model.data.recording import Layout, Preparation
from model.data.registry import SETS
from model.data.sets.paper import paper_settings
from model.data.signal.features import feature_names
from model.lsnnet import LSNNetConfig
from quant.export import export
from quant.lower import lower
from spec.netspec import NetSpec


def _made_for(preset: str) -> tuple[Layout, Preparation, int]:
    """Layout, settings and most classes of the data sets with this preset, of the readers themselves."""
    readers = [import_module(f"model.data.sets.{entry.reader.split(':')[0]}") for entry in SETS.values()
               if entry.preset == preset]
    own = [module for module in readers if hasattr(module, "LAYOUT")]  # `folder` has no shape of its own
    layout = own[0].LAYOUT
    settings = getattr(own[0], "SETTINGS", None) or paper_settings(layout)
    return layout, settings, max(len(getattr(module, "CLASS_NAMES", ())) for module in own)


DATASETS = {preset: _made_for(preset) for preset in dict.fromkeys(entry.preset for entry in SETS.values()
                                                              if entry.eeg)}

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
