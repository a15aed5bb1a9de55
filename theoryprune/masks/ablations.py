"""Ablations: what is left of a method without its choice within layers, its weights, or its order."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TypeAlias, overload

import numpy as np
import torch
from torch import Tensor

from theoryprune.graph.evaluate import require_values
from theoryprune.graph.transform import apply_mask, check_fits, require_mask
from theoryprune.layers import Shape
from theoryprune.masks.evaluators import ScoreFunction, check_score, score_name
from theoryprune.measures.seeds import generator
from theoryprune.types import Mask, Scores, WeightGraph

Init: TypeAlias = Callable[[Shape, torch.Generator], Tensor]


def shuffle(mask: Mask, seed: int) -> Mask:
    """Permute each layer's mask at random.

    Parameters
    ----------
    mask : Mask
    seed : int

    Returns
    -------
    Mask
        As many weights kept in every layer, which ones being drawn uniformly; on the same device.

    Raises
    ------
    TypeError, ValueError
        If `mask` is no mask, or `seed` no non-negative int.

    Notes
    -----
    Keeps what a method decides between layers and drops what it decides within them. At initialisation this costs the
    common methods no accuracy (Frankle, Dziugaite, Roy, Carbin 2021, arXiv 2009.08576; Su et al. 2020, arXiv
    2009.11094). It can cut paths: see `is_connected`. Cost: one draw per weight.

    Examples
    --------
    >>> mask = Mask({"fc.weight": torch.arange(100).reshape(10, 10) < 5})
    >>> shuffled = shuffle(mask, seed=0)
    >>> shuffled.kept, int((shuffled & mask).kept)
    (5, 0)
    """
    require_mask(mask)
    draws = generator(seed)
    keep = {}
    for name, kept in mask.keep.items():
        order = torch.randperm(kept.numel(), generator=draws).to(kept.device)
        keep[name] = kept.reshape(-1)[order].reshape(kept.shape)
    return Mask(keep)


def reinitialise(graph: WeightGraph, mask: Mask, seed: int, init: Init | None = None) -> WeightGraph:
    """Draw all prunable weights anew and apply the same mask.

    Parameters
    ----------
    graph : WeightGraph
        The dense network, before `apply_mask`. Never written.
    mask : Mask
        Over some or all prunable weights; the others are drawn anew too, and kept whole.
    seed : int
    init : callable, optional
        ``init(shape, generator)`` gives the new values of a weight, drawn from that generator. By default the weight's
        own values are permuted at random.

    Returns
    -------
    WeightGraph
        The masked network. Biases and normalisation are those of `graph`.

    Raises
    ------
    ValueError, TypeError
        If the mask does not fit; if the graph is masked already and `init` is not given; if `init` returns another
        shape or values that are not finite.

    Notes
    -----
    If the entries of a weight were drawn independently from one distribution, then, given the set of their values,
    all orders are equally likely. So the permuted weight has the distribution of a fresh draw given these values,
    independently of the old order: that of every initialiser of `torch.nn.init` which fills entry by entry (normal,
    uniform, Xavier, Kaiming). It does not hold for orthogonal or Dirac initialisation, nor for trained weights. Pass
    `init` for those. Cost: one draw per weight.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> graph = extract(torch.nn.Linear(3, 2), (3,))
    >>> mask = Mask({"weight": torch.tensor([[True, False, False], [False, False, True]])})
    >>> fresh = reinitialise(graph, mask, seed=0, init=lambda shape, draws: torch.randn(shape, generator=draws))
    >>> fresh.weights["weight"].count_nonzero()
    tensor(2)
    """
    require_values(graph, "reinitialise")
    check_fits(graph, mask)
    draws = generator(seed)
    if init is None:
        _refuse_masked(graph, mask)
    fresh = {}
    for name, weight in graph.weights.items():
        if init is None:
            order = torch.randperm(weight.numel(), generator=draws).to(weight.device)
            fresh[name] = weight.detach().reshape(-1)[order].reshape(weight.shape)
        else:
            fresh[name] = _drawn(init, name, weight, draws)
    return apply_mask(graph.with_weights(fresh), mask)


def _refuse_masked(graph: WeightGraph, mask: Mask) -> None:
    weights = graph.weights
    removed = [weights[name][~keep.to(graph.device)] for name, keep in mask.keep.items()]
    if sum(map(len, removed)) and not any(bool(values.any()) for values in removed):
        raise ValueError(
            "graph must be the dense network, but all weights that the mask removes are 0 already, and permuting them "
            "would bring these zeros among the kept ones; pass the graph before apply_mask, or init="
        )


def _drawn(init: Init, name: str, weight: Tensor, draws: torch.Generator) -> Tensor:
    shape = tuple(weight.shape)
    values = init(shape, draws)
    if not isinstance(values, Tensor) or tuple(values.shape) != shape:
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(f"init must return a tensor of shape {shape} for '{name}', got {found}")
    if not bool(values.isfinite().all()):
        raise ValueError(f"init must return finite values, got {int((~values.isfinite()).sum())} others for '{name}'")
    return values.detach().to(weight.device, weight.dtype)


@overload
def invert(score: Scores) -> Scores: ...
@overload
def invert(score: ScoreFunction) -> ScoreFunction: ...
def invert(score: Scores | ScoreFunction) -> Scores | ScoreFunction:
    """Reverse the order: what scored highest goes first.

    Parameters
    ----------
    score : Scores, or callable from a graph to Scores
        Finished scores for `keep_top`, or a score function for `prune`.

    Returns
    -------
    Scores, or callable
        Of the kind given: negated scores in float64, ``method="inverted ..."``, without a flow, since the negative of
        a flow is none. Dead weights keep the lowest rank and still go first.

    Raises
    ------
    TypeError
        If `score` is neither.

    Notes
    -----
    Dead are entries that score exactly 0, as a weight that carries no flow does, and with a function also weights
    that are exactly 0. (Not ``1 / s``, which would make the dead ones infinite.) Ties keep the lower flat index, as
    everywhere. A method whose inverse does as well does not order weights by their worth (Frankle et al. 2021,
    arXiv 2009.08576). Cost beside that of the score: a copy.

    Examples
    --------
    >>> invert(Scores({"w": torch.tensor([3.0, 0.0, 1.0])}, method="magnitude")).values["w"].argsort()
    tensor([1, 0, 2])
    """
    if isinstance(score, Scores):
        return _inverted(score, {name: values == 0 for name, values in score.values.items()})
    check_score(score)

    def inverted(graph: WeightGraph) -> Scores:
        scores, weights = score(graph), graph.weights
        if not isinstance(scores, Scores):
            raise TypeError(f"score must return Scores, got {type(scores).__name__} from {score_name(score)}")
        return _inverted(scores, {name: (values == 0) | (weights[name] == 0) for name, values in scores.values.items()})

    inverted.__name__ = inverted.__qualname__ = f"inverted {score_name(score)}"
    return inverted


def _inverted(scores: Scores, dead: dict[str, Tensor]) -> Scores:
    values = {name: -value.detach().to(torch.float64) for name, value in scores.values.items()}
    least = min((float(value.min()) for value in values.values() if value.numel()), default=0.0)
    below = float(np.nextafter(least, -inf))
    marked = {name: value.masked_fill(dead[name], below) for name, value in values.items()}
    return Scores(marked, method=f"inverted {scores.method}".strip())
