"""The checker of an ellipsoid: that it holds all points, with the rounding of its own arithmetic bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import as_points, as_positive, as_vector
from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided

_UNIT = 2.0**-53


def encloses(points: ArrayLike, matrix: ArrayLike, tol: float = 1e-9, *, center: ArrayLike | None = None) -> Verdict:
    """Check that all points lie in ``{x : (x - center)^T matrix (x - center) <= 1 + tol}``.

    Parameters
    ----------
    points : array_like, shape (n, d)
    matrix : array_like, shape (d, d)
        `Lowner.matrix`: symmetric positive semidefinite, or the claim is refuted.
    tol : float
    center : array_like, shape (d,), optional
        `Lowner.center`; by default 0.

    Returns
    -------
    Verdict
        Its value is the largest form minus 1. Inconclusive if a bound on the rounding errors of the form does not
        decide; with an anisotropy of the points above about 1e3 at the default `tol` that is to be expected, since
        the form subtracts numbers larger than itself by its square.

    Raises
    ------
    ValueError
        If an argument is not of this kind.

    Notes
    -----
    Products of length d are off by at most ``(d + 2) 2**-53`` times the product of the absolute values (Higham 2002,
    section 3.1), here twice over. Cost O(n d^2).
    """
    rows, form, slack = as_points(points), as_points(matrix, "matrix"), as_positive(tol, "tol")
    d = rows.shape[1]
    if form.shape != (d, d):
        raise ValueError(f"matrix must have shape ({d}, {d}), got {form.shape}")
    if np.abs(form - form.T).max() > 1e-12 * np.abs(form).max():
        return refuted("the matrix is not symmetric")
    if np.linalg.eigvalsh(form)[0] < -1e-12 * np.abs(form).max() * d:
        return refuted("the matrix is not positive semidefinite")
    middle = np.zeros(d) if center is None else as_vector(center, d, "center")
    moved = rows - middle
    values = np.einsum("ij,ij->i", moved @ form, moved) - 1
    sizes = np.abs(rows) + np.abs(middle)
    errors = (2 * d + 8) * _UNIT * (1 + np.einsum("ij,ij->i", sizes @ np.abs(form), sizes))
    worst = int(values.argmax())
    value = float(values[worst])
    if (values - errors > slack).any():
        return refuted(f"point {int((values - errors).argmax())} lies outside", value)
    if (values + errors > slack).any():
        return undecided(f"rounding errors up to {float(errors.max()):.3g} leave it open", value)
    return confirmed(f"the form is at most 1 + {slack:.3g} at every point", value)
