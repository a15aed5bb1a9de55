"""Points as combinations of the points of a design: how large the coefficients are, summed or at most."""

from __future__ import annotations

import numpy as np

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.design import Evaluation, apply

_BLOCK = 2**21
"""Coefficients held at once."""


def coefficient_norms(targets: Floats, rows: Floats, design: Evaluation) -> tuple[Floats, Floats]:
    """Return the l1 and the largest-entry norm of the coefficients of each target over the rows with weight.

    Parameters
    ----------
    targets : ndarray, shape (m, r)
        In the coordinates of the rows.
    rows : ndarray, shape (n, r)
    design : Evaluation
        Of these rows.

    Returns
    -------
    total, largest : ndarray, shape (m,)
        Of ``c_s = u_s s^T A^{-1} p``, for which ``sum_s c_s s = A A^{-1} p = p``.

    Notes
    -----
    By Jensen's inequality ``total_p <= sqrt(sum_s u_s (s^T A^{-1} p)^2)``, the root of the leverage of p. Cost
    O(m r |S|) for a support S, memory of a block.
    """
    support = np.flatnonzero(design.weights)
    held = apply(design.whitener, rows[support]) * design.weights[support, None]
    total, largest = np.empty(len(targets)), np.empty(len(targets))
    size = max(1, _BLOCK // len(support))
    for first in range(0, len(targets), size):
        block = np.abs(apply(design.whitener, targets[first : first + size]) @ held.T)
        total[first : first + size] = block.sum(axis=1)
        largest[first : first + size] = block.max(axis=1)
    return total, largest
