"""How large every tensor of a network is on given inputs."""

from __future__ import annotations

import torch
from torch import Tensor

from theoryprune.bounds.rounding import up
from theoryprune.graph.evaluate import require_values, walk
from theoryprune.layers import Layer
from theoryprune.types import INPUT, WeightGraph


def measured_norms(graph: WeightGraph, x: Tensor) -> dict[str, float]:
    """Return the largest l2 norm of every tensor over a batch.

    Parameters
    ----------
    graph : WeightGraph
    x : Tensor, shape (batch, *graph.input_shape)
        Of a floating dtype.

    Returns
    -------
    dict of str to float
        Of `prefix_norms`' form, but true of these inputs alone. Evaluated in float64; the rounding of that evaluation
        (about 1e-13 of the value) is covered by an allowance of 1e-9, which is not proved.

    Raises
    ------
    ValueError
        If `x` is empty, does not fit the graph, or a tensor is not finite.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Sequential(torch.nn.ReLU()), (2,))
    >>> round(measured_norms(graph, torch.tensor([[3.0, -4.0], [0.0, 1.0]]))[graph.output], 6)
    3.0
    """
    require_values(graph, "measured_norms")
    if tuple(x.shape[1:]) != graph.input_shape or not x.ndim or not len(x) or not x.is_floating_point():
        shape = ", ".join(map(str, graph.input_shape))
        raise ValueError(f"x must be floating, of shape (batch, {shape}), at least one, got {x.dtype} {tuple(x.shape)}")
    given = x.detach().to(graph.device, torch.float64)
    norms = {INPUT: _largest(given)}

    def step(layer: Layer, *values: Tensor) -> Tensor:
        out = doubled(layer).forward(*values)
        norms[layer.name] = _largest(out)
        return out

    with torch.no_grad():
        walk(graph, given, step)
    if broken := [name for name, norm in norms.items() if not norm < float("inf")]:
        raise ValueError(f"x: the values of {broken} are not finite")
    return {name: up(norm * (1 + 1e-9)) for name, norm in norms.items()}


def _largest(values: Tensor) -> float:
    return float(values.flatten(1).norm(dim=1).max())


def doubled(layer: Layer) -> Layer:
    """Return the record with its floating tensors in float64."""
    return layer.with_tensors({key: t.double() for key, t in layer.tensors() if t.is_floating_point()})
