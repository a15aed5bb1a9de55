"""Points in coordinates of their affine hull, centred and well conditioned."""

from __future__ import annotations

import numpy as np

from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.rank import RowSpace, whiten


def affine_hull(points: Floats, rank_tol: float | None = None) -> tuple[Floats, RowSpace]:
    """Whiten points about their mean: ``points ~ origin + white @ to_points``.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    rank_tol : float, optional
        As in `whiten`, for the differences of points.

    Returns
    -------
    origin : ndarray, shape (d,)
        The mean.
    space : RowSpace
        Of the points minus the mean; rank 0 if all points are equal.

    Notes
    -----
    Subtracting a rounded mean would give equal points a rank, and so would any origin outside of their hull. So the
    rank is found from differences to one of the points, close to the median lest an outlier's rounding falls on all;
    equal points then differ by exactly 0. The mean is subtracted afterwards, in coordinates of the span, and what is
    left whitened again. Cost O(n d^2).
    """
    distance = np.abs(points - np.median(points, axis=0)).max(axis=1)
    anchor = points[distance.argmin()]
    space = whiten(points - anchor, rank_tol)
    if not space.rank:
        return anchor.copy(), space
    mean = space.white.mean(axis=0)
    again = whiten(space.white - mean)
    return anchor + mean @ space.to_points, RowSpace(
        again.white, again.to_points @ space.to_points, space.from_points @ again.from_points, space.residual
    )
