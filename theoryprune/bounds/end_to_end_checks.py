"""Whether the error of a whole network is what its rows, norms and gains add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import chain, islice

from torch import Tensor

from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.chains import Known
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.network_error import EndToEnd
from theoryprune.bounds.term_checks import wrong_terms, wrong_witness
from theoryprune.geometry import Verdict
from theoryprune.types import WeightGraph


def is_end_to_end(
    result: EndToEnd,
    before: WeightGraph,
    after: WeightGraph,
    *,
    blocks: Iterable[BlockError] | None = None,
    x: Tensor | None = None,
    effort: Effort = "default",
    seed: int = 1,
) -> Verdict:
    """Check the error of a pruned network, given the errors of its blocks.

    Parameters
    ----------
    result : EndToEnd
    before, after : WeightGraph
        The networks that it is about.
    blocks : iterable of BlockError, optional
        The rows that it must be about, in order; without them, a missing row is found only by a larger difference.
    x, effort, seed
        As for `is_telescope`.

    Returns
    -------
    Verdict
        Its value is the error stated.

    Raises
    ------
    ValueError
        If `x` is not given exactly where the domain is given inputs.

    Notes
    -----
    See `is_telescope`, of which this is the case of two networks.
    """
    rows = [term.block for term in result.terms] if blocks is None else blocks
    return is_telescope(result, (before, after), (rows,), x=x, effort=effort, seed=seed)


def is_telescope(
    result: EndToEnd,
    networks: Sequence[WeightGraph],
    blocks: Sequence[Iterable[BlockError]],
    *,
    x: Tensor | None = None,
    effort: Effort = "default",
    seed: int = 1,
) -> Verdict:
    """Check the error of a network that was pruned several times, given the errors of its blocks.

    Parameters
    ----------
    result : EndToEnd
    networks : sequence of WeightGraph
        The network, and what it was after each pruning.
    blocks : sequence of iterable of BlockError
        The rows of each pruning, which the terms must be about, in order.
    x : Tensor, optional
        The inputs, where the domain is these alone.
    effort : {"fast", "default", "high"}
        That of `telescope`, or more.
    seed : int
        Of another search for a difference.

    Returns
    -------
    Verdict
        Its value is the error stated.

    Raises
    ------
    ValueError
        If `x` is not given exactly where the domain is given inputs, or there is not one pair of networks for each of
        the blocks.

    Notes
    -----
    Norms and gains are computed anew, network by network, the shares and their sum compared with rational arithmetic
    on the numbers stated; the witness is evaluated, and another search must find no larger difference. The largest
    output, which decides what is vacuous, must be one of the inputs given, or on a ball below a bound of it. The rows
    have checkers of their own.
    """
    if (x is None) == (result.radius is None):
        raise ValueError("x must be given exactly where the domain is given inputs")
    rows = [list(each) for each in blocks]
    if len(rows) != len(networks) - 1:
        raise ValueError(f"blocks must be one for each pair of networks in turn, got {len(rows)} and {len(networks)}")
    if result.radius is not None and not 0 <= result.radius < math.inf:
        return _no("the radius is none")
    numbers = [(t.norm, t.error, t.downstream, t.share) for t in result.terms]
    if not all(number >= 0 for number in (result.error, result.observed, result.output, *chain(*numbers))):
        return _no("a number is negative or NaN")
    if [term.block for term in result.terms] != list(chain(*rows)):
        return _no("its blocks are others than those given")
    left = iter(result.terms)
    known: Known = {}
    for before, after, each in zip(networks[:-1], networks[1:], rows, strict=True):
        if problem := wrong_terms(
            list(islice(left, len(each))), before, after, radius=result.radius, x=x, effort=effort, known=known
        ):
            return _no(problem)
    shares = [term.share for term in result.terms]
    if not math.isinf(result.error) and (math.inf in shares or sum(map(Fraction, shares)) > Fraction(result.error)):
        return _no("the error is below the sum of the shares")
    if problem := wrong_witness(result, networks[0], networks[-1], x, effort, seed):
        return _no(problem)
    return Verdict(True, False, result.error, "the shares follow from their rows, the witness attains")


def _no(reason: str) -> Verdict:
    return Verdict(False, False, float("nan"), reason)
