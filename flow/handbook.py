"""What the targets and the settings are, for people: `make help`, and docs/settings.md (`make docs`)."""

from __future__ import annotations

import textwrap

from base.files import write_text
from base.records import ROOT
from flow.reading import CONFIG, FIELDS, wanted
from flow.settings import VARIABLES, Settings, text_of

PAGE = ROOT / "docs" / "settings.md"
RUN = {  # of python -m flow
    "demo": "the whole way: data, training, quantisation, HLS, RTL, resources, report",
    "data": "download a public data set (DATASET=eegmat) into DATA_ROOT",
    "train": "train LSNNet and what stands beside it: SVM, ANN twin, majority class",
    "quant": "quantise (tune: Brevitas, to QONNX) and lower to NetSpec",
    "tune": "the first half of quant, to model.onnx",
    "lower": "the second half of quant, to spec.json",
    "earliest": "what deciding before the read-out's window has ended saves, on the test set: docs/earliest.md",
    "hls": "emit the C++ kernels, run their C simulation; Vitis HLS or Bambu (HLS) where on PATH",
    "rtl": "emit the SystemVerilog top, its parameters and ROMs, and lint them",
    "cosim": "Verilate the RTL and compare every test sample; count cycles and spikes",
    "board-sim": "driver and notebook on a simulated board, over the whole test set (pynq in .venv-board)",
    "synth": "count resources with Yosys",
    "timing": "place and route with nextpnr-himbaechel or Vivado, where on PATH: the clock, its worst paths",
    "overlay": "a bitstream for BOARD, by Vivado or (ROUTE=open) by Yosys, nextpnr and Project X-Ray, where on PATH",
    "energy": "count toggles over the test set, and gates as of an ASIC (minutes)",
    "live": "raw EEG in, class out, as it comes: recordings, LabStreamingLayer, BrainFlow (docs/live.md)",
    "report": "report.json and report.html from what the stages left",
    "package": "one archive for a board: driver wheel, notebook, network, test samples, bitstream where there is one",
}
STUDY = {  # of python -m study
    "audit": "can DATASET's classes be told apart without EEG: length, padding, rank, step, …? A page (minutes)",
    "choose": "compare feature sets of two classes by cross-validation over the subjects that are not tested",
    "folds": "the run's network as the presets fold it: cycles, resources, into docs/ (minutes each)",
    "explore": "every fold by cost and cycle model; knees and presets are built: docs/explore.md (minutes)",
    "reproduce": "the paper's tables for DATASET, into docs/ (EEGMAT: under an hour on 2 cores)",
}
MAKE = {  # of the Makefile alone
    "setup": "make .venv, which every other target does where it is missing",
    "install": "make .venv anew, whatever is there",
    "peers": "the same network through FINN and hls4ml (in .venv-peers) and as a dense ANN: docs/peers.md",
    "test": "every test",
    "nightly": "the long tests; 200 random small networks through lint, RTL and C simulation (under an hour)",
    "proofs": "stream units and registers by SymbiYosys: by induction, or all that can happen in a bounded time",
    "bench": "samples per second of golden model, C simulation, Verilator and QONNX",
    "soak": "random transfers with stalls, resets and wrong lengths through the chip, which must answer every one",
    "rehearsal": "an emotion DATASET at full size, simulated, the way of reproduce: time, memory, docs/rehearsal.md",
    "faults": "hand-made faults of the RTL, which the tests must notice; their table in docs/verification.md",
    "lint": "ruff, mypy, Verilator lint, C++ with -Wall -Wextra and sanitizers",
    "docs": "write docs/settings.md anew",
    "clean": "remove build",
}
GROUPS = {
    "data": "Data, and how recordings become samples", "network": "Network and its folding",
    "training": "Training", "hardware": "Quantisation and hardware", "live": "make live",
    "run": "The run", "study": "make reproduce",
}
_HEAD = f"""# Settings

<!-- Written by `make docs` from flow/settings.py. -->

`make <target> NAME=value …`, for instance `make demo DATASET=eegmat BITS=6`, or `.venv/bin/python -m flow <target>
--name value` (`-m study` for reproduce and choose).
`{CONFIG}=my.toml` takes any of them from a file, named in small letters; a variable goes before the file:

```
dataset = "eegmat"
features = ["bandpower", "pse"]
epochs = 40
channels = [32, 16]
```

A value that is not known is refused, before anything is read, with what was expected; so is a variable that the target
would ignore. A setting is part of the key of each stage that depends on it: a change runs these stages again, and what
needs them, and nothing else."""


def default(field: str) -> str:
    """A field's default, in words where it is no value."""
    about = VARIABLES[field]
    return about.default or text_of(Settings.model_fields[field].default)


def meaning(field: str) -> str:
    """What a setting is and, where that is not said by its names, what its value has to be."""
    kind = "" if wanted(field) == "a text" else f"; {wanted(field)}"
    return f"{VARIABLES[field].help}{kind}"


def by_group() -> dict[str, list[str]]:
    """Names of variables under their group's title."""
    return {title: [name for name, field in FIELDS.items() if VARIABLES[field].group == group]
            for group, title in GROUPS.items()}


def terminal() -> str:
    """Text of `make help`."""
    lines = [f"make {target:10} {what}" for target, what in (RUN | STUDY | MAKE).items()]
    lines += ["", "Each stage first runs what it needs, if stale. Settings, as NAME=value, [what they are else], unit:",
              f"  {CONFIG}  a .toml file with any of these, named in small letters"]
    for title, names in by_group().items():
        lines += ["", title]
        for name in names:
            unit = VARIABLES[FIELDS[name]].unit
            lines += textwrap.wrap(f"{name}=[{default(FIELDS[name])}]{' ' * bool(unit)}{unit}  {meaning(FIELDS[name])}",
                                   118, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    return "\n".join(lines)


def page() -> str:
    """Text of docs/settings.md."""
    parts = [_HEAD]
    for title, names in by_group().items():
        rows = [f"| `{name}` | {default(field)} | {about.unit} | {meaning(field)} | {', '.join(about.used_by)} |"
                for name in names for field in [FIELDS[name]] for about in [VARIABLES[field]]]
        head = ["| variable | default | unit | meaning | first used by |", "|---|---|---|---|---|"]
        parts += [f"## {title}", "\n".join([*head, *rows])]
    targets = [f"| `{target}` | {what} |" for target, what in (RUN | STUDY | MAKE).items()]
    return "\n\n".join([*parts, "## Targets", "\n".join(["| `make …` | |", "|---|---|", *targets])]) + "\n"


if __name__ == "__main__":
    write_text(PAGE, page())
