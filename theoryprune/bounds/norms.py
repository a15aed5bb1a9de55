"""A proved upper bound of the spectral norm, accepted by one Cholesky factorisation."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, eigvalsh, get_lapack_funcs
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from theoryprune.bounds.rounding import UNIT, Floats, exponents, gamma, norm_up, scale_up, up

_LANCZOS_FROM = 1500  # sides; below, the tridiagonal reduction is quick and needs no convergence
_EXCESSES = [10.0**power for power in range(-10, -3)]


def spectral_norm_up(matrix: Floats, relative: float = 0.0) -> float:
    """Return a proved upper bound of ``||M||_2``, usually within 1e-10 of it.

    Parameters
    ----------
    matrix : ndarray, shape (rows, columns)
        M, finite float64.
    relative : float
        Entries of the true matrix may differ from M by so much, relatively: ``relative ||M||_F`` is added.

    Returns
    -------
    float
        0 only for a matrix of zeros.

    Notes
    -----
    M is scaled by a power of two and transposed to (m, n), ``m >= n``. ``||M|| <= s`` is accepted if the factorisation
    of ``s^2 I - M^T M - delta I`` runs to its end in float64, with

        delta = 2 (gamma_{n+1} / (1 - gamma_{n+1}) n s^2 + gamma_{m+4} (||M||_F^2 + s^2)),

    the first term for the factorisation (S. Rump, Verification of positive definiteness, BIT 2006, theorem 2.3), the
    second for the product and the diagonal. The factor 2 leaves room for libraries that multiply by reciprocals. s
    starts 1e-10 above the computed norm; after seven refusals, each ten times further away, the Frobenius norm is
    returned. Cost O(m n^2).
    """
    if not matrix.any():
        return 0.0
    exponent = int(exponents(matrix))
    scaled = np.ldexp(matrix, -exponent)
    scaled = scaled if scaled.shape[0] >= scaled.shape[1] else scaled.T
    frobenius = norm_up(scaled)
    norm = frobenius if min(matrix.shape) == 1 else min(frobenius, _verified_norm(scaled, frobenius))
    total = up(norm + relative * frobenius, terms=2) if relative else norm
    return scale_up(total, exponent)


def top_eigenvalue(gram: Floats) -> float:
    """Return the largest eigenvalue of a positive semidefinite matrix, computed, not proved. Cost O(n^3)."""
    n = len(gram)
    if n > _LANCZOS_FROM:
        try:
            start = np.ones(n) + np.arange(n) / n
            return float(eigsh(gram, k=1, which="LA", v0=start, tol=1e-9, return_eigenvectors=False)[0])
        except ArpackNoConvergence:
            pass  # a cluster at the top: the direct method does not mind
    try:
        return float(eigvalsh(gram, subset_by_index=[n - 1, n - 1], check_finite=False)[0])
    except LinAlgError:  # LAPACK's method for a few eigenvalues gives up on some clusters, such as near the identity
        return float(eigvalsh(gram, driver="ev", check_finite=False)[-1])


def is_positive_definite(matrix: Floats) -> bool:
    """Whether the Cholesky factorisation of a symmetric matrix runs to its end in float64; its memory is overwritten.

    Notes
    -----
    This proves that ``matrix + delta I`` is positive semidefinite for a delta of about ``(n + 1) u tr`` (Rump 2006).
    NaN counts as a failure. Cost n^3 / 3.
    """
    if not np.isfinite(np.trace(matrix)):
        return False
    (factorise,) = get_lapack_funcs(("potrf",), (matrix,))
    # The transpose of a row-major symmetric matrix is column-major, so nothing is copied.
    factor, info = factorise(matrix.T, lower=True, overwrite_a=True, clean=False)
    return info == 0 and bool(np.isfinite(np.trace(factor)))


def _verified_norm(matrix: Floats, frobenius: float) -> float:
    m, n = matrix.shape
    gram = matrix.T @ matrix
    computed = np.sqrt(max(top_eigenvalue(gram), 0.0))
    share = gamma(n + 1) / (1 - gamma(n + 1))
    for excess in _EXCESSES:
        s = computed * (1 + excess)
        delta = 2 * (share * n * s * s + gamma(m + 4) * (frobenius**2 + s * s)) * (1 + 16 * UNIT)
        shifted = -gram
        shifted[np.diag_indices(n)] += s * s - delta
        if is_positive_definite(shifted):
            return up(float(s))
    return frobenius
