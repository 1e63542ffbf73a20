"""The spiking back end of one network as a single operation, for training steps.

Encoder, B1 layers, read-out and the count of spikes are some twenty operations on small tensors. Each costs more to
start and to differentiate than to compute, so here they are one node of autograd's graph, differentiated by hand.
It is what the units of `ttfs` give in training, moves of ranges and windows included; tests hold it to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from model.ttfs import ENCODER_WINDOW, B1Layer, B1Readout, TTFSEncoder


class BackEnd(torch.autograd.Function):
    """apply(encoder, layers, softness, features, *weights and d of layers and read-out) -> logits, soft spikes.

    Shapes: features (B, J) -> logits (B, classes), soft spikes per neuron () as in `recipe.soft_spikes`; with
    softness 0 nothing is counted and that is 0. Each unit is clip(W x + D, 0, bound), whose gradient is that of
    W x + D inside and 0 elsewhere; d soft / d x = softness / (x + softness)^2 / (B neurons).
    """

    @staticmethod
    def forward(
        ctx: Any, encoder: TTFSEncoder, layers: Sequence[B1Layer], softness: float, features: Tensor, *affine: Tensor
    ) -> tuple[Tensor, Tensor]:
        low, ctx.scale = encoder.follow(features)
        active = [features.sub(low).mul_(ctx.scale).clamp_(0.0, ENCODER_WINDOW)]
        ctx.bounds = [ENCODER_WINDOW]
        for layer, weight, d in zip(layers, affine[::2], affine[1::2], strict=False):  # the last pair is the read-out's
            out = torch.addmm(d, active[-1], weight.t())
            ctx.bounds.append(layer.follow(out))
            active.append(out.clamp_(0.0, ctx.bounds[-1]))
        logits = torch.addmm(affine[-1], active[-1], affine[-2].t())
        ctx.layers, ctx.neurons, ctx.softness = len(active), sum(map(torch.numel, active)), softness
        silence = [(x + softness).reciprocal_() for x in active] if softness else []
        ctx.save_for_backward(*active, *affine[::2], *silence)
        ctx.set_materialize_grads(False)
        silent = sum(x.sum() for x in silence)
        return logits, torch.as_tensor(1.0 - silent * (softness / ctx.neurons) if softness else 0.0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        grad, soft = grads
        saved, count = ctx.saved_tensors, ctx.layers
        active, weights, silence = saved[:count], saved[count : 2 * count], saved[2 * count :]
        slope = 0.0 if soft is None else float(soft) * ctx.softness / ctx.neurons
        found: list[Tensor | None] = []
        for index in reversed(range(count)):
            found += [grad.sum(dim=0), grad.t() @ active[index]]
            if index == 0 and not ctx.needs_input_grad[3]:
                found.append(None)
                break
            grad = grad @ weights[index]
            if slope:
                grad.addcmul_(silence[index], silence[index], value=slope)
            grad = torch.ops.aten.hardtanh_backward(grad, active[index], 0.0, ctx.bounds[index])
        else:
            found.append(grad.mul_(ctx.scale))
        return None, None, None, *reversed(found)


def back_end(
    encoder: TTFSEncoder, layers: Iterable[Any], readout: B1Readout, features: Tensor, softness: float
) -> tuple[Tensor, Tensor]:
    """Logits (B, classes), soft spikes per neuron () of features (B, J); layers are B1Layers. Ranges, windows move."""
    affine = [part for unit in (*layers, readout) for part in (unit.weight, unit.d)]
    return BackEnd.apply(encoder, tuple(layers), softness, features, *affine)
