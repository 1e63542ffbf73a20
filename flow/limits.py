"""What settings, preset and shape of a sample decide about the hardware, told before anything is read or trained.

A NetSpec whose weights are all zero passes the same constructors and the same checks as the one that is built.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from base.errors import UserError, expected
from board.preset import Board, Preset
from hls import emit as hls
from overlay import open_route, vivado
from quant import ACT_BITS
from rtl import emit as rtl
from spec.fold import fold
from spec.netspec import NetSpec
from spec.units import KERNEL, B1Layer, Depthwise, Encoder, Input, Pointwise, Readout, Unit


def check_network(
    preset: Preset, shape: tuple[int, int, int], classes: int, widths: Iterable[tuple[int, int]], early: str = "off",
) -> None:
    """UserError where the preset's network cannot be built for samples (C, H, W) at one of these widths of (weights,
    time)."""
    for bits in widths:
        try:
            spec = skeleton(preset, shape, classes, *bits, early)
            hls.check(spec)
            rtl.check(spec)
        except UserError as error:
            raise UserError(f"preset {preset.name}, samples of {'x'.join(map(str, shape))}: {error}") from None


def check_overlay(board: Board, route: str, rtl: str) -> None:
    """UserError where `make overlay` has no system for this board by this route, or around this chip."""
    if rtl != "own":
        raise expected("RTL", f"{rtl} with make overlay", "own: the driver knows no register map that Vitis HLS has "
                       "chosen (docs/hls.md)")
    vivado.family(board.part)
    if route == "open":
        open_route.check(board)


def skeleton(
    preset: Preset, shape: tuple[int, int, int], classes: int, bits: int, time_bits: int, early: str = "off",
) -> NetSpec:
    """The spec that a network of this shape is lowered to, but for its weights, biases and shifts, which are zero."""
    channels, height, width = shape
    units: list[Unit] = [Input("input", channels, height, width, ACT_BITS, 0)]
    blocks = zip(pairwise((channels, *preset.channels)), preset.strides, strict=True)
    for index, ((inputs, outputs), stride) in enumerate(blocks):
        depthwise = Depthwise(f"dw{index}", inputs, height, width, ACT_BITS, index == 0, bits, ACT_BITS, 0, 1,
                              _zeros(inputs, KERNEL, KERNEL), stride=stride)
        height, width = depthwise.grid
        units += [
            depthwise,
            Pointwise(f"pw{index}", inputs, outputs, height * width, ACT_BITS, bits, ACT_BITS, 0, 1, 1,
                      _zeros(outputs, inputs), _zeros(outputs)),
        ]
    neurons = [height * width * (channels, *preset.channels)[-1], *preset.hidden]
    units.append(Encoder("encoder", neurons[0], ACT_BITS, time_bits, 0, 0, in_signed=not preset.channels))
    units += [B1Layer(f"b1_{index}", inputs, outputs, bits, time_bits, 0, _zeros(outputs, inputs), _zeros(outputs))
              for index, (inputs, outputs) in enumerate(pairwise(neurons))]
    units.append(Readout("readout", neurons[-1], classes, bits, time_bits, 0, _zeros(classes, neurons[-1]),
                         _zeros(classes), early=early))
    return fold(NetSpec(preset.name, tuple(units)), **preset.fold)


def _zeros(*shape: int) -> np.ndarray:
    return np.broadcast_to(np.int64(0), shape)  # one zero in memory
