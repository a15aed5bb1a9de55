"""Why a pruned unit is merged into one neighbour: combinations of several do not commute with the rectifier."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_matrix
from theoryprune.geometry.arguments import Floats


def conic_gap(rows: ArrayLike, multipliers: ArrayLike, inputs: ArrayLike) -> Floats:
    """Return ``sum_i a_i relu(w_i . x) - relu(sum_i a_i w_i . x)`` for nonnegative a, at each input.

    Parameters
    ----------
    rows : array_like, shape (k, d)
        w_i, whose combination takes the place of one unit.
    multipliers : array_like, shape (k,)
        a_i >= 0.
    inputs : array_like, shape (N, d)
        x, one in each row.

    Returns
    -------
    ndarray, shape (N,)
        Never negative.

    Raises
    ------
    ValueError
        If an argument is not of this kind, or a multiplier is negative.

    Notes
    -----
    With ``P = sum_i a_i (w_i . x)_+`` and ``M = sum_i a_i (w_i . x)_-`` (both nonnegative) the gap is ``P - relu(P -
    M) = min(P, M)``: computed so, without the difference. It is 0 exactly where all products have one sign. For a
    leaky rectifier it is ``1 - slope`` times that. See `conic_gap_bound` for all inputs at once.

    So a unit that is a conic combination of others cannot be replaced by them, however exact the combination, but for
    a single neighbour, or where one looks at finitely many inputs or at the linear part only.

    Examples
    --------
    >>> conic_gap([[1, 0], [0, 1]], [1, 1], [[1, 1], [2, -1], [-1, -1]]).tolist()
    [0.0, 1.0, 0.0]
    """
    matrix, shares = _cone(rows, multipliers)
    points = as_matrix(inputs, "inputs")
    if points.shape[1] != matrix.shape[1]:
        raise ValueError(f"inputs must have {matrix.shape[1]} columns, as rows have, got shape {points.shape}")
    products = (points @ matrix.T) * shares
    gaps: Floats = np.minimum(np.maximum(products, 0).sum(axis=1), np.maximum(-products, 0).sum(axis=1))
    return gaps


def conic_gap_bound(rows: ArrayLike, multipliers: ArrayLike) -> float:
    """Return G with `conic_gap` at most ``G |x|`` at every x.

    Parameters
    ----------
    rows, multipliers
        As for `conic_gap`.

    Returns
    -------
    float
        ``1/2 sum_i a_i |e_i|``, e_i the part of w_i orthogonal to the combination, if no row has a negative product
        with it; otherwise ``1/2 sum_i a_i |w_i|``.

    Raises
    ------
    ValueError
        If an argument is not of this kind, or a multiplier is negative.

    Notes
    -----
    With ``w = sum_i a_i w_i`` and ``c_i = w_i . w / |w|^2``, ``e_i = w_i - c_i w``, so ``sum_i a_i e_i = 0``. If all
    ``c_i >= 0`` and, say, ``w . x >= 0``, then ``(w_i . x)_- <= (e_i . x)_-`` and ``sum_i a_i (e_i . x)_- = 1/2 sum_i
    a_i |e_i . x|``, since these add up to 0; likewise on the other side. In general ``min(P, M) <= (P + M) / 2`` gives
    ``1/2 sum_i a_i |w_i|``.
    """
    matrix, shares = _cone(rows, multipliers)
    whole = float(shares @ np.linalg.norm(matrix, axis=1)) / 2
    combined = shares @ matrix
    square = float(combined @ combined)
    along = matrix @ combined
    if square <= 0 or float(along.min()) < 0:
        return whole
    rest = matrix - np.outer(along / square, combined)
    return min(whole, float(shares @ np.linalg.norm(rest, axis=1)) / 2)


def _cone(rows: ArrayLike, multipliers: ArrayLike) -> tuple[Floats, Floats]:
    matrix = as_matrix(rows, "rows")
    shares = as_matrix(np.atleast_2d(np.asarray(multipliers)), "multipliers").ravel()
    if len(shares) != len(matrix):
        raise ValueError(f"multipliers must be {len(matrix)}, one for each row, got {len(shares)}")
    if shares.min() < 0:
        raise ValueError(f"multipliers must not be negative, got {shares.min():.6g} at {int(shares.argmin())}")
    return matrix, shares
