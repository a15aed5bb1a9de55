"""From the errors of single blocks to that of the network."""

from __future__ import annotations

import math
from collections.abc import Iterable

import networkx as nx
import numpy as np
from torch import Tensor

from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.gains import Effort
from theoryprune.bounds.joined import times_up
from theoryprune.bounds.lipschitz import output_gains
from theoryprune.bounds.measured_norms import measured_norms
from theoryprune.bounds.network_error import BlockTerm, EndToEnd
from theoryprune.bounds.network_witness import differences, search_difference
from theoryprune.bounds.prefix_norms import prefix_norms
from theoryprune.bounds.rounding import norm_up, sum_up
from theoryprune.types import WeightGraph


def end_to_end(
    before: WeightGraph,
    after: WeightGraph,
    blocks: Iterable[BlockError],
    *,
    radius: float | None = None,
    x: Tensor | None = None,
    effort: Effort = "default",
    steps: int = 20,
    seed: int = 0,
) -> EndToEnd:
    """Bound the difference of a network and its pruned form.

    Parameters
    ----------
    before, after : WeightGraph
        N and N', with records of the same names and shapes; N' differs from N only by the blocks.
    blocks : iterable of BlockError
        One for each pruned group, in any order. The rows of a group's producers are those of N', as they are after the
        groups before it were folded (all rows, the pruned ones too), its old outgoing weights those of N.
    radius : float, optional
        The domain is the ball ``||x|| <= radius``, and the norms of z are those of `prefix_norms`.
    x : Tensor, shape (batch, *input shape), optional
        Instead, the domain is these inputs, and the norms are measured (`measured_norms`).
    effort : {"fast", "default", "high"}
        Spent on convolutions.
    steps, seed : int
        Of the search for a difference in the ball (`search_difference`).

    Returns
    -------
    EndToEnd

    Raises
    ------
    ValueError
        Unless one of `radius` and `x` is given; for names that a graph lacks, ends that no start reaches, graphs of
        different inputs or outputs.

    Notes
    -----
    The bound is ``sum_g error_g(||z_g||) (sum_e L(e)^2)^{1/2}`` over groups g and their ends e, with **the norms of z
    from the pruned network and the gains L from the original one**; nothing is proved for another mixture.

    Proof. Let H_k be the network whose first k records, in topological order, work as in N', except that pruned hidden
    units are still computed (from the tensors of N', by all rows of the group) for whoever still wants them, and whose
    other records are those of N. H_0 = N, and the last one has the output of N'. H_{k-1} and H_k differ only if record
    k reads pruned groups; being affine in them, it then changes by the sum of ``e_g,k(z_g)`` over its groups, z_g as
    in N', and what follows it are records of N, of gain L(k). So the difference is at most ``sum_k L(k) sum_g
    ||e_g,k||``; for one group, Cauchy-Schwarz over its ends gives the formula.

    In deep networks the products are far above what happens: see `EndToEnd.vacuous`.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> from theoryprune.bounds import BlockError
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    >>> weights = {"0.weight": [[1.0, 0.0], [0.0, 0.25]], "2.weight": [[1.0, 1.0]]}
    >>> before = tp.extract(net, (2,)).with_weights({n: torch.tensor(w).double() for n, w in weights.items()})
    >>> after = before.with_weights({"2.weight": torch.tensor([[1.0, 0.0]]).double()})
    >>> bias = abs(float(before.by_name["0"].bias[1]))
    >>> row = BlockError("0", ("<input>",), ("2",), gain=0.25, constant=bias)
    >>> result = end_to_end(before, after, [row], radius=3.0)
    >>> abs(result.error - (0.75 + bias)) < 1e-12, result.observed <= result.error
    (True, True)
    """
    rows = tuple(blocks)
    if (radius is None) == (x is None):
        raise ValueError("give either radius, for all inputs of a ball, or x, for these inputs")
    _check(before, after, rows)
    starts = list(dict.fromkeys(name for row in rows for name in row.starts))
    norms = prefix_norms(after, radius, starts, effort=effort) if radius is not None else {}
    norms = norms if x is None else measured_norms(after, x)
    gains = output_gains(before, dict.fromkeys(name for row in rows for name in row.ends), effort=effort)
    terms = tuple(_term(row, norms, gains) for row in rows)
    shares = [term.share for term in terms]
    if x is not None:
        seen = differences(before, after, x)
    else:
        seen = search_difference(before, after, radius or 0.0, steps=steps, seed=seed)
    error = math.inf if math.inf in shares else sum_up(np.array(shares))
    return EndToEnd(error, terms, seen.difference, seen.output, radius, seen.x)


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
