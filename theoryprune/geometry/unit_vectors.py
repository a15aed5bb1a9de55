"""Rows as directions and lengths, which float64 holds apart where it does not hold their squares."""

from __future__ import annotations

import numpy as np

from theoryprune.geometry.arguments import Floats


def unit_vectors(rows: Floats, scale: float = 1.0) -> tuple[Floats, Floats]:
    """Return rows of length 1, or 0 for rows of zeros, and their lengths over `scale`.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
        Of any magnitude.
    scale : float
        In what the lengths are counted: those of rows near the end of float64 would overflow.

    Returns
    -------
    units : ndarray, shape (n, d)
    lengths : ndarray, shape (n,)
    """
    largest = np.abs(rows).max(axis=1, initial=0)
    scaled = rows / np.where(largest > 0, largest, 1)[:, None]  # first, since the square of 1e-200 is 0
    norms = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return scaled / np.where(norms > 0, norms, 1)[:, None], norms * (largest / scale)
