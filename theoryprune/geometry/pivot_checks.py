"""The checker of a greedy order of pivots: what each step leaves, computed from nothing but the matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import lstsq

from theoryprune.geometry.arguments import Floats, as_choice, as_positive
from theoryprune.geometry.gram_checks import as_gram, as_targets
from theoryprune.geometry.pivoted_cholesky import RANK
from theoryprune.geometry.verdict import Verdict, confirmed, refuted


def is_pivot_order(gram: ArrayLike, order: ArrayLike, targets: ArrayLike | None = None, tol: float = 1e-5) -> Verdict:
    """Check that every feature of an order takes most of what the ones before it leave.

    Parameters
    ----------
    gram : array_like, shape (n, n)
    order : array_like of int, shape (k,)
        ``pivoted_cholesky(...).order``, or of `pivoted_cholesky_targets` if there are targets.
    targets : array_like, shape (p, n), optional
    tol : float
        By what part a feature may fall short of the best one: rounding decides between those that are nearly equal.

    Returns
    -------
    Verdict
        Its value is the largest part by which a feature falls short. Also refuted for a feature that the ones before it
        span, numerically.

    Raises
    ------
    ValueError
        If an argument is not of this kind.

    Notes
    -----
    By a least squares problem for each step, where the construction updates a factor. Cost O(k^2 n^2): for small ones.
    """
    matrix, tol = as_gram(gram), as_positive(tol, "tol")
    indices = as_choice(order, len(matrix), "order")
    values = None if targets is None else as_targets(targets, len(matrix))
    floor = RANK * float(np.diag(matrix).max())
    worst = 0.0
    for step, j in enumerate(indices.tolist()):
        rest = _remainder(matrix, indices[:step].tolist())
        left = np.diag(rest)
        scores = left if values is None else ((values @ rest) ** 2).sum(axis=0) / np.maximum(left, floor / 2)
        # Those near the floor may or may not be candidates.
        if left[j] < floor / 2:
            return refuted(f"feature {j} lies in the span of the {step} before it")
        best = float(scores[left > 2 * floor].max(initial=0))
        short = 1 - float(scores[j]) / best if best > 0 else 0.0
        if not short <= tol:
            return refuted(f"feature {j} takes {short:.3g} less than another could at step {step}", short)
        worst = max(worst, short)
    return confirmed(f"each feature takes the most within {tol:.3g}", worst)


def _remainder(gram: Floats, pivots: list[int]) -> Floats:
    """Return what is left of a Gram matrix outside the span of some features: a Schur complement."""
    if not pivots:
        return gram
    coefficients = lstsq(gram[np.ix_(pivots, pivots)], gram[pivots], check_finite=False)[0]
    remainder: Floats = gram - gram[:, pivots] @ coefficients
    return remainder
