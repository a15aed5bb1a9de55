"""Whether a selection or a sample has the outgoing weights that its own record gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_pair
from theoryprune.coresets.record import LayerCoreset, Sampling
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import refuted

_TOLERANCE = 1e-12


def is_selection(coreset: LayerCoreset, incoming: ArrayLike, outgoing: ArrayLike) -> Verdict:
    """Check that units were kept as they are, each column times one factor.

    Parameters
    ----------
    coreset : LayerCoreset
        By a construction that neither folds nor fits.
    incoming, outgoing
        The layer.

    Returns
    -------
    Verdict
        With the largest deviation, relative to the weight.

    Raises
    ------
    ValueError
        If the layer is not what the constructions take.

    Notes
    -----
    The factors are those of the `Sampling`, n / m for `uniform`, and 1 otherwise or with a full budget. Of a sample
    also: counts and draws agree, a failure probability stands beside every error, and independent or repeated draws
    have weights ``N_j / (draws p_j)`` with probabilities that add up to at most 1.
    """
    rows, columns = as_pair(incoming, outgoing)
    kept, weights = np.asarray(coreset.kept), np.asarray(coreset.outgoing)
    fitting = kept.ndim == 1 and kept.dtype.kind in "iu" and len(kept) and (np.diff(kept) > 0).all()
    if not fitting or kept[0] < 0 or kept[-1] >= len(rows) or coreset.units != len(rows):
        return refuted("the kept units are not ascending, distinct and in range")
    if weights.shape != (len(columns), len(kept)) or not np.isfinite(weights).all():
        return refuted("the outgoing weights have the wrong shape, or an entry that is not finite")
    factors = np.ones(len(kept))
    if coreset.sampling is not None:
        reason = _sampling_fault(coreset.sampling, len(kept))
        if reason:
            return refuted(reason)
        factors = coreset.sampling.weights
    elif coreset.method == "uniform" and not coreset.is_identity:
        factors = np.full(len(kept), len(rows) / len(kept))
    expected = columns[:, kept] * factors
    worst = float((np.abs(weights - expected) / np.where(expected, np.abs(expected), 1)).max())
    if worst > _TOLERANCE:
        return refuted("a column is not its own times its factor", worst)
    return Verdict(True, False, worst, "every kept column is its own times the factor of its draw")


def _sampling_fault(sampling: Sampling, size: int) -> str:
    counts, weights = np.asarray(sampling.counts), np.asarray(sampling.weights)
    if counts.shape != (size,) or weights.shape != (size,) or not (np.isfinite(weights) & (weights > 0)).all():
        return "counts or weights have the wrong shape, or a weight is not positive"
    if (sampling.error is None) != (sampling.delta_algorithm is None):
        return "an error and its failure probability belong together"
    if not sampling.draws:
        return "" if (weights == 1).all() else "nothing was drawn, yet a weight is not 1"
    if int(counts.sum()) != sampling.draws:
        return "the counts do not add up to the draws"
    if sampling.mode == "fixed_pps":
        return "" if (weights >= 1).all() and (counts == 1).all() else "a weight is the inverse of no probability"
    chances = float((counts / weights)[counts > 0].sum()) / sampling.draws
    return "" if chances <= 1 + _TOLERANCE else "the probabilities behind the weights add up to more than 1"
