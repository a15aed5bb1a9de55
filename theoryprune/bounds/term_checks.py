"""Whether the shares of blocks are what their rows, norms and gains give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from torch import Tensor

from theoryprune.bounds.chains import Known
from theoryprune.bounds.gains import Effort
from theoryprune.bounds.lipschitz import output_gains
from theoryprune.bounds.measured_norms import measured_norms
from theoryprune.bounds.network_error import BlockTerm
from theoryprune.bounds.prefix_norms import prefix_norms
from theoryprune.types import WeightGraph

_SLACK = 1e-9  # what two computations of a norm may differ by, far below any use of the bound


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
