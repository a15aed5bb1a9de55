"""Whether the error of a whole network is what its rows, norms and gains add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from torch import Tensor

from theoryprune.bounds.block_error import BlockError
from theoryprune.bounds.gains import Effort
from theoryprune.bounds.lipschitz import output_gains
from theoryprune.bounds.measured_norms import measured_norms
from theoryprune.bounds.network_error import BlockTerm, EndToEnd
from theoryprune.bounds.network_witness import differences, search_difference
from theoryprune.bounds.prefix_norms import prefix_norms
from theoryprune.geometry import Verdict
from theoryprune.types import WeightGraph

_SLACK = 1e-9  # what two computations of a norm may differ by, far below any use of the bound
_ROUNDING = 1e-12  # of an output: a batch is not summed in the order in which its examples are one by one


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
    x : Tensor, optional
        The inputs, where the domain is these alone.
    effort : {"fast", "default", "high"}
        That of `end_to_end`, or more.
    seed : int
        Of another search for a difference.

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
    Norms and gains are computed anew, the shares and their sum compared with rational arithmetic on the numbers stated;
    the witness is evaluated, and another search must find no larger difference. The largest output, which decides what
    is vacuous, must be one of the inputs given, or on a ball below a bound of it. The rows have checkers of their own.
    """
    if (x is None) == (result.radius is None):
        raise ValueError("x must be given exactly where the domain is given inputs")
    if result.radius is not None and not 0 <= result.radius < math.inf:
        return _no("the radius is none")
    numbers = [
        result.error,
        result.observed,
        result.output,
        *(v for t in result.terms for v in (t.norm, t.error, t.downstream, t.share)),
    ]
    if not all(number >= 0 for number in numbers):
        return _no("a number is negative or NaN")
    starts = [name for term in result.terms for name in term.block.starts]
    ends = [name for term in result.terms for name in term.block.ends]
    if not {*starts, *ends} <= set(before.shapes) or not set(starts) <= set(after.shapes):
        return _no("a block names a tensor that a network lacks")
    if blocks is not None and [term.block for term in result.terms] != list(blocks):
        return _no("its blocks are others than those given")
    if x is not None:
        norms, seen = measured_norms(after, x), differences(before, after, x)
        largest = seen.output
    else:
        radius = result.radius or 0.0
        norms = prefix_norms(after, radius, starts, effort=effort)
        seen = search_difference(before, after, radius, seed=seed)
        largest = prefix_norms(before, radius, (before.output,), effort=effort)[before.output]
        if not float(result.witness.norm()) <= radius:
            return _no("the witness lies outside the ball")
    gains = output_gains(before, ends, effort=effort)
    for term in result.terms:
        if problem := _wrong_term(term, norms, gains):
            return _no(f"block '{term.block.name}': {problem}")
    shares = [term.share for term in result.terms]
    if not math.isinf(result.error) and (math.inf in shares or sum(map(Fraction, shares)) > Fraction(result.error)):
        return _no("the error is below the sum of the shares")
    attained = differences(before, after, result.witness)
    if not 0 <= result.observed <= attained.difference * (1 + _SLACK) + _ROUNDING * attained.output:
        return _no("the witness does not attain what is stated")
    if not result.output <= largest * (1 + _SLACK):
        return _no("an output larger than any is stated")
    if not max(seen.difference, attained.difference) <= result.error:
        return _no("a difference above the error was found")
    return Verdict(True, False, result.error, "the shares follow from their rows, the witness attains")


def _wrong_term(term: BlockTerm, norms: Mapping[str, float], gains: Mapping[str, float]) -> str:
    """What is not so of one share, empty if nothing."""
    for stated, names, values in ((term.norm, term.block.starts, norms), (term.downstream, term.block.ends, gains)):
        if math.isinf(stated):
            continue
        found = [values[name] for name in names]
        if math.inf in found or sum(Fraction(v) ** 2 for v in found) * (1 - Fraction(_SLACK)) > Fraction(stated) ** 2:
            return "a norm of its inputs, or a gain behind it, is larger than stated"
    if not term.error >= term.block.error(term.norm) * (1 - _SLACK):
        return "its error does not follow from its row"
    if 0 in (term.error, term.downstream) or math.isinf(term.share):
        return ""
    if math.inf in (term.error, term.downstream) or Fraction(term.error) * Fraction(term.downstream) > term.share:
        return "its share is below error times gain"
    return ""


def _no(reason: str) -> Verdict:
    return Verdict(False, False, float("nan"), reason)
