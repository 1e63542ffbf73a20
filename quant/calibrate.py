"""Start of the quantised network: batch norm folded, scales from weights and samples, biases corrected."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from base.errors import expected
from model.lsnnet import LSNNet, flatten_channels_last
from quant.quantnet import ACT_BITS, Exponents, QuantLSNNet, feature_bits, width
from spec.units import value_range

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

    Integers are rounded to nearest here: the half that makes FLOOR do so is folded into a bias. Of equal
    errors the largest e counts, so an all-zero tensor gets the e at which SILENT just fits.
    """
    lo, hi = value_range(bits, signed)
    largest = max(float(values.abs().max()), SILENT)
    top = math.ceil(math.log2(largest / hi))
    candidates = {e if smallest is None else max(e, smallest) for e in range(top - SEARCH, top + 1)}

    def error(e: int) -> float:
        return float((torch.round(values * 2.0**-e).clamp(lo, hi) * 2.0**e - values).square().mean())

    return min(sorted(candidates, reverse=True), key=error)


def _accumulator(weight: int | None, word: int | None) -> int | None:
    """Exponent of a sum of products, which no output of it can be finer than; None where either is float."""
    return None if weight is None or word is None else weight + word


def choose_exponents(
    folded: LSNNet, seen: Activations, x: Tensor, weight_bits: int | None, time_bits: int | None
) -> Exponents:
    """Scales with the least square error, tensor by tensor in stream order; no shift becomes negative."""

    def weight(values: Tensor) -> int | None:
        return None if weight_bits is None else best_exponent(values, weight_bits, signed=True)

    def time(earliness: Tensor, smallest: int | None = None) -> int | None:
        return None if time_bits is None else best_exponent(earliness, time_bits, False, smallest)

    blocks, layers = _parts(folded)
    dw_weight, dw_out, pw_weight = [], [], []
    pw_out: list[int | None] = []
    tick = time(seen.earliness[0])
    source = scale = best_exponent(x, ACT_BITS, signed=True)
    for index, block in enumerate(blocks):
        dw_weight.append(weight(block.dw.weight))
        smallest = _accumulator(dw_weight[-1], scale)
        dw_out.append(best_exponent(seen.depthwise[index], ACT_BITS, True, smallest))
        pw_weight.append(weight(block.pw.weight))
        smallest = _accumulator(pw_weight[-1], dw_out[-1])
        if index + 1 < len(blocks):
            scale = best_exponent(seen.blocks[index], ACT_BITS, False, smallest)
            pw_out.append(scale)
    if blocks:
        features, tick = _encoder_exponents(tick, time_bits, folded.encoder.shift, smallest)
        pw_out.append(features)
    elif tick is not None:
        tick = max(tick, source - folded.encoder.shift)
    ticks, layer_weight = [tick], []
    for layer, earliness in zip(layers, seen.earliness[1:], strict=True):
        layer_weight.append(weight(layer.weight))
        ticks.append(time(earliness, _accumulator(layer_weight[-1], ticks[-1])))
    return Exponents(source, tuple(dw_weight), tuple(dw_out), tuple(pw_weight), tuple(pw_out), tuple(ticks),
                     tuple(layer_weight), weight(folded.readout.weight))


def _encoder_exponents(
    tick: int | None, time_bits: int | None, shift: int, smallest: int | None
) -> tuple[int | None, int | None]:
    """Scale of the last block's words, which just cover the encoder's window, and length of the encoder's tick."""
    words = feature_bits(time_bits)
    if tick is None or time_bits is None or words is None:
        return None, None
    scale = tick + shift + time_bits - words
    if smallest is not None:
        scale = max(scale, smallest)
    return scale, max(tick, scale - shift)


def _halves(quantised: QuantLSNNet, shift: int) -> list[float]:
    """Per stage with a bias: half of the step that FLOOR leaves after it, in units of that stage's output."""
    exponents = quantised.exponents
    tick, *ticks = exponents.ticks
    last = None if tick is None else tick + shift  # the encoder floors the last block again
    blocks = (*exponents.pw_out[:-1], last) if exponents.pw_out else ()
    return [0.0 if e is None else 0.5 * 2.0**e for e in (*blocks, *ticks, None)]


@torch.no_grad()
def correct_biases(quantised: QuantLSNNet, seen: Activations, x: Tensor, shift: int) -> None:
    """Move each bias, stage by stage, until the stage's mean per output is the float network's plus the half."""
    blocks, layers = _parts(quantised)
    stages = [*(block.pw for block in blocks), *(layer.linear for layer in layers), quantised.readout]

    def corrector(target: Tensor, half: float) -> Callable[[Any, Any, Tensor], Tensor]:
        axes = [axis for axis in range(target.ndim) if axis != 1]

        def correct(stage: Any, inputs: Any, out: Tensor) -> Tensor:
            stage.bias += (target + half - out).mean(dim=axes)
            corrected: Tensor = stage.forward(*inputs)
            return corrected  # one pass does for all: the stages that follow see the new bias

        return correct

    hooks = [
        stage.register_forward_hook(corrector(target, half))
        for stage, target, half in zip(stages, seen.affine, _halves(quantised, shift), strict=True)
    ]
    quantised(x)
    for hook in hooks:
        hook.remove()


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


def _check(network: LSNNet) -> None:
    """UserError where the network is a variant that exists in float only."""
    for name, wanted in (("front", "separable"), ("encoder", "shift")):
        found = getattr(network.config, name)
        if found != wanted:
            raise expected(f"network {name}", found, f"{wanted}, the only one that can be quantised")


@torch.no_grad()
def calibrated(network: LSNNet, x: Tensor, weight_bits: int | None, time_bits: int | None) -> QuantLSNNet:
    """A trained network quantised without further training, in evaluation mode; x (B, C, H, W): training samples.

    Bits of weights and of time: 4 … 16, or None or 32 for float. The words inside the blocks always have
    ACT_BITS; those that leave the last block become time, and are rounded (or not) as time is. So with
    time_bits=None only weights (and words) are rounded, with weight_bits=None only time (and words); with
    both the rounding of words alone is left, which is not the float network.
    Raises UserError on other bits, and on a network that is not shift-encoded with separable blocks.
    """
    _check(network)
    weights, time = width("weight_bits", weight_bits), width("time_bits", time_bits)
    folded = fold(network)
    seen = activations(folded, x)
    exponents = choose_exponents(folded, seen, x, weights, time)
    encoder, features = folded.encoder, (exponents.input, *exponents.pw_out)[-1]
    v_min = float(encoder.v_min)
    if features is not None:
        v_min = math.floor(v_min * 2.0**-features) * 2.0**features
    windows = [float(layer.window) for layer in _parts(folded)[1]]
    quantised = QuantLSNNet(network.config, weights, time, exponents, v_min, encoder.shift, windows).eval()
    _copy_weights(folded, quantised)
    correct_biases(quantised, seen, x, encoder.shift)
    return quantised
