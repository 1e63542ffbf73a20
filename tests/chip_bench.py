"""The C++ bench of the whole chip (tests/chip): its case, its build, its run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from synthetic import make_spec, make_words

from rtl import cycles, sim
from rtl.emit import emit
from spec import packets, registers
from spec.fold import fold
from spec.netspec import NetSpec

HERE = Path(__file__).parent / "chip"
BENCH = sorted(HERE.glob("*.cpp"))
CACHE = Path(__file__).parents[1] / "build" / "verilated"
SAMPLES = 12
CHECKS = ("registers", "random", "resets")
# Few cycles per sample; a last beat with padding, every unit more than once, lanes that do not divide a beat,
# pauses inside a pixel (the first pointwise unit takes three beats for two that it sends), a layer of more than two
# groups of 8 neurons, and a folded one. The seed is one whose samples have two spikes in the last tick of each layer,
# every class, ties, and logits in most orders. The first block makes two passes over a pixel and so holds up the
# convolution before it; the second takes a row of taps at once.
SPEC = replace(
    fold(make_spec(bits=4, channels=9, height=2, width=3, blocks=(6, 3), hidden=(18, 4), classes=3, seed=5730),
         lanes=(3, 3), taps=(9, 3), pe=(3, 3), multipliers="lut", neurons=(18, 2)),
    preset="a-preset-whose-name-fills-its-32", date="2026-11-26")

# Every second row and column of a convolution, which takes a row of taps at once; beats with and without an output.
STRIDED = fold(make_spec(bits=4, channels=4, height=4, width=4, blocks=(2,), hidden=(4,), classes=2, strides=(2,)),
               lanes=(2,), taps=(3,))

# The cores shift and dsp: layers and read-outs in a network of each, folded in the one and whole in the other.
CORES = [
    fold(make_spec(bits=4, channels=9, height=2, width=3, blocks=(6, 3), hidden=(10, 6), classes=3, lanes=3, seed=163),
         (3, 3), core=core, features=features, neurons=neurons, classes=classes)
    for core, features, neurons, classes in (("dsp", 3, (10, 2), 3), ("shift", 1, (5, 6), 1))
]

# Read-outs that decide early, behind folded neurons and whole ones: after every tick there is, for every class, and at
# just the lead that is asked for.
EARLY = [
    NetSpec("early", (*spec.units[:-1], replace(spec.readout, early=rule, margin=margin)))
    for spec, rule, margin in (
        (fold(make_spec(bits=4, channels=9, height=2, width=3, blocks=(6, 3), hidden=(10, 6), classes=3, lanes=3,
                        seed=163), (3, 3), neurons=(10, 3)), "exact", 0),
        (fold(make_spec(bits=4, channels=9, height=2, width=3, blocks=(6, 3), hidden=(12,), lanes=3, seed=1), (3, 3)),
         "margin", 9))
]


def design(folder: Path, spec: NetSpec = SPEC) -> list[Path]:
    """Emit `spec` with the bench's case.txt; returns the sources."""
    size, ring = spec.input.beats, packets.pack(spec, make_words(spec, SAMPLES)).ravel()
    numbers = {"beats": size, "beats_out": spec.readout.beats, "SPIKING": len(spec.spiking), "STAGES": len(spec.units),
               "ADDRESS_BITS": registers.ADDRESS_BITS, "clear_cycles": (1 << spec.time_bits) + 40, "sweep_cycles": 260,
               "patience": 16 * cycles.worst_latency(spec)}  # in which something that is waited for must happen
    for register in registers.REGISTERS.values():
        numbers[register.name] = register.offset
        numbers |= {f"{register.name}.{field}": low for field, low, _ in register.fields}
    lines = [f"{name} {word}" for name, word in numbers.items()]
    lines.append(_line("identity", [word for words in registers.identity(spec).values() for word in words]))
    lines.append(_line("ring", ring))
    # A transfer for any place in the ring and any beats up to a sample's.
    cuts = [(place, length) for place in range(len(ring)) for length in range(1, size + 1)]
    transfers = np.concatenate([np.take(ring, np.arange(place, place + length), mode="wrap").astype(np.uint64)
                                for place, length in cuts])
    transfers[np.cumsum([length for _, length in cuts]) - 1] |= packets.LAST
    answer = packets.answer(spec, transfers)
    lines += [_line("answer", [*cut, *result, *spikes])
              for cut, result, spikes in zip(cuts, answer.outputs, answer.spikes, strict=True)]
    sources = emit(spec, folder)
    (folder / "case.txt").write_text("\n".join([*lines, ""]))
    return sources


def _line(name: str, words: Iterable[int]) -> str:
    return " ".join([name, *(str(int(word) & 0xFFFF_FFFF) for word in words)])


def build(sources: list[Path], spec: NetSpec = SPEC) -> Path:
    return sim.build(sources, CACHE, spec.digest, BENCH)


def run(program: Path, folder: Path, *checks: str, timeout_s: float = 600) -> str | None:
    """Run checks of main.cpp in the design's folder. None, or the line that says what differed first."""
    done = subprocess.run([str(program.resolve()), "case.txt", *checks], cwd=folder, capture_output=True, text=True,
                          check=False, timeout=timeout_s)
    return None if done.returncode == 0 else (done.stderr or done.stdout or f"exit {done.returncode}").strip()
