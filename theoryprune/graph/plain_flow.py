"""The flow of a network once more, in the plainest way: what the checker holds the fast evaluation against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import frexp

import torch
from torch import Tensor

from theoryprune.graph.flow import flow_network
from theoryprune.graph.scaling import Scaled, align, rescale
from theoryprune.layers import Layer, Shift
from theoryprune.types import INPUT, FlowRule, WeightGraph

_CANONICAL = FlowRule()


@dataclass(frozen=True, eq=False)
class Branch:
    """The flow along one edge of the operator graph: from a record into one that reads it.

    `flow` holds ``<dR/dx, x>`` channel by channel, of shape (channels,). `source` is None for the constant unit that
    feeds offsets.
    """

    source: str | None
    reader: str
    place: int
    flow: Tensor


@dataclass(frozen=True, eq=False)
class PlainFlow:
    """A flow with all its parts, all to be multiplied by ``2**exponent``.

    Parameters
    ----------
    network : WeightGraph
        The flow network.
    total : float
        The flow R, in [1/2, 1), or 0.
    exponent : int
    scores : mapping of str to Tensor
        Of every prunable weight, of its shape: zeros where there is no flow.
    outputs : mapping of str to Tensor
        What flows through each record (and the input), channel by channel, of shape (channels,).
    branches : tuple of Branch
        What flows along each edge, edges that join the same records apart.
    flushed : int
        How many positive entries were lost to underflow.
    """

    network: WeightGraph
    total: float
    exponent: int
    scores: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    branches: tuple[Branch, ...]
    flushed: int


def plain_flow(graph: WeightGraph, rule: FlowRule = _CANONICAL, dtype: torch.dtype = torch.float64) -> PlainFlow:
    """Evaluate the flow of a network, and its derivatives, in one forward and one backward pass over everything.

    Parameters
    ----------
    graph : WeightGraph
        Removed weights are zeros.
    rule : FlowRule
    dtype : torch.float64 or torch.float32

    Returns
    -------
    PlainFlow

    Raises
    ------
    UnsupportedLayerError
        If some layers have no flow.
    ValueError
        If a weight, or the flow within one record, is not finite.

    Notes
    -----
    No channel is left out, no map is shortened, every weight is scored, and every record is rescaled: slow, and
    nothing to go wrong. Through every record that all paths cross flows the whole R (theorem 2 of Tanaka et al. 2020,
    arXiv 2006.05467). Cost: all tensors of the evaluation are kept, each branch apart.
    """
    with torch.inference_mode(False), torch.enable_grad():
        network = flow_network(graph, bias=rule.bias, dtype=dtype, power=rule.power)
        weights = {name: weight.requires_grad_() for name, weight in network.weights.items()}
        ones = torch.ones(1, *graph.input_shape, dtype=dtype, device=graph.device, requires_grad=True)
        tensors, edges, flushed = _forward(network, ones)
        last = tensors[network.output]
        total = last.value.sum()
        mantissa, power = frexp(total.item())
        # The outputs sum to total * 2**power here: seeded with 2**-power, scores and total have one exponent.
        seed = torch.full_like(total, 2.0**-power)
        leaves = [*weights.values(), *(x.value for x in tensors.values()), *(value for *_, value in edges)]
        slopes = iter(torch.autograd.grad(total, leaves, seed, allow_unused=True, materialize_grads=True))
    scores = {name: next(slopes) * weight.detach() for name, weight in weights.items()}
    outputs = {name: _per_channel(next(slopes), x.value) for name, x in tensors.items()}
    branches = tuple(
        Branch(source, reader, place, _per_channel(next(slopes), value)) for source, reader, place, value in edges
    )
    exponent = 0 if last.exponent is None or not mantissa else last.exponent + power
    return PlainFlow(network, mantissa, exponent, scores, outputs, branches, flushed)


_Edge = tuple[str | None, str, int, Tensor]


def _forward(network: WeightGraph, ones: Tensor) -> tuple[dict[str, Scaled], list[_Edge], int]:
    """Evaluate; return all tensors, the one that each edge carries, and the number of entries lost."""
    tensors = {INPUT: Scaled(ones)}
    edges: list[_Edge] = []
    flushed = 0
    for layer in network.layers:
        # A branch is a view of its own, so that its derivative is not mixed with those of the other readers.
        read = [
            Scaled(tensors[name].value.view_as(tensors[name].value), tensors[name].exponent) for name in layer.inputs
        ]
        sources: list[str | None] = [*layer.inputs]
        if isinstance(layer, Shift):
            offset = torch.as_tensor(layer.value).expand_as(read[0].value).clone().requires_grad_()
            read.append(Scaled(offset, 0 if bool(offset.any()) else None))
            sources.append(None)
        read = align(read)
        value = _apply(layer, [branch.value for branch in read])
        out = rescale(Scaled(value, read[0].exponent), layer.name)
        flushed += out.flushed + sum(branch.flushed for branch in read)
        tensors[layer.name] = out
        edges += [(source, layer.name, k, read[k].value) for k, source in enumerate(sources)]
    return tensors, edges, flushed


def _apply(layer: Layer, values: list[Tensor]) -> Tensor:
    return values[0] + values[1] if isinstance(layer, Shift) else layer.forward(*values)


def _per_channel(slope: Tensor, value: Tensor) -> Tensor:
    return (slope * value.detach())[0].flatten(1).sum(1) if value.ndim > 2 else (slope * value.detach())[0]
