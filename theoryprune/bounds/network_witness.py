"""The largest difference of two networks that a search finds: what a bound on it must not fall below."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theoryprune.bounds.measured_norms import doubled
from theoryprune.graph.evaluate import require_values, walk
from theoryprune.layers import Layer
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class NetworkWitness:
    """An input, and what two networks make of it, evaluated in float64.

    Parameters
    ----------
    x : Tensor, shape (1, *input shape)
    difference : float
        ``||N(x) - N'(x)||``, the largest found, less an allowance for the rounding of float64: 1e-9 of it and 1e-12 of
        the output (generous, not proved).
    output : float
        ``||N(x)||``, the largest on any input tried, this one or another.
    """

    x: Tensor
    difference: float
    output: float


def differences(before: WeightGraph, after: WeightGraph, x: Tensor) -> NetworkWitness:
    """Compare two networks on a batch.

    Parameters
    ----------
    before, after : WeightGraph
        Of equal input and output shapes.
    x : Tensor, shape (batch, *input shape)

    Returns
    -------
    NetworkWitness
        Of the example with the largest difference.
    """
    x = x.detach().to(before.device, torch.float64)
    with torch.no_grad():
        out = evaluated(before, x).flatten(1)
        apart = (out - evaluated(after, x).flatten(1)).norm(dim=1)
    worst = int(apart.argmax())
    size, seen = float(out.norm(dim=1).max()), float(apart[worst])
    return NetworkWitness(x[worst : worst + 1], max(0.0, seen * (1 - 1e-9) - 1e-12 * size), size)


def search_difference(
    before: WeightGraph, after: WeightGraph, radius: float, *, starts: int = 4, steps: int = 20, seed: int = 0
) -> NetworkWitness:
    """Search the ball for an input on which two networks differ much.

    Parameters
    ----------
    before, after : WeightGraph
    radius : float
        Of the ball about 0.
    starts, steps : int
        Gaussian starts, ascended together, each step one pass forward and backward through both.
    seed : int
        Of the starts.

    Notes
    -----
    Every step moves along the normalised gradient of ``||N(x) - N'(x)||^2`` and back into the ball. A lower bound,
    with no promise of being near the largest difference.
    """
    require_values(before, "search_difference")
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(starts, *before.input_shape, generator=draw, dtype=torch.float64).to(before.device)
    x = _within(x * (2 * radius), radius)
    best = differences(before, after, x)
    for step in range(steps):
        leaf = x.requires_grad_()
        with torch.enable_grad():
            apart = (evaluated(before, leaf) - evaluated(after, leaf)).square().sum()
            (slope,) = torch.autograd.grad(apart, leaf) if apart.requires_grad else (torch.zeros_like(leaf),)
        length = slope.flatten(1).norm(dim=1).clamp_min(1e-300).view(-1, *(1 for _ in before.input_shape))
        share = 1.0 if step < steps // 2 else 0.3
        x = _within((1 - share) * x.detach() + share * radius * slope / length, radius)
        found = differences(before, after, x)
        output = max(best.output, found.output)
        larger = found if found.difference > best.difference else best
        best = NetworkWitness(larger.x, larger.difference, output)
    return best


def evaluated(graph: WeightGraph, x: Tensor) -> Tensor:
    """Return the output of a network in float64."""

    def step(layer: Layer, *values: Tensor) -> Tensor:
        return doubled(layer).forward(*values)

    return walk(graph, x, step)


def _within(x: Tensor, radius: float) -> Tensor:
    norms = x.flatten(1).norm(dim=1).view(-1, *(1 for _ in x.shape[1:]))
    return x * torch.where(norms > radius, radius * (1 - 1e-12) / norms, torch.ones_like(norms))
