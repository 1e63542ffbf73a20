"""README.md of the archive: what it is, what is missing in it, how it gets onto a board, what must come out."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from package.bitstream import BIT, Bitstream, missing
from spec import golden
from spec.netspec import NetSpec

LICENCES = {  # of data sets whose owners say what may become of them, by the name that dataset.json has
    "eegmat": "They are derived from EEGMAT (PhysioNet), which is under the Open Data Commons Attribution License "
              "(ODC-By 1.0): pass them on with this note.",
    "simulated": "They are simulated, no person's: nothing that is said about them says anything about people.",
}
OTHERS = ("They are derived from recordings whose owners say who may have them: do not pass this archive on before you "
          "have read their conditions.")


def first_said(spec: NetSpec, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> str:
    """The first line of notebook/first.py, by the golden model. x (N, C, H, W): features; y (N,); names: of classes."""
    trace = golden.run(spec, spec.input.quantise(x[:1]))
    return f"sample 0: logits {trace.logits[0].tolist()}, so {names[trace.predicted[0]]}; in truth {names[y[0]]}"


def text(report: dict[str, Any], wheel: str, bitstream: Bitstream, first: str) -> str:
    """report: the run's report.json; wheel: the wheel's name; bitstream: what is in the archive, or why not; first:
    what first_said says."""
    data, cycles, clock = report["dataset"], report["cycles"], report["timing"]
    lacks = "\n".join(f"- **{line}**" for line in missing(bitstream)) or "Nothing: bitstream and .hwh are in it."
    exact = sum(row["mismatches"] for row in report["bit_exact"])
    samples, found = f"{data['samples_test']} test samples", report["accuracy"]["quantised"]
    simulated = " (SIMULATED EEG)" if data["simulated"] else ""
    frames, height, width = data["shape"]
    channels, classes = frames * len(data["features"]), ", ".join(
        f"{place} = {name}" for place, name in enumerate(data["class_names"]))
    return f"""# firstspike for a board

Network: preset `{report['preset']}`, INT{report['bits']}, digest `{report['spec_digest'][:8]}`, trained on \
{data['name']}{simulated}; made for {report['board']} ({report['part']}).

| file | what |
|---|---|
| `{wheel}` | all that a board needs: driver, network, notebook; needs NumPy, and pynq to reach a chip |
| `board.md` | from an SD card to the first spike; what each error means; how to measure |
| `firstspike/` | the same network and notebook, to look at: `spec.json`, `params.npz`, bitstream, `samples.npz`, \
`report.json`, `firstspike.ipynb`, `first.py` |
| `c/` | register map, samples and an example for programs without Linux |

## Bitstream

{_sums(bitstream)}## What is missing

{lacks}

No run of this design on a board is known to who made this archive: clock, latency, throughput and power on a board are
**not measured**. In simulation {samples} were compared with the golden model, {exact} differed.

## On the board

Unpack the archive; then, in the folder in which this file lies, as root, in the terminal of the board's JupyterLab:

```
python3 -m pip install --no-index --no-build-isolation ./{wheel}
pynq get-notebooks firstspike -p /home/xilinx/jupyter_notebooks --ignore-overlays --force
```

and open `/home/xilinx/jupyter_notebooks/firstspike/firstspike.ipynb`, the one that the second command has put there.
`board.md` says what each of them prints. On a PC without pynq, the first one, then `firstspike/firstspike.ipynb` of
this archive.

## What must come out

Classes: {classes}. A sample is {data['sample_s']:g} s: {channels} channels ({frames} frames of {data['frame_s']:g} s \
with {len(data['features'])} features each: {', '.join(data['features'])}; the first frame's
features come first), {height}x{width} places of electrodes, which `report.json` names (`dataset.grid`).
`python3 first.py`, in the notebook's folder, prints

```
{first}
```

and what computed it. It is the same with and without a board: logits are integers, and equal or wrong.

| what | must be |
|---|---|
| test samples whose class the notebook finds | {found['acc']:.1%}, balanced accuracy {found['balanced']:.1%}\
{simulated} |
| a chip's latency by DMA, samples one at a time | {cycles['latency']:,} cycles at most, {cycles['latency_mean']:,.0f} \
in the mean |
| cycles from result to result, samples one after the other | {cycles['interval']:,.0f} |

Cycles are those of RTL simulation. At {clock['clock_mhz']:g} MHz ({clock['source']}) they are \
{cycles['latency'] / clock['clock_mhz']:.2f} µs at most, and {cycles['interval'] / clock['clock_mhz']:.2f} µs
from result to result.

## Samples

`samples.npz` holds {samples} of {data['name']}: {data['source']}. {LICENCES.get(data['name'], OTHERS)}

Licence of all else: Apache-2.0 (`LICENSE`).
"""


def _sums(bitstream: Bitstream) -> str:
    """A table of what was built: size and SHA-256, so that a damaged or empty one is seen."""
    if BIT not in bitstream.files:
        return "None.\n\n"
    rows = [f"| `firstspike/{name}` | {len(data):,} | `{sha256(data).hexdigest()}` |"
            for name, data in bitstream.files.items()]
    return "\n".join(["| file | bytes | SHA-256 |", "|---|---|---|", *rows, "", ""])
