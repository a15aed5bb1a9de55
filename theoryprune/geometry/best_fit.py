"""Outgoing weights for the features that are kept: the best in mean square, given the Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from theoryprune.errors import ConvergenceError
from theoryprune.geometry.arguments import Floats, as_choice
from theoryprune.geometry.gram_checks import as_gram, as_targets

_LARGEST_RIDGE = 1e-4


@dataclass(frozen=True, eq=False)
class BestFit:
    """Weights for the kept features, and the error that they make.

    Parameters
    ----------
    weights : ndarray, shape (p, k)
        U, one column for each kept feature, in the order given.
    rms : float
        Root of the mean squared error, ``trace(C K C^T)^(1/2)`` with C the targets less U at the kept columns.
    target_rms : float
        Of the target itself: what the error would be without any feature.
    ridge : float
        What was added to the diagonal of the kept part of K.
    """

    weights: Floats
    rms: float
    target_rms: float
    ridge: float


def best_fit(gram: ArrayLike, targets: ArrayLike, indices: ArrayLike, ridge: float = 1e-9) -> BestFit:
    """Fit ``h(x) = V phi(x)`` by the kept features alone, in mean square.

    Parameters
    ----------
    gram : array_like, shape (n, n)
        K, the expectations of the products of two features: symmetric, positive semidefinite.
    targets : array_like, shape (p, n)
        V, the weights of all features.
    indices : array_like of int, shape (k,)
        S: the features kept, each once.
    ridge : float
        In multiples of the mean of the kept diagonal; it makes the matrix regular. Raised tenfold, up to 1e-4, until
        its Cholesky decomposition exists.

    Returns
    -------
    BestFit

    Raises
    ------
    ValueError
        If an argument is not of this kind.
    ConvergenceError
        If there is no decomposition with the largest ridge: K is not positive semidefinite.

    Notes
    -----
    ``U = V K[:, S] (K[S, S] + lambda I)^-1``. The error is that of this U, not the Schur complement that the
    best one would have, whose difference cancels. Cost O(k^3 + p n k + p n^2).

    See Also
    --------
    is_best_fit : The checker.

    Examples
    --------
    >>> fit = best_fit([[2, 2], [2, 2]], [[1, 1]], [0])
    >>> fit.weights.round(6).tolist(), fit.rms < 1e-4
    ([[2.0]], True)
    """
    matrix = as_gram(gram)
    values = as_targets(targets, len(matrix))
    kept = as_choice(indices, len(matrix))
    if not 0 <= ridge <= _LARGEST_RIDGE:
        raise ValueError(f"ridge must be in [0, {_LARGEST_RIDGE:g}], got {ridge}")
    inner = matrix[np.ix_(kept, kept)]
    weights, added = _solve(inner, values @ matrix[:, kept], ridge)
    change = values.copy()
    change[:, kept] -= weights
    return BestFit(weights, _root_mean_square(change, matrix), _root_mean_square(values, matrix), added)


def _solve(inner: Floats, right: Floats, ridge: float) -> tuple[Floats, float]:
    size = float(np.trace(inner)) / len(inner)
    if size <= 0:  # the kept features are zero, and so is their part in anything
        return np.zeros_like(right), 0.0
    while ridge <= _LARGEST_RIDGE * 1.5:
        try:
            factor = cho_factor(inner + ridge * size * np.eye(len(inner)), check_finite=False)
        except LinAlgError:
            ridge = max(10 * ridge, 1e-16)
            continue
        return np.ascontiguousarray(cho_solve(factor, right.T, check_finite=False).T), ridge * size
    raise ConvergenceError(
        f"no Cholesky decomposition of the kept part with a ridge of {_LARGEST_RIDGE:g} times its mean diagonal: the "
        "Gram matrix is not positive semidefinite (see is_gram)",
        gap=np.inf,
    )


def _root_mean_square(weights: Floats, gram: Floats) -> float:
    return float(np.sqrt(max(0.0, float(np.einsum("ij,ij->", weights @ gram, weights)))))
