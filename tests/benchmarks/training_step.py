"""One training step at equal topology (800-64-32-2, batch 32, fused AdamW, one thread): TTFS and three others.

    PYTHONPATH=. OMP_NUM_THREADS=1 .venv/bin/python tests/benchmarks/training_step.py [DEVICE]

TTFS: encoder, windows and activity penalty, as `model.train` steps it. Dense: the same widths with ReLU. SpikingJelly
(multi-step) and snnTorch: LIF neurons over T = 8 steps, where they are installed; they are no part of this project's
environment (`pip install --no-deps spikingjelly==2.0.0 snntorch==1.0.0 loguru einops tqdm` into a copy of it: with
dependencies, SpikingJelly brings a torchvision that does not fit). On a CPU, processor time of this thread; on a GPU,
time until it is idle. Rounds take turns; a line has the least and the median of the rounds, and their ratios to dense.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.backend import back_end
from model.options import TrainOptions
from model.recipe import SOFTNESS
from model.ttfs import B1Layer, B1Readout, TTFSEncoder

INPUTS, HIDDEN, CLASSES, BATCH, TIMES = 800, (64, 32), 2, 32, 8
ROUNDS, STEPS = 60, 10
BATCHES = 64  # one batch again and again is learnt by heart, and gradients that vanish are slow numbers


class Ttfs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.readout = TTFSEncoder(), B1Readout(HIDDEN[-1], CLASSES)
        self.layers = nn.ModuleList(B1Layer(a, b) for a, b in itertools.pairwise((INPUTS, *HIDDEN)))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        logits, spikes = back_end(self.encoder, self.layers, self.readout, x, SOFTNESS)
        return torch.add(functional.cross_entropy(logits, y), spikes, alpha=TrainOptions().activity)


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        parts = [part for a, b in itertools.pairwise((INPUTS, *HIDDEN)) for part in (nn.Linear(a, b), nn.ReLU())]
        self.net = nn.Sequential(*parts, nn.Linear(HIDDEN[-1], CLASSES))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return functional.cross_entropy(self.net(x), y)


class SpikingJelly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        from spikingjelly.activation_based import functional as jelly
        from spikingjelly.activation_based import layer, neuron

        self.reset = jelly.reset_net
        parts = [part for a, b in itertools.pairwise((INPUTS, *HIDDEN, CLASSES))
                 for part in (layer.Linear(a, b), neuron.LIFNode(step_mode="m"))]
        self.net = nn.Sequential(*parts)
        jelly.set_step_mode(self.net, "m")

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        self.reset(self.net)
        return functional.cross_entropy(self.net(x.expand(TIMES, *x.shape)).mean(dim=0), y)


class SnnTorch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        import snntorch

        widths = list(itertools.pairwise((INPUTS, *HIDDEN, CLASSES)))
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in widths)
        self.neurons = nn.ModuleList(snntorch.Leaky(beta=0.5) for _ in widths)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        states = [neuron.init_leaky() for neuron in self.neurons]  # type: ignore[operator]
        total = torch.zeros(len(x), CLASSES, device=x.device)
        for _ in range(TIMES):
            out = x
            for index, (dense, neuron) in enumerate(zip(self.dense, self.neurons, strict=True)):
                out, states[index] = neuron(dense(out), states[index])
            total = total + out
        return functional.cross_entropy(total / TIMES, y)


def stepper(build: Callable[[], nn.Module], batches: list[tuple[Tensor, Tensor]], device: str) -> Callable[[], None]:
    torch.manual_seed(0)
    network = build().to(device).train()
    optimizer, turn = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True), itertools.cycle(batches)

    def step() -> None:
        loss = network.loss(*next(turn))  # type: ignore[operator]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def timed(step: Callable[[], None], device: str) -> float:
    """Milliseconds a step."""
    clock = time.thread_time if device == "cpu" else time.perf_counter
    started = clock()
    for _ in range(STEPS):
        step()
    if device != "cpu":
        torch.accelerator.synchronize()
    return (clock() - started) / STEPS * 1e3


def main() -> None:
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    torch.set_num_threads(1)
    batches = [(torch.randn(BATCH, INPUTS).relu().to(device), torch.randint(0, CLASSES, (BATCH,)).to(device))
               for _ in range(BATCHES)]
    builds: dict[str, Callable[[], nn.Module]] = {"dense": Dense, "TTFS": Ttfs}
    for module, name, build in (("spikingjelly", "SpikingJelly", SpikingJelly), ("snntorch", "snnTorch", SnnTorch)):
        if find_spec(module):
            builds[f"{name}, T = {TIMES}"] = build
        else:
            print(f"{module}: not installed, left out")
    steps = {name: stepper(build, batches, device) for name, build in builds.items()}
    for step in steps.values():
        timed(step, device)  # warm-up
    rounds = [{name: timed(step, device) for name, step in steps.items()} for _ in range(ROUNDS)]
    found = {name: sorted(one[name] for one in rounds) for name in steps}
    for name, own in found.items():
        least, middle = own[0], statistics.median(own)
        print(f"{name:20} {least:7.3f} ms least, {middle:7.3f} median; {least / found['dense'][0]:5.2f} and "
              f"{middle / statistics.median(found['dense']):5.2f} times dense")


if __name__ == "__main__":
    main()
