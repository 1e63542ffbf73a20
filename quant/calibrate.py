"""Start of the quantised network: batch norm folded, scales from weights and samples, biases corrected."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.lsnnet import LSNNet, flatten_channels_last
from quant.quantnet import ACT_BITS, Exponents, QuantLSNNet
from quant.units import value_range

SEARCH = 5  # octaves below the smallest scale without saturation that the search looks at
SILENT = 2.0**-16  # what an all-zero tensor is taken to reach, so that its scale stays an ordinary number


@dataclass(frozen=True)
class Activations:
    """What the folded float network computes for some samples.

    depthwise, blocks: per block (B, C, H, W), before and after the pointwise convolution with ReLU;
    earliness: per spiking layer (B, neurons), encoder first; affine: outputs of every stage with a bias
    before its ReLU, in order (pointwise, B1, read-out).
    """

    depthwise: list[Tensor]
    blocks: list[Tensor]
    earliness: list[Tensor]
    affine: list[Tensor]


def _parts(network: nn.Module) -> tuple[list[Any], list[Any]]:
    """Blocks and B1 layers as lists; torch types what a ModuleList holds as plain modules."""
    return list(network.blocks), list(network.layers)  # type: ignore[arg-type]


def fold(network: LSNNet) -> LSNNet:
    """Copy in evaluation mode with each batch norm folded into its pointwise convolution, which gains a bias."""
    folded = copy.deepcopy(network).eval()
    for block in _parts(folded)[0]:
        block.pw, block.bn = fuse_conv_bn_eval(block.pw, block.bn), nn.Identity()
    return folded


@torch.no_grad()
def activations(folded: LSNNet, x: Tensor) -> Activations:
    """Run x (B, C, H, W) through a network that `fold` made."""
    seen = Activations([], [], [], [])
    blocks, layers = _parts(folded)
    for block in blocks:
        seen.depthwise.append(block.dw(x))
        seen.affine.append(block.pw(seen.depthwise[-1]))
        x = seen.affine[-1].relu()
        seen.blocks.append(x)
    seen.earliness.append(folded.encoder(flatten_channels_last(x)))
    for layer in layers:
        seen.affine.append(functional.linear(seen.earliness[-1], layer.weight, layer.d))
        seen.earliness.append(layer(seen.earliness[-1]))
    seen.affine.append(folded.readout(seen.earliness[-1]))
    return seen


@torch.no_grad()
def best_exponent(values: Tensor, bits: int, signed: bool, smallest: int | None = None) -> int:
    """Exponent e, at least `smallest`, with the least mean square error of values as integers times 2^e.

    Integers are rounded to nearest here: the half that makes FLOOR do so is folded into a bias.
    """
    lo, hi = value_range(bits, signed)
    largest = max(float(values.abs().max()), SILENT)
    top = math.ceil(math.log2(largest / hi))
    candidates = {e if smallest is None else max(e, smallest) for e in range(top - SEARCH, top + 1)}

    def error(e: int) -> float:
        return float((torch.round(values * 2.0**-e).clamp(lo, hi) * 2.0**e - values).square().mean())

    return min(sorted(candidates), key=error)


def choose_exponents(folded: LSNNet, seen: Activations, x: Tensor, bits: int) -> Exponents:
    """Scales with the least square error, tensor by tensor in stream order; no shift becomes negative."""
    blocks, layers = _parts(folded)
    source = best_exponent(x, ACT_BITS, signed=True)
    dw_weight, dw_out, pw_weight, pw_out = [], [], [], []
    tick = best_exponent(seen.earliness[0], bits, signed=False)
    scale = source
    for index, block in enumerate(blocks):
        dw_weight.append(best_exponent(block.dw.weight, bits, signed=True))
        dw_out.append(best_exponent(seen.depthwise[index], ACT_BITS, True, smallest=dw_weight[-1] + scale))
        pw_weight.append(best_exponent(block.pw.weight, bits, signed=True))
        smallest = pw_weight[-1] + dw_out[-1]
        if index + 1 < len(blocks):
            scale = best_exponent(seen.blocks[index], ACT_BITS, False, smallest)
        else:
            # The words of the last block just cover the encoder's window.
            scale = max(smallest, tick + folded.encoder.shift + bits - ACT_BITS)
        pw_out.append(scale)
    ticks, layer_weight = [max(tick, scale - folded.encoder.shift)], []
    for layer, earliness in zip(layers, seen.earliness[1:], strict=True):
        layer_weight.append(best_exponent(layer.weight, bits, signed=True))
        ticks.append(best_exponent(earliness, bits, False, smallest=layer_weight[-1] + ticks[-1]))
    readout = best_exponent(folded.readout.weight, bits, signed=True)
    return Exponents(source, tuple(dw_weight), tuple(dw_out), tuple(pw_weight), tuple(pw_out), tuple(ticks),
                     tuple(layer_weight), readout)


def _halves(quantised: QuantLSNNet, shift: int) -> list[float]:
    """Per stage with a bias: half of the step that FLOOR leaves after it, in units of that stage's output."""
    exponents = quantised.exponents
    steps = [2.0**e for e in exponents.pw_out]
    steps[-1] = 2.0 ** (exponents.ticks[0] + shift)  # the encoder floors the last block again
    return [0.5 * step for step in (*steps, *(2.0**e for e in exponents.ticks[1:]), 0.0)]


@torch.no_grad()
def correct_biases(quantised: QuantLSNNet, seen: Activations, x: Tensor, shift: int) -> None:
    """Move each bias, stage by stage, until the stage's mean per output is the float network's plus the half."""
    blocks, layers = _parts(quantised)
    stages = [*(block.pw for block in blocks), *(layer.linear for layer in layers), quantised.readout]
    for stage, target, half in zip(stages, seen.affine, _halves(quantised, shift), strict=True):
        outputs: list[Tensor] = []
        hook = stage.register_forward_hook(lambda _m, _i, out, outputs=outputs: outputs.append(out))
        quantised(x)
        hook.remove()
        axes = [axis for axis in range(target.ndim) if axis != 1]
        stage.bias += (target + half - outputs[0]).mean(dim=axes)


@torch.no_grad()
def _copy_weights(folded: LSNNet, quantised: QuantLSNNet) -> None:
    (blocks, layers), (quant_blocks, quant_layers) = _parts(folded), _parts(quantised)
    for ours, theirs in zip(quant_blocks, blocks, strict=True):
        ours.dw.weight.copy_(theirs.dw.weight)
        ours.pw.weight.copy_(theirs.pw.weight)
        ours.pw.bias.copy_(theirs.pw.bias)
    linears = [*(layer.linear for layer in quant_layers), quantised.readout]
    for linear, theirs in zip(linears, [*layers, folded.readout], strict=True):
        linear.weight.copy_(theirs.weight)
        linear.bias.copy_(theirs.d)


@torch.no_grad()
def build(network: LSNNet, x: Tensor, bits: int) -> QuantLSNNet:
    """Quantised network that starts from a trained float one; x (B, C, H, W): training samples to calibrate on."""
    folded = fold(network)
    seen = activations(folded, x)
    exponents = choose_exponents(folded, seen, x, bits)
    step = 2.0 ** exponents.pw_out[-1]
    v_min = math.floor(float(folded.encoder.v_min) / step) * step
    quantised = QuantLSNNet(network.config, bits, exponents, v_min, folded.encoder.shift).eval()
    _copy_weights(folded, quantised)
    correct_biases(quantised, seen, x, folded.encoder.shift)
    return quantised
