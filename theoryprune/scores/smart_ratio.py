"""Smart ratio: densities that fall with depth, whatever the layers hold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

from theoryprune.errors import BudgetError
from theoryprune.graph.evaluate import require_graph, require_values
from theoryprune.layers import Add, Linear
from theoryprune.measures import check_density, kept_count
from theoryprune.measures.seeds import generator
from theoryprune.scores.draws import places_by_magnitude, random_places, webster
from theoryprune.types import Scores, WeightGraph

HEAD = Fraction(3, 10)
"""The density of the last linear layer."""


def smart_ratio(density: float, *, seed: int | None = None, hybrid: bool = False) -> Callable[[WeightGraph], Scores]:
    """Return the score function whose best weights fill the layers by the smart-ratio rule for `density`.

    Parameters
    ----------
    density : float
        In (0, 1], of all prunable weights. The counts depend on it, so it is given here, and once more to `keep_top`
        or `prune`.
    seed : int
        Of the random order within each layer; may be left out for ``hybrid=True``, which draws nothing.
    hybrid : bool
        Keep the largest absolute weights of each layer in place of random ones; the counts are the same.

    Returns
    -------
    callable
        From a graph to `Scores`: float64, ``method="smart_ratio"``, for a global ranking of all prunable weights. The
        weights of the rule are exactly those that score above 1, and as many as `density` keeps.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or there is no seed.
    BudgetError
        When scoring, if no counts of the rule add up to the budget, with the reachable ones.

    Notes
    -----
    Over the L weight layers in registration order, ``k = L - l + 1``: the density of layer l is proportional to
    ``k^2 + k``, in networks without residual connections (no sum of two activations) to ``(k^2 + k) / l^2``. The last
    linear layer counts in L but keeps 0.3 of its weights. A layer that would exceed density 1 is full, and its
    surplus goes to the next ones (Su et al. 2020, arXiv 2009.11094). The counts are exact fractions rounded by largest
    remainder (ties: the first layer).

    A layer of count c scores ``c / (k - 1/2)`` at its k-th weight. That cannot tell which density it is used with:
    another one, or ``protect=``, keeps layers in proportion to c (Webster's rule), which is not the rule for that
    density; ``scope="layer"`` ignores the counts. Cost: one draw per weight, or one sort.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Linear(5, 8), torch.nn.Linear(8, 5))
    >>> scores = smart_ratio(0.5, seed=0)(extract(net, (4,)))
    >>> [int((score > 1).sum()) for score in scores.values.values()]
    [20, 18, 12]
    """
    density = check_density(density)
    if seed is not None:
        generator(seed)
    elif not hybrid:
        raise ValueError("seed must be given, as in smart_ratio(density, seed=0), unless hybrid=True")

    def score(graph: WeightGraph) -> Scores:
        counts = smart_counts(graph, density)
        shares = {name: counts[name] / weight.numel() for name, weight in graph.weights.items()}
        if hybrid:
            require_values(graph, "smart_ratio(hybrid=True)")
            return Scores(webster(shares, places_by_magnitude(graph)), method="smart_ratio")
        return Scores(webster(shares, random_places(graph, seed or 0)), method="smart_ratio")

    score.__name__ = score.__qualname__ = "smart_ratio"
    return score


def smart_counts(graph: WeightGraph, density: float) -> dict[str, int]:
    """Return how many weights of each layer the rule of `smart_ratio` keeps: ``kept_count(density, N)`` in all.

    Raises
    ------
    BudgetError
        If no counts of the rule add up to that.
    """
    require_graph(graph)
    sizes = {name: weight.numel() for name, weight in graph.weights.items()}
    budget = kept_count(density, sum(sizes.values()))
    if budget >= sum(sizes.values()):
        return sizes
    linear = [name for name, layer in graph.weight_layers.items() if isinstance(layer, Linear)]
    shares = {name: HEAD * sizes[name] for name in linear[-1:]}
    free = {name: size for name, size in sizes.items() if name not in shares}
    rest = budget - sum(shares.values())
    _check_reach(rest, budget, sum(free.values()), sum(sizes.values()))
    shares |= _spread(_ratios(graph), free, rest)
    return _round({name: shares[name] for name in sizes}, budget)


def _check_reach(rest: Fraction | int, budget: int, free: int, total: int) -> None:
    """Raise `BudgetError` unless the layers beside the head, of `free` weights, can keep `rest` of them."""
    if not free:
        raise BudgetError("smart_ratio needs a layer besides the last linear one, whose density is fixed at 0.3")
    if not 0 <= rest <= free:
        low, high = max(1, ceil(budget - rest)), floor(budget - rest + free)
        raise BudgetError(
            f"smart_ratio keeps 0.3 of the last linear layer, so it reaches {low:,} to {high:,} of the {total:,} "
            f"weights (density {low / total:.4g} to {high / total:.4g}) or all, not {budget:,}"
        )


def _ratios(graph: WeightGraph) -> dict[str, Fraction]:
    """Return the densities of the rule up to a common factor."""
    residual = any(isinstance(layer, Add) for layer in graph.layers)
    ratios = {}
    for depth, name in enumerate(graph.order, start=1):
        k = len(graph.order) - depth + 1
        ratios[name] = Fraction(k * k + k, 1 if residual else depth * depth)
    return ratios


def _spread(ratios: dict[str, Fraction], sizes: dict[str, int], rest: Fraction | int) -> dict[str, Fraction]:
    """Split `rest` weights in proportion to ratio times size; what a full layer cannot hold goes to the next.

    Nothing is left after the last: ratios fall with depth, so a layer that is not full by itself has none after it
    that is, and takes all the surplus there is or passes it on to one that does.
    """
    scale = Fraction(rest) / sum(ratios[name] * size for name, size in sizes.items())
    held, surplus = {}, Fraction(0)
    for name, size in sizes.items():
        surplus += scale * ratios[name] * size
        held[name] = min(surplus, Fraction(size))
        surplus -= held[name]
    return held


def _round(shares: dict[str, Fraction], budget: int) -> dict[str, int]:
    """Round to integers that add up to `budget`, by largest remainder; ties go to the first layer."""
    counts = {name: floor(share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: counts[name] - shares[name])
    for name in by_remainder[: budget - sum(counts.values())]:
        counts[name] += 1
    return counts
