"""Random orders that depend on a seed and on shapes, and on nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from theoryprune.types import WeightGraph


def generator(seed: int) -> torch.Generator:
    """Return a generator on the CPU, whose draws are the same on every machine and device."""
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an int, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    return torch.Generator().manual_seed(seed)


def webster(graph: WeightGraph, densities: Mapping[str, float], seed: int) -> dict[str, Tensor]:
    """Score weights so that the globally best ones fill the layers in the given proportions of density.

    Parameters
    ----------
    graph : WeightGraph
        Only its shapes are used.
    densities : mapping of str to float
        For each weight the density of its layer, up to a common factor.
    seed : int
        Of the random order within each layer.

    Returns
    -------
    dict of str to Tensor
        float64. The k-th weight of a layer of N weights scores ``density * N / (k - 1/2)``: Webster's rule of
        apportionment, which is exact in total, nested over budgets, and caps a layer that is full.
    """
    draws = generator(seed)
    values = {}
    for name, weight in graph.weights.items():
        size = weight.numel()
        place = torch.randperm(size, generator=draws).to(torch.float64)
        values[name] = (densities[name] * size / (place + 0.5)).reshape(weight.shape).to(graph.device)
    return values
