"""Features in an order in which each takes most of what the ones before it leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices, as_count
from theoryprune.geometry.gram_checks import as_gram, as_targets

RANK = 1e-10
"""A feature whose remaining norm squared is below this part of the largest diagonal entry is no pivot."""


@dataclass(frozen=True, eq=False)
class Pivots:
    """An order of features, of which each beginning is a choice of that size.

    Parameters
    ----------
    order : ndarray of int64, shape (k,)
        Distinct features.
    errors : ndarray, shape (k + 1,)
        What is left after 0, 1, ..., k of them, never growing: the trace of K for `pivoted_cholesky`, the mean squared
        error of the targets for `pivoted_cholesky_targets`; to rounding of ``errors[0]``.
    exhausted : bool
        Fewer were found than were asked for: the others are, numerically, in the span of these.
    """

    order: Indices
    errors: Floats
    exhausted: bool


def pivoted_cholesky(gram: ArrayLike, count: int) -> Pivots:
    """Choose features by diagonal pivoting: next always the one farthest from the span of those before.

    Parameters
    ----------
    gram : array_like, shape (n, n)
        K: symmetric, positive semidefinite.
    count : int
        m, at most n.

    Returns
    -------
    Pivots

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Notes
    -----
    ``K = L L^T + S`` with one column of L for each pivot, the largest diagonal entry of S; at ties the lowest index. S
    is never formed but for its diagonal. It stops where no diagonal entry exceeds 1e-10 of the largest one of K. Cost
    O(n m^2) and memory for n m numbers.

    Examples
    --------
    >>> result = pivoted_cholesky([[4, 2, 0], [2, 1, 0], [0, 0, 3]], 3)
    >>> result.order.tolist(), result.errors.tolist(), result.exhausted
    ([0, 2], [8.0, 3.0, 0.0], True)
    """
    matrix = as_gram(gram)
    return _pivots(matrix, as_count(count, "count", most=len(matrix)), None)


def pivoted_cholesky_targets(gram: ArrayLike, targets: ArrayLike, count: int) -> Pivots:
    """Choose features by the greatest decrease of the mean squared error of given targets.

    Parameters
    ----------
    gram, count
        As for `pivoted_cholesky`, whose result and errors it shares.
    targets : array_like, shape (p, n)
        V: the target is ``V phi(x)``, as for `best_fit`.

    Notes
    -----
    With S what the pivots so far leave of K, the best fit by them has the error ``trace(V S V^T)``, and one more pivot
    j lowers it by ``|V S_j|^2 / S_jj``; at ties the lowest index. The same stop as for `pivoted_cholesky`. Cost
    O(n m^2 + p n m + p n^2), in place of O(n^2 m) for S itself.
    """
    matrix = as_gram(gram)
    return _pivots(matrix, as_count(count, "count", most=len(matrix)), as_targets(targets, len(matrix)))


def _pivots(gram: Floats, count: int, targets: Floats | None) -> Pivots:
    left = np.diag(gram).copy()
    floor = RANK * float(left.max())
    columns = np.zeros((len(gram), count))
    products = None if targets is None else targets @ gram
    errors = [float(left.sum() if products is None else np.vdot(products, np.asarray(targets)))]
    order: list[int] = []
    for step in range(count):
        scores = np.where(left > floor, left, -1.0)
        if products is not None:
            squares = np.einsum("ij,ij->j", products, products)
            scores = np.where(left > floor, squares / np.where(left > floor, left, 1), -1.0)
        j = int(scores.argmax())
        if scores[j] < 0:
            break
        column = gram[:, j] - columns[:, :step] @ columns[j, :step]
        columns[:, step] = column / np.sqrt(left[j])
        if products is not None:
            products -= np.outer(products[:, j] / left[j], column)
        left = np.maximum(left - columns[:, step] ** 2, 0)
        left[j] = 0
        order.append(j)
        errors.append(float(left.sum()) if targets is None else max(0.0, errors[-1] - float(scores[j])))
    return Pivots(np.array(order, dtype=np.int64), np.array(errors), len(order) < count)
