"""Merge units into others with nearly parallel incoming weights: the default construction."""

from __future__ import annotations

from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.fold import merged
from theoryprune.coresets.record import LayerCoreset
from theoryprune.coresets.selection import Select, chosen_units


def merge(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    select: Select = "facility",
    copies: bool = False,
) -> LayerCoreset:
    """Keep units that stand for all others, and fold the others into them.

    Parameters
    ----------
    incoming : array_like, shape (n, d)
        W, one unit in each row, with the bias as a column (over tau, if the input's last coordinate is tau). For a
        convolution the filters as rows.
    outgoing : array_like, shape (p, n)
        V, one unit in each column. For a convolution of shape (p, n, k, k) its ``moveaxis(1, -1).reshape(-1, n)``.
    budget : int
        m, units to keep. From n on the layer comes back as it is, bit for bit.
    slope : float
        Of the leaky rectifier between them, in [0, 1]. Merging is the same for all.
    select : {"facility", "pivchol"}
        How to choose: `facility_location`, or `theoryprune.geometry.pivoted_cholesky_targets` on the arc-cosine
        kernel, which may fit rows without clusters some per cent better.
    copies : bool
        Only copies of a unit may stand for others, no multiples: for ReLU6 and the like (see `fold`).

    Returns
    -------
    LayerCoreset
        With its `Merging`. Deterministic.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.

    Notes
    -----
    See `facility_location` for the choice and `fold` for the rest, with the bound. Cost O(n^2 d + n p).

    Examples
    --------
    >>> result = merge([[1, 0], [2, 0], [0, 1]], [[1, 1, 1]], 2)
    >>> result.kept.tolist(), result.outgoing.tolist()
    ([0, 2], [[3.0, 1.0]])
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    return merged(layer, chosen_units(layer, select, copies=copies), "merge", copies=copies)
