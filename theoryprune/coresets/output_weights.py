"""What an error in one channel group counts for the output of the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

from theoryprune.bounds import output_gains, prefix_norms
from theoryprune.coresets.hidden import Hidden
from theoryprune.geometry.arguments import Floats
from theoryprune.types import WeightGraph

Weighting = Literal["telescoped", "relative", "equal"]
WEIGHTINGS: tuple[str, ...] = get_args(Weighting)


def output_weights(
    graph: WeightGraph, groups: Sequence[Hidden], errors: Sequence[Floats], how: Weighting
) -> dict[str, float]:
    """Return a factor for the error curve of each group.

    Parameters
    ----------
    graph : WeightGraph
    groups : sequence of Hidden
    errors : sequence of ndarray, shape (n + 1,)
        Their curves.
    how : {"telescoped", "relative", "equal"}
        The gain from the group's consumers to the output, times a bound on what its producers read when the input of
        the network has norm 1; one over the error of deleting the group; 1.

    Returns
    -------
    dict of str to float
        By the names of the groups.

    Raises
    ------
    ValueError
        For another `how`.
    UnsupportedLayerError
        If ``"telescoped"`` meets a layer without a gain.

    Notes
    -----
    Telescoped weights turn the triangle bounds of all groups into one of the output: their sum, as
    `theoryprune.bounds.end_to_end` adds certificates up. Relative ones count a residual stream once for each of its
    readers, as if they were groups of their own: to delete it is to delete them all. Where a product leaves the range
    of float64, bounds on what producers read count as 1; where gains do so too, all weights are relative. Cost: the
    norm of every weight for ``"telescoped"``.
    """
    if how not in WEIGHTINGS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTINGS)}, got {how!r}")
    names = [hidden.group.name for hidden in groups]
    whole = [float(curve[0]) for curve in errors]
    if how == "telescoped":
        telescoped = _telescoped(graph, groups)
        if all(math.isfinite(weight * error) for weight, error in zip(telescoped, whole, strict=True)):
            return dict(zip(names, telescoped, strict=True))
    if how == "equal":
        return dict.fromkeys(names, 1.0)
    counts = [len(hidden.consumers) if hidden.stream else 1 for hidden in groups]
    return {name: n / error if error else 0.0 for name, error, n in zip(names, whole, counts, strict=True)}


def _telescoped(graph: WeightGraph, groups: Sequence[Hidden]) -> list[float]:
    ends = [[consumer.layer for consumer in hidden.consumers] for hidden in groups]
    starts = [[graph.by_name[name].inputs[0] for name in hidden.producers] for hidden in groups]
    gains = output_gains(graph, {name: None for each in ends for name in each}, effort="fast")
    norms = prefix_norms(graph, 1.0, {name: None for each in starts for name in each}, effort="fast")
    behind = [math.hypot(*(gains[name] for name in each)) for each in ends]
    before = [math.hypot(*(norms[name] for name in each)) for each in starts]
    if not all(map(math.isfinite, before)):
        return behind
    return [first * second for first, second in zip(before, behind, strict=True)]
