"""Orders within layers, random by seed or by magnitude, and the scores that fill layers along them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from theoryprune.measures.seeds import generator
from theoryprune.types import WeightGraph


def random_places(graph: WeightGraph, seed: int) -> dict[str, Tensor]:
    """Return the place of every weight in a random order of its layer, from 0: a function of seed and shapes alone."""
    draws = generator(seed)
    return {
        name: torch.randperm(weight.numel(), generator=draws).reshape(weight.shape).to(graph.device)
        for name, weight in graph.weights.items()
    }


def places_by_magnitude(graph: WeightGraph) -> dict[str, Tensor]:
    """Return the place of every weight in its layer, the largest absolute value first, then the lower flat index."""
    places = {}
    for name, weight in graph.weights.items():
        order = weight.detach().abs().reshape(-1).argsort(descending=True, stable=True)
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order), device=order.device)
        places[name] = place.reshape(weight.shape)
    return places


def webster(densities: Mapping[str, float], places: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Score weights so that the globally best ones fill the layers in the given proportions of density.

    Parameters
    ----------
    densities : mapping of str to float
        For each weight the density of its layer, up to a common factor.
    places : mapping of str to Tensor of int64
        For each weight the order in which its layer is filled.

    Returns
    -------
    dict of str to Tensor
        float64. The k-th weight of a layer of N weights scores ``density * N / (k - 1/2)``: Webster's rule of
        apportionment, which is exact in total, nested over budgets, and caps a layer that is full.
    """
    return {name: densities[name] * place.numel() / (place.to(torch.float64) + 0.5) for name, place in places.items()}
