"""The shares of single blocks in the difference of two networks."""

from __future__ import annotations

import math
from collections.abc import Iterable

import networkx as nx
import numpy as np
from torch import Tensor

from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.chains import Known
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.joined import times_up
from theoryprune.bounds.lipschitz import output_gains
from theoryprune.bounds.measured_norms import measured_norms
from theoryprune.bounds.network_error import BlockTerm
from theoryprune.bounds.prefix_norms import prefix_norms
from theoryprune.bounds.rounding import norm_up
from theoryprune.types import WeightGraph


def block_terms(
    before: WeightGraph,
    after: WeightGraph,
    blocks: Iterable[BlockError],
    *,
    radius: float | None = None,
    x: Tensor | None = None,
    effort: Effort = "default",
    known: Known | None = None,
) -> tuple[BlockTerm, ...]:
    """Return what each block contributes to the difference of two networks; together they bound it.

    Parameters
    ----------
    before, after, blocks, radius, x, effort
        As for `end_to_end`, whose Notes hold the theorem.
    known : mutable mapping, optional
        As for `prefix_norms` and `output_gains`.

    Returns
    -------
    tuple of BlockTerm
        In the order of the blocks.

    Raises
    ------
    ValueError
        As `end_to_end`.

    Notes
    -----
    The share of a block is ``error(||z||) (sum_e L(e)^2)^{1/2}`` over its ends e, z in the network after and L the
    gains of the one before. Cost: that of `prefix_norms` and of `output_gains`, both as far as the blocks need them.
    """
    rows = tuple(blocks)
    if (radius is None) == (x is None):
        raise ValueError("give either radius, for all inputs of a ball, or x, for these inputs")
    _check(before, after, rows)
    known = {} if known is None else known
    starts = list(dict.fromkeys(name for row in rows for name in row.starts))
    norms = prefix_norms(after, radius, starts, effort=effort, known=known) if radius is not None else {}
    norms = norms if x is None else measured_norms(after, x)
    ends = dict.fromkeys(name for row in rows for name in row.ends)
    gains = output_gains(before, ends, effort=effort, known=known)
    return tuple(_term(row, norms, gains) for row in rows)


def _term(row: BlockError, norms: dict[str, float], gains: dict[str, float]) -> BlockTerm:
    norm, downstream = _root([norms[name] for name in row.starts]), _root([gains[name] for name in row.ends])
    error = row.error(norm)
    return BlockTerm(row, norm, error, downstream, times_up(error, downstream))


def _root(values: list[float]) -> float:
    if len(values) == 1 or math.inf in values:
        return max(values)
    return norm_up(np.array(values))


def _check(before: WeightGraph, after: WeightGraph, rows: tuple[BlockError, ...]) -> None:
    sides = [(graph.input_shape, graph.shapes[graph.output]) for graph in (before, after)]
    if sides[0] != sides[1]:
        raise ValueError(f"before and after must have equal inputs and outputs, got shapes {sides[0]} and {sides[1]}")
    readers = before.to_networkx()
    for row in rows:
        for graph, names, which in ((before, row.starts + row.ends, "before"), (after, row.starts, "after")):
            if missing := [name for name in names if name not in graph.shapes]:
                raise ValueError(f"block '{row.name}' names the tensors {missing}, which the graph {which} lacks")
        reached = set().union(*(nx.descendants(readers, start) for start in row.starts))
        if astray := [end for end in row.ends if end not in reached]:
            raise ValueError(f"block '{row.name}': the ends {astray} do not depend on its starts {list(row.starts)}")
