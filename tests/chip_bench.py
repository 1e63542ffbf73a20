"""The C++ bench of the whole chip (tests/chip): its case, its build, its run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from synthetic import make_spec, make_words

from rtl import sim
from rtl.emit import emit
from spec import golden, packets, registers
from spec.netspec import NetSpec

HERE = Path(__file__).parent / "chip"
BENCH = sorted(HERE.glob("*.cpp"))
CACHE = Path(__file__).parents[1] / "build" / "verilated"
SAMPLES = 12
CHECKS = ("registers", "random", "resets")
# Few cycles per sample; a last beat with padding, every unit more than once, lanes that do not divide a beat,
# pauses inside a pixel (the first pointwise unit takes three beats for two that it sends), and a layer of more than two
# groups of 8 neurons. The seed is one whose samples have two spikes in the last tick of each layer, every class, ties,
# and logits in most orders.
SPEC = make_spec(bits=4, channels=9, height=2, width=3, blocks=(6, 3), hidden=(18, 4), classes=3, lanes=3, seed=5730)


def design(folder: Path, spec: NetSpec = SPEC) -> list[Path]:
    """Emit `spec` with the bench's case.txt; returns the sources."""
    words = make_words(spec, SAMPLES)
    trace = golden.run(spec, words)
    numbers = {"beats": spec.input.beats, "SPIKING": len(spec.spiking), "STAGES": len(spec.units),
               "ADDRESS_BITS": registers.ADDRESS_BITS, "clear_cycles": (1 << spec.time_bits) + 40, "sweep_cycles": 200}
    for register in registers.REGISTERS.values():
        numbers[register.name] = register.offset
        numbers |= {f"{register.name}.{field}": low for field, low, _ in register.fields}
    identity = {"MAGIC": registers.MAGIC, "VERSION": registers.VERSION, **registers.identity(spec)}
    numbers |= {f"{name}.value": word for name, word in identity.items()}
    lines = [f"{name} {word}" for name, word in numbers.items()]
    for sample, beats in enumerate(packets.pack(spec, words)):
        result = [*trace.logits[sample], trace.predicted[sample]]
        for name, values in (("packet", beats), ("result", result), ("spikes", trace.spike_counts(spec)[sample])):
            lines.append(" ".join([name, *(str(int(value) & 0xFFFF_FFFF) for value in values)]))
    sources = emit(spec, folder)
    (folder / "case.txt").write_text("\n".join([*lines, ""]))
    return sources


def build(sources: list[Path], spec: NetSpec = SPEC) -> Path:
    return sim.build(sources, CACHE, spec.digest, BENCH)


def run(program: Path, folder: Path, *checks: str, timeout_s: float = 600) -> str | None:
    """Run checks of main.cpp in the design's folder. None, or the line that says what differed first."""
    done = subprocess.run([str(program.resolve()), "case.txt", *checks], cwd=folder, capture_output=True, text=True,
                          check=False, timeout=timeout_s)
    return None if done.returncode == 0 else (done.stderr or done.stdout or f"exit {done.returncode}").strip()
