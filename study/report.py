"""The page of a study and its plot."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flow.files import atomic_path
from flow.plots import COLOURS, SETTINGS
from study import results
from study.material import Material
from study.plan import ACTIVITY, BITS, CAUSAL, FLOAT, LEAKY, NOISE, Plan
from study.results import Found

PROTOCOLS = {
    "loso": "Leave one subject out", "kfold": "Within each subject, 5 folds grouped by trial",
    "9-3-3": "Within each session, 9 trials train, 3 validate, 3 test", "fixed": "Fixed subjects",
    "9-6": "Within each session, 9 trials train (the last of each class of them validates), 6 test",
    LEAKY: "LEAKY: windows shuffled, so that neighbours of a tested window have trained",
}


def page(
    found: Found, material: Material, plan: Plan, protocols: list[str], excluded: dict[str, str], seconds: float,
    name: str,
) -> str:
    """The whole page as Markdown."""
    about, main = material.about(), protocols[0]
    config = material.config(**plan.network)
    simulated = "**SIMULATED EEG: these numbers say nothing about people.** " if about["simulated"] else ""
    shape = "x".join(str(size) for size in about["shape"])
    noise, jitter = results.disturbances(found, main)
    parts = [
        f"# Results: {about['name']}",
        f"{simulated}Made by `make reproduce DATASET={about['name']}"
        f"{'' if about['simulated'] else ' DATA_ROOT=…'}`; nothing on this page is written by hand. {about['source']}.",
        f"{about['subjects']} subjects, {about['trials']} trials, {about['windows']} windows that do not overlap "
        f"({about['training_windows']} with the overlapping ones, which only train); samples {shape} of "
        f"{'+'.join(about['features'])}; classes {', '.join(about['class_names'])}. Network: channels "
        f"{plan.network['channels']}, hidden {plan.network['hidden']}; seeds {', '.join(map(str, plan.seeds))}. "
        f"All jobs together took {seconds / 60:.0f} core-minutes.",
        "Accuracies are percent, mean ± standard deviation over folds and seeds. Every model is chosen on validation "
        "windows of its fold; test windows are looked at once. SVM and majority class have no seed. `Balanced` is the "
        "mean recall of the classes; sensitivity, specificity and precision are of class "
        f"{about['class_names'][1] if found.classes == 2 else 'against rest, averaged'}.",
        "## What was wanted, and what came", *[f"- {line}" for line in results.reading(found, main)],
        f"Protocol: {PROTOCOLS[main].lower()}. Intervals are paired over folds, after averaging seeds (Student's t).",
        results.claim_table(found, main),
    ]
    for protocol in protocols:
        parts += [f"## {PROTOCOLS[protocol]}", results.classification(found, protocol),
                  "Confusion matrices: counts over all folds, mean over seeds.",
                  results.confusions(found, protocol, about["class_names"])]
    parts += [f"Not possible with this data: `{name}`: {reason}." for name, reason in excluded.items()]
    parts += [
        f"## {PROTOCOLS[LEAKY]}",
        "Only here to show the inflation; **no measure of anything new**. One seed.",
        results.classification(found, LEAKY),
        "## Ablations",
        f"All by the protocol: {PROTOCOLS[main].lower()}.",
        "### Back end: spiking or not", results.back_end(found, main, config),
        "A multiply-add (MAC) is a multiplication and an addition, a synaptic operation (SynOp) one addition; both "
        "count the back end alone, and neither is energy.",
        "### Front end: depthwise-separable or standard convolution", results.front_end(found, main, config),
        "Mult-Adds: half the FLOPs that PyTorch's counter finds in the two blocks.",
        "### Window rules and encoder", results.windows(found, main),
        "### Noise on the input", noise,
        "### Jitter on spike times", jitter,
        "### Bits", results.bit_widths(found, main),
        "Calibrated after training (power-of-two scales, biases corrected), the last column tuned as the hardware is.",
        "### Sparsity", results.sparsity(found, main, config),
        "### Smoothing: Kalman smoother or causal filter", results.smoothing(found, main, CAUSAL),
        "The smoother sees a trial's future; live, only the filter can run.",
        f"![Noise, bits, sparsity](results/{name}.png)",
    ]
    return "\n\n".join(parts) + "\n"


@matplotlib.rc_context(SETTINGS)
def draw(found: Found, material: Material, plan: Plan, protocol: str, folder: Path, name: str) -> None:
    """Noise, bits and sparsity against balanced accuracy, folder/<name>.png."""
    figure = Figure(figsize=(10.5, 3.0), dpi=110, layout="constrained")
    noise, bits, sparse = figure.subplots(1, 3, sharey=True)
    own, twin = found.all("disturbed", protocol), found.all("disturbed-ann", protocol)
    for label, rows, colour in (("LSNNet", own, COLOURS[0]), ("ANN twin", twin, COLOURS[1])):
        values = [rows[f"noise {level:g}"].mean_sd("balanced")[0] for level in NOISE]
        noise.plot(NOISE, values, marker="o", color=colour, label=label)
    _label(noise, "input noise, standard deviations")
    noise.set_ylabel("balanced accuracy, %")
    rounded = found.all("calibrated", protocol)
    for label, pattern, colour in (("weights", "w{b}t{f}", COLOURS[0]), ("time", "w{f}t{b}", COLOURS[1]),
                                   ("both", "w{b}t{b}", COLOURS[2])):
        values = [rounded[pattern.format(b=b, f=FLOAT)].mean_sd("balanced")[0] for b in BITS]
        bits.plot(range(len(BITS)), values, marker="o", color=colour, label=label)
    bits.set_xticks(range(len(BITS)), [str(b) for b in BITS])
    _label(bits, "bits, calibrated only")
    config = material.config(**plan.network)
    points = [found.row(f"activity-{weight:g}", protocol) for weight in ACTIVITY]
    spikes = [results.per_neuron(config, row.spikes.mean(axis=(0, 1)).tolist()) for row in points]
    sparse.plot(spikes, [row.mean_sd("balanced")[0] for row in points], marker="o", color=COLOURS[0], label="float")
    _label(sparse, "spikes per neuron")
    with atomic_path(folder / f"{name}.png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _label(axes: Axes, text: str) -> None:
    axes.set_xlabel(text)
    axes.legend()
