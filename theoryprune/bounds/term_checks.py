"""Whether the shares of blocks follow from rows, norms and gains, and witnesses attain what is stated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from torch import Tensor

from theoryprune.bounds.chains import Known
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.lipschitz import output_gains
from theoryprune.bounds.measured_norms import measured_norms
from theoryprune.bounds.network_error import BlockTerm, EndToEnd
from theoryprune.bounds.network_witness import differences, search_difference
from theoryprune.bounds.prefix_norms import prefix_norms
from theoryprune.types import WeightGraph

_SLACK = 1e-9  # what two computations of a norm may differ by, far below any use of the bound
_ROUNDING = 1e-12  # of an output: a batch is not summed in the order in which its examples are one by one


def wrong_terms(
    terms: Sequence[BlockTerm],
    before: WeightGraph,
    after: WeightGraph,
    *,
    radius: float | None,
    x: Tensor | None,
    effort: Effort,
    known: Known,
) -> str:
    """Return what is not so of the shares of one pair of networks, empty if nothing.

    Parameters
    ----------
    terms : sequence of BlockTerm
    before, after, radius, x, effort, known
        As for `block_terms`. What `known` holds must be the checker's own.

    Notes
    -----
    Norms and gains are computed again and must not be above those stated, but for 1e-9 of their size; the products are
    compared as rational numbers.
    """
    starts = [name for term in terms for name in term.block.starts]
    ends = [name for term in terms for name in term.block.ends]
    if not {*starts, *ends} <= set(before.shapes) or not set(starts) <= set(after.shapes):
        return "a block names a tensor that a network lacks"
    norms = (
        measured_norms(after, x)
        if x is not None
        else prefix_norms(after, radius or 0.0, starts, effort=effort, known=known)
    )
    gains = output_gains(before, ends, effort=effort, known=known)
    for term in terms:
        if problem := _wrong_term(term, norms, gains):
            return f"block '{term.block.name}': {problem}"
    return ""


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


def wrong_witness(
    result: EndToEnd, before: WeightGraph, after: WeightGraph, x: Tensor | None, effort: Effort, seed: int
) -> str:
    """Return what is not so of the difference and the output stated, or found beside them; empty if nothing.

    Parameters
    ----------
    result : EndToEnd
    before, after : WeightGraph
        The first and the last network.
    x, effort, seed
        As for `is_telescope`.
    """
    if x is not None:
        seen = differences(before, after, x)
        largest = seen.output
    else:
        radius = result.radius or 0.0
        seen = search_difference(before, after, radius, seed=seed)
        largest = prefix_norms(before, radius, (before.output,), effort=effort)[before.output]
        if not float(result.witness.norm()) <= radius:
            return "the witness lies outside the ball"
    attained = differences(before, after, result.witness)
    if not 0 <= result.observed <= attained.difference * (1 + _SLACK) + _ROUNDING * attained.output:
        return "the witness does not attain what is stated"
    if not result.output <= largest * (1 + _SLACK):
        return "an output larger than any is stated"
    if not attained.output * (1 - _SLACK) <= result.output:
        return "the largest output is stated below that of the witness"
    if not max(seen.difference, attained.difference) <= result.error:
        return "a difference above the error was found"
    return ""
