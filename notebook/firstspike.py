# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From recorded EEG to spikes in an FPGA
#
# This notebook loads a time-to-first-spike network into the FPGA of a PYNQ board, sends it recorded EEG, and shows what
# it says and how. Without a board it works as well: then the golden model, which every bit of the chip is compared
# with, computes the same integers, and the notebook says so.
#
# Run the cells from the top: *Run → Run All Cells*.

# %%
# %matplotlib inline
import json
import warnings
from pathlib import Path

import figures
import numpy as np
import spikes

from firstspike_board import Chip
from spec import golden

report = json.loads(Path("report.json").read_text(encoding="utf-8"))
data = report["dataset"]
names = data["class_names"]
eeg = "simulated EEG, no person's" if data["simulated"] else f"recorded EEG, {data['name']}"
with np.load("samples.npz") as samples:
    x, y = samples["x"], samples["y"]
print(f"{len(x)} test samples of {data['sample_s']:g} s: {eeg} ({data['source']})")
print(f"classes: {', '.join(names)}; network: preset {report['preset']}, INT{report['bits']}, "
      f"digest {report['spec_digest'][:8]}")
if data["simulated"]:
    print("SIMULATED EEG: accuracies say nothing about people.")

# %% [markdown]
# ## The chip
#
# `Chip` loads the bitstream, compares identity and digest of what answers with the network's, and sends it samples
# whose answer it knows. Only then it is ready.

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    chip = Chip("firstspike.bit")
on_chip = "golden model" not in chip.source
if on_chip:
    from pynq import Device

    board = str(Device.active_device.name)
    measured = "simulated" if "simulated" in board else "measured"
    print(f"This runs on a chip: {board}, {chip.source}. Its cycles are {measured}.")
    if measured == "simulated":
        print("That board is a program: it runs the chip's own RTL, cycle by cycle. No FPGA is involved.")
else:
    measured = "simulated"
    print(f"This runs on NO chip: {chip.source}. Classes, logits and spikes are those of the chip, bit for bit; "
          "there are no cycles and no time to measure.")
    for warning in caught:
        print("Why:", warning.message)

# %% [markdown]
# ## One sample
#
# Below is what the network gets: one number per frame of time, feature and electrode, each electrode where it sits on
# the head; in standard deviations (σ) from the mean, red above it, blue below. `sample` is the first one that is
# classified rightly though the read-out began on another side; choose any other number, and run the cells from here on
# again.

# %%
words = chip.spec.input.quantise(x)
trace = golden.run(chip.spec, words)
decisions = [spikes.decision_of(chip.spec, trace, place) for place in range(len(x))]
turned = [place for place, found in enumerate(decisions) if found.turned and found.chosen == y[place]]
sample = [*turned, 0][0]
figures.electrode_grid(x[sample], data["grid"], data["features"], data["frame_s"], eeg)

# %% [markdown]
# Its spikes: every neuron fires at most once, and the earlier, the stronger. A layer's neurons fire in the layer's own
# window of time, which begins where that of the layer before ends. Single spikes are shown as **the golden model** has
# them: the chip says how many there are in each layer, which is compared here, but not which neuron fired when.
# The read-out adds up while the last layer fires. From the dashed line on its decision does not change any more: the
# earliest moment at which a chip that lives through these ticks (core `ticks`) could have said it.

# %%
layers = spikes.layers_of(chip.spec, trace, sample)
decision = decisions[sample]
answer = chip.classify(x[sample:sample + 1])

counted = answer.spikes[0].tolist()
expected = [len(layer.ticks) for layer in layers]
counter = "the chip's counters" if on_chip else "the driver"
assert counted == expected, f"spikes by {counter}: {counted}, of the golden model: {expected}"
assert (decision.running[-1] == answer.logits[0]).all(), f"logits by {counter}: {answer.logits[0]}"
print(f"spikes by {counter}: {counted}, equal to the golden model's")
print(f"decided at tick {decision.tick} of {decision.ticks[-1]}; the logits at its last tick equal those by {counter}")
if chip.spec.core != "ticks":
    print(f"This chip's core, {chip.spec.core}, adds the same numbers as they come: ticks are no moments in it.")
figures.spike_raster(layers, decision, names, eeg)

# %%
scale = 2.0 ** chip.spec.readout.exponent
for name, logit in zip(names, answer.logits[0], strict=True):
    print(f"{name:>12}: {logit:8d}  ({logit * scale:+.3f})")
print(f"so: {names[answer.classes[0]]}; in truth: {names[y[sample]]}")

# %% [markdown]
# ## All test samples
#
# Each sample is a transfer of its own, so that each has its latency.

# %%
if data["split"] == "subjects":
    print("the people in them were never seen in training")
else:
    print(f"divided {data['split']} people: they were seen in training, with other samples")
result = chip.classify(x, alone=True)
print(f"computed by: {result.source}")
assert (result.logits == trace.logits).all(), "logits are not the golden model's"
assert (result.classes == trace.predicted).all(), "classes are not the golden model's"
assert (result.spikes == trace.spike_counts(chip.spec)).all(), "counts of spikes are not the golden model's"
if on_chip:
    print(f"bit for bit as the golden model: logits, class and spikes of every layer, all {len(y)} samples")
recall = [(result.classes[y == label] == label).mean() for label in range(len(names)) if (y == label).any()]
print(f"right: {(result.classes == y).mean():.1%} of {len(y)}; balanced accuracy {np.mean(recall):.1%}, "
      f"{eeg}; chance {1 / len(names):.1%}")
fired, neurons = result.spikes.sum() / len(y), sum(layer.size for layer in layers)
print(f"spikes: {fired:.0f} of {neurons} neurons fire per inference")
figures.margins(result.logits, y, names, eeg)

# %%
matrix = np.zeros((len(names), len(names)), np.int64)
np.add.at(matrix, (y, result.classes), 1)
figures.confusion(matrix, names, eeg)

# %%
ticks = np.array([found.tick for found in decisions if found.turned])
print(f"earliest decision, by the golden model: {len(y) - len(ticks)} of {len(y)} samples end where the read-out "
      "begins, on the side of its biases")
if len(ticks):
    print(f"the other {len(ticks)} are decided at tick {np.median(ticks):.0f} of {decision.ticks[-1]} (median), "
          f"the latest at {ticks.max()}")

# %% [markdown]
# ## Time
#
# Latency is counted by the chip itself, from a sample's first word in to its result's last word out. What the driver
# and Linux add is not in it.

# %%
clock_mhz = report["timing"]["clock_mhz"]
cycles = report["cycles"]
if result.latency is not None:
    print(f"latency, {measured}: slowest {result.latency.max():,} cycles; RTL simulation of the same samples: "
          f"{cycles['latency']:,}")
    if "registers" in chip.source:
        print("Samples are written word by word into the chip's registers here: most of this latency is the program's.")
else:
    print(f"No chip, so no cycles of this run. RTL simulation of the same samples when the network was built: slowest "
          f"{cycles['latency']:,} cycles, {cycles['latency'] / clock_mhz:.2f} µs at {clock_mhz:g} MHz; a result every "
          f"{cycles['interval']:,.0f} cycles.")
print(f"clock: {clock_mhz:g} MHz, {report['timing']['source']}")
figures.latency_histogram(result.latency, clock_mhz, measured, eeg) if result.latency is not None else None

# %%
figures.stages(cycles["per_stage"], clock_mhz, cycles["per_stage_of"], eeg)

# %% [markdown]
# ## Size and energy

# %%
used = report["resources"]
figures.resources(used, used["limits"], report["part"], f"{used['tool']}, {used['basis']}", eeg)

# %%
estimates = report["estimates"]
print("ESTIMATES: no energy was measured (board.md says how one measures it).")
if estimates["energy_uj"] is not None:
    print(f"  whole board in one latency: {estimates['energy_uj']:.1f} µJ")
print(f"  arithmetic alone, in an ASIC: {estimates['arithmetic_nj']:.0f} nJ")
print(f"Basis: {estimates['basis']}.")

# %%
chip.close()
