"""From the errors of single blocks to that of the network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor

from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.block_terms import block_terms
from theoryprune.bounds.chains import Known
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.network_error import BlockTerm, EndToEnd
from theoryprune.bounds.network_witness import differences, search_difference
from theoryprune.bounds.rounding import sum_up
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
        groups before it were folded (all rows, the pruned ones too), its old outgoing weights those of N. Where that
        is not so for several groups at once, go from one to the next by `telescope`.
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
    return telescope((before, after), (blocks,), radius=radius, x=x, effort=effort, steps=steps, seed=seed)


def telescope(
    networks: Sequence[WeightGraph],
    blocks: Sequence[Iterable[BlockError]],
    *,
    radius: float | None = None,
    x: Tensor | None = None,
    effort: Effort = "default",
    steps: int = 20,
    seed: int = 0,
) -> EndToEnd:
    """Bound the difference of a network and what several prunings, one after the other, made of it.

    Parameters
    ----------
    networks : sequence of WeightGraph
        ``N_0, N_1, ..., N_k``: the network, and what it was after each pruning.
    blocks : sequence of iterable of BlockError
        k of them: for each pruning the rows that `end_to_end` takes for the pair just before and just after it.
    radius, x, effort, steps, seed
        As for `end_to_end`.

    Returns
    -------
    EndToEnd
        With the rows of all prunings, in their order.

    Raises
    ------
    ValueError
        For another number of blocks, and as `end_to_end` for every pair.

    Notes
    -----
    ``||N_0(x) - N_k(x)|| <= sum_i ||N_{i-1}(x) - N_i(x)||``, each by the theorem of `end_to_end` for one pair: norms
    of ``N_i``, gains of ``N_{i-1}``. Every row is about two networks that exist, so that no pruning need know of
    another: residual streams and groups inside their blocks may follow one another in any order. For a chain pruned
    from the input to the output the numbers are those of one bound for all groups together: in front of a group
    ``N_i`` is the pruned network already, behind it ``N_{i-1}`` is still the original one. Cost: the norm of every
    weight once for each pruning that changes it, and a pass of arithmetic over the network for each row.
    """
    if len(networks) < 1 or len(blocks) != len(networks) - 1:
        raise ValueError(f"blocks must be one for each pair of networks in turn, got {len(blocks)} and {len(networks)}")
    if (radius is None) == (x is None):
        raise ValueError("give either radius, for all inputs of a ball, or x, for these inputs")
    known: Known = {}  # networks in turn have most of their records in common
    terms: list[BlockTerm] = []
    for before, after, rows in zip(networks[:-1], networks[1:], blocks, strict=True):
        terms += block_terms(before, after, rows, radius=radius, x=x, effort=effort, known=known)
    if x is not None:
        seen = differences(networks[0], networks[-1], x)
    else:
        seen = search_difference(networks[0], networks[-1], radius or 0.0, steps=steps, seed=seed)
    shares = [term.share for term in terms]
    error = math.inf if math.inf in shares else sum_up(np.array(shares))
    return EndToEnd(error, tuple(terms), seen.difference, seen.output, radius, seen.x)
