"""The checker of coresets for the largest product, by linear programs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.linf_factor import AGREE, linf_factor
from theoryprune.geometry.verdict import Verdict, confirmed, refuted


def is_linf_coreset(points: ArrayLike, indices: ArrayLike, factor: float) -> Verdict:
    """Check ``max_P |p.x| <= factor * max_S |s.x|`` for all x, by linear programs.

    Parameters
    ----------
    points : array_like, shape (n, d)
        P; for up to about a thousand points.
    indices : array_like of int, shape (s,)
        Of S in P; without repetition, or the claim is refuted.
    factor : float

    Returns
    -------
    Verdict
        Its value is the least factor; it holds up to a relative 1e-6.

    Raises
    ------
    ValueError, ConvergenceError
        As in `linf_factor`.
    """
    chosen = np.asarray(indices)
    if len(np.unique(chosen)) < chosen.size:
        return refuted("an index is repeated")
    least = linf_factor(points, indices)
    if least <= factor * (1 + AGREE):
        return confirmed(f"the least factor is {least:.6g}", least)
    return refuted(f"the least factor is {least:.9g}, more than {factor:.9g}", least)
