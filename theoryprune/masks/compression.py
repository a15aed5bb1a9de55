"""How far a network can be compressed: at all, and by a score on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import ceil, floor, inf, log10
from typing import Literal

from theoryprune.errors import BudgetError, LayerCollapseError
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.paths import path_lengths
from theoryprune.graph.protect import protected_names
from theoryprune.masks.evaluators import ScoreFunction
from theoryprune.masks.keep_top import Scope, nothing_to_prune
from theoryprune.masks.prune import prune
from theoryprune.masks.schedules import Schedule
from theoryprune.types import WeightGraph

Collapse = Literal["path", "layer"]


def max_compression(graph: WeightGraph, protect: Collection[str] | str = ()) -> float:
    """Return the largest compression at which some mask still connects an input with an output.

    Parameters
    ----------
    graph : WeightGraph
        Weights that are 0 lie on no path.
    protect : collection of str, or str
        Names or patterns of layers that are kept whole and do not count (`prune`).

    Returns
    -------
    float
        ``N / l_min``, the number of prunable weights over the least number of them on an input-output path; infinite
        where a path has none, for then no mask can cut it.

    Raises
    ------
    LayerCollapseError
        If no input reaches an output over all weights.
    BudgetError
        If there is nothing to prune.
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    A mask that keeps one shortest path is connected, and one with fewer weights cuts every path. For a chain of L
    layers it is ``N / L``, the rho_max of Tanaka et al. 2020 (arXiv 2006.05467, section 3), which SynFlow reaches if
    every iteration removes less than the flow. In other networks even that procedure need not reach it
    (`path_lengths`). Cost: two passes over the weights.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> max_compression(extract(torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Linear(5, 2)), (4,)))
    15.0
    """
    kept_whole = _kept_whole(graph, protect)
    shortest, _ = path_lengths(graph, kept_whole)
    return _counted(graph, kept_whole) / shortest if shortest else inf


def critical_compression(
    graph: WeightGraph,
    score: ScoreFunction,
    schedule: Schedule | None = None,
    scope: Scope = "global",
    protect: Collection[str] | str = (),
    step: float = 0.25,
    collapse: Collapse = "path",
    refine: bool = False,
) -> float:
    """Return the largest compression that pruning by a score reaches without collapse.

    Parameters
    ----------
    graph : WeightGraph
    score, schedule, scope, protect
        As for `prune`, which is run once for each compression tried.
    step : float
        The compressions tried are ``10 ** (step k)``, k = 0, 1, 2, ..., up to the largest possible.
    collapse : {"path", "layer"}
        What counts as collapse: that no input reaches an output, or that a layer is left without a weight, as in the
        figures of the field. In a chain the second implies the first.
    refine : bool
        Look on for the exact count between the last compression without collapse and the first one with it, by
        bisection.

    Returns
    -------
    float
        Weights over kept weights, N / kept, of the smallest mask found without collapse: at least 1, and at most
        `max_compression`.

    Raises
    ------
    LayerCollapseError
        If no input reaches an output over all weights (for ``collapse="layer"`` too).
    BudgetError
        If there is nothing to prune.
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    The rho_cr of Tanaka et al. 2020 (arXiv 2006.05467, section 3), *observed* for this network and not certified:
    the search stops at the first collapse, and a larger compression may work again. A schedule that the flow limits
    stops by itself before it collapses; what it kept then counts. Cost: one run of `prune` per
    compression tried, that is ``log10(rho) / step`` runs, and with `refine` the logarithm of the counts in between.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> from theoryprune.scores import synflow
    >>> _ = torch.manual_seed(0)
    >>> graph = extract(torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Linear(5, 2)), (4,))
    >>> critical_compression(graph, synflow, refine=True)
    15.0
    """
    if isinstance(step, bool) or not isinstance(step, int | float) or not 0 < step < inf:
        raise ValueError(f"step must be a positive number, got {step!r}")
    if collapse not in ("path", "layer"):
        raise ValueError(f"collapse must be 'path' or 'layer', got {collapse!r}")
    kept_whole = _kept_whole(graph, protect)
    total = _counted(graph, kept_whole)
    shortest, _ = path_lengths(graph, kept_whole)
    least = max(1, shortest)

    def reached(count: int) -> tuple[bool, int]:
        """Return whether so many weights can be kept, and how many a mask without collapse kept (0: there is none)."""
        try:
            found = prune(graph, score, count / total, schedule, scope, protect, on_collapse="report", progress=False)
        except (LayerCollapseError, BudgetError):
            return False, 0
        if found.collapsed_at is not None or (collapse == "layer" and found.mask.empty_layers):
            return False, 0
        # A schedule that the flow limits stops where no weight can go without collapse.
        return scope == "layer" or found.mask.kept <= count, found.mask.kept

    return total / _search(reached, _grid(total, least, step), least, refine)


def _grid(total: int, least: int, step: float) -> list[int]:
    """Return the counts of the compressions tried, descending, each once."""
    steps = floor(log10(total / least) / step + 1e-9)
    return list(dict.fromkeys(min(total, max(least, ceil(total / 10 ** (step * k)))) for k in range(steps + 1)))


def _search(reached: Callable[[int], tuple[bool, int]], counts: list[int], least: int, refine: bool) -> int:
    """Return the least count kept without collapse, up to the first count that cannot be reached."""
    good, bad, best = counts[0], least - 1, counts[0]
    for count in counts[1:]:
        works, kept = reached(count)
        best = min(best, kept or best)
        if not works:
            bad = count
            break
        good = count
    while refine and good - bad > 1:
        middle = (good + bad) // 2
        works, kept = reached(middle)
        best = min(best, kept or best)
        good, bad = (middle, bad) if works else (good, middle)
    return best


def _kept_whole(graph: WeightGraph, protect: Collection[str] | str) -> frozenset[str]:
    require_values(graph, "compression")
    kept_whole = protected_names({w: layer.name for w, layer in graph.weight_layers.items()}, protect)
    if len(kept_whole) == len(graph.order):
        raise BudgetError(nothing_to_prune(bool(kept_whole)))
    return kept_whole


def _counted(graph: WeightGraph, kept_whole: Collection[str]) -> int:
    return sum(weight.numel() for name, weight in graph.weights.items() if name not in kept_whole)
