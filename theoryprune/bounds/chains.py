"""A weight layer and the scales and shifts after it, taken as one affine map."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

import numpy as np

from theoryprune.bounds.affine import Affine, affine_of
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.kernel_gain import as_floats, kernel_gain
from theoryprune.bounds.rounding import up
from theoryprune.layers import Shape, WeightLayer
from theoryprune.types import WeightGraph

Known = MutableMapping[tuple[object, ...], float]
"""Gains of chains that were computed before, for networks that have most of their records in common."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The value of one tensor as ``scale (K x) + shift`` of another, K the weight of the first record or the identity.

    Parameters
    ----------
    source : str
        The tensor x.
    target : str
    root : WeightLayer or None
        Gives K.
    affine : Affine
        Everything after K, the bias of the root included.
    """

    source: str
    target: str
    root: WeightLayer | None
    affine: Affine


def affine_chains(graph: WeightGraph, start: str | None = None) -> dict[str, Chain]:
    """Return the longest chain that ends at each tensor, for those that have one.

    Parameters
    ----------
    graph : WeightGraph
    start : str, optional
        Chains that would reach beyond this tensor begin at it instead.

    Raises
    ------
    ValueError
        From `affine_of`, for values that mean nothing.
    """
    chains: dict[str, Chain] = {}
    for layer in graph.layers:
        own = affine_of(layer, graph.shapes[layer.name])
        if own is None:
            continue
        before = chains.get(layer.inputs[0])
        if isinstance(layer, WeightLayer):
            chains[layer.name] = Chain(layer.inputs[0], layer.name, layer, own)
        elif before is None or layer.inputs[0] == start:
            chains[layer.name] = Chain(layer.inputs[0], layer.name, None, own)
        else:
            chains[layer.name] = Chain(before.source, layer.name, before.root, own.after(before.affine))
    return chains


def chain_gain(
    chain: Chain, shapes: Mapping[str, Shape], effort: Effort = "default", known: Known | None = None
) -> float:
    """Bound the l2 gain of the linear part of a chain, rounded up; infinite where the product overflows.

    Parameters
    ----------
    chain : Chain
    shapes : mapping of str to tuple of int
        Of the tensors of its network.
    effort : {"fast", "default", "high"}
    known : mutable mapping, optional
        Looked up first, and filled: records are told apart by identity, scales by value.

    Notes
    -----
    The norm of ``diag(scale) K`` is at most, and often far below, the product of the two norms.
    """
    if chain.root is None:
        return chain.affine.largest
    if known is None:
        return _scaled_gain(chain, chain.root, shapes, effort)
    scale = chain.affine.scale.tobytes(), chain.affine.roundings
    key = (chain.root, *scale, shapes[chain.source], effort)
    if key not in known:
        known[key] = _scaled_gain(chain, chain.root, shapes, effort)
    return known[key]


def _scaled_gain(chain: Chain, root: WeightLayer, shapes: Mapping[str, Shape], effort: Effort) -> float:
    kernel = as_floats(root.weight, f"'{root.name}': weight")
    relative = 0.0
    if chain.affine.roundings:
        relative = chain.affine.relative
        with np.errstate(over="ignore", invalid="ignore"):
            kernel = chain.affine.scale.reshape(-1, *(1 for _ in kernel.shape[1:])) * kernel
        if not np.isfinite(kernel).all():
            return math.inf
    return kernel_gain(root, kernel, shapes[chain.source], relative=relative, effort=effort)


def chain_offset(chain: Chain, shapes: Mapping[str, Shape], *, rectified: bool = False) -> float:
    """Bound the l2 norm of what a chain makes of the zero input, over all positions; of its positive part."""
    norm = chain.affine.rectified_norm if rectified else chain.affine.shift_norm
    positions = math.prod(shapes[chain.target][1:])
    return up(math.sqrt(positions) * norm, terms=2)
