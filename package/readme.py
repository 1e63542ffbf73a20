"""README.md of the archive: what it is, what is missing in it, how it gets onto a board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LICENCES = {  # of data sets whose owners say what may become of them, by the name that dataset.json has
    "eegmat": "They are derived from EEGMAT (PhysioNet), which is under the Open Data Commons Attribution License "
              "(ODC-By 1.0): pass them on with this note.",
    "simulated": "They are simulated, no person's: nothing that is said about them says anything about people.",
}
OTHERS = ("They are derived from recordings whose owners say who may have them: do not pass this archive on before you "
          "have read their conditions.")


def text(report: dict[str, Any], wheel: str, missing: Sequence[str]) -> str:
    """report: the run's report.json; wheel: the wheel's name; missing: lines on what is not in the archive."""
    data = report["dataset"]
    lacks = "\n".join(f"- **{line}**" for line in missing) or "Nothing: bitstream and .hwh are in it."
    exact = sum(row["mismatches"] for row in report["bit_exact"])
    samples = f"{data['samples_test']} test samples"
    return f"""# firstspike for a board

Network: preset `{report['preset']}`, INT{report['bits']}, digest `{report['spec_digest'][:8]}`, trained on \
{data['name']}{' (SIMULATED EEG)' if data['simulated'] else ''}; made for {report['board']} ({report['part']}).

| file | what |
|---|---|
| `{wheel}` | all that a board needs: driver, network, notebook; needs NumPy, and pynq to reach a chip |
| `board.md` | from an SD card to the first spike; what each error means; how to measure |
| `firstspike/` | the same network and notebook, to look at: `spec.json`, `params.npz`, bitstream, `samples.npz`, \
`report.json`, `firstspike.ipynb` |
| `c/` | register map, samples and an example for programs without Linux |

## What is missing

{lacks}

No run of this design on a board is known to who made this archive: clock, latency, throughput and power on a board are
**not measured**. In simulation {samples} were compared with the golden model, {exact} differed.

## On the board

```
python3 -m pip install --no-index --no-build-isolation {wheel}
pynq get-notebooks firstspike -p /home/xilinx/jupyter_notebooks -o
```

as root, in the terminal of the board's JupyterLab; then open `firstspike/firstspike.ipynb`. Without a board the same
two commands do on a PC (the second one needs pynq; else open `firstspike/firstspike.ipynb` of this archive).

## Samples

`samples.npz` holds {samples} of {data['name']}: {data['source']}. {LICENCES.get(data['name'], OTHERS)}

Licence of all else: Apache-2.0 (`LICENSE`).
"""
