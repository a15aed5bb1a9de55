"""Whether an order of pivots is the greedy one: what each step leaves, computed from nothing but the matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import lstsq

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.gram_checks import as_gram, as_kept, as_targets
from theoryprune.geometry.pivoted_cholesky import RANK


def is_pivot_order(gram: ArrayLike, order: ArrayLike, targets: ArrayLike | None = None, tol: float = 1e-5) -> bool:
    """Return whether every feature of an order takes most of what the ones before it leave.

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
    bool
        Also False for a feature that the ones before it span, numerically.

    Raises
    ------
    ValueError
        If an argument is not of this kind.

    Notes
    -----
    By a least squares problem for each step, where the construction updates a factor. Cost O(k^2 n^2): for small ones.
    """
    matrix = as_gram(gram)
    indices = as_kept(order, len(matrix))
    values = None if targets is None else as_targets(targets, len(matrix))
    floor = RANK * float(np.diag(matrix).max())
    for step, j in enumerate(indices.tolist()):
        rest = _remainder(matrix, indices[:step].tolist())
        left = np.diag(rest)
        scores = left if values is None else ((values @ rest) ** 2).sum(axis=0) / np.maximum(left, floor / 2)
        # Those near the floor may or may not be candidates.
        if left[j] < floor / 2 or scores[j] < (1 - tol) * scores[left > 2 * floor].max(initial=0):
            return False
    return True


def _remainder(gram: Floats, pivots: list[int]) -> Floats:
    """Return what is left of a Gram matrix outside the span of some features: a Schur complement."""
    if not pivots:
        return gram
    coefficients = lstsq(gram[np.ix_(pivots, pivots)], gram[pivots], check_finite=False)[0]
    remainder: Floats = gram - gram[:, pivots] @ coefficients
    return remainder
