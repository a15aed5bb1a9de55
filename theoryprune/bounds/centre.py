"""The bound that splits the sector of the activation into its middle, which is linear, and the rest."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import Floats, gamma, norm_up, up
from theoryprune.bounds.tri_prod import product_bound


def centre_bound(pair: Pair, balance: Floats, linear: float | None = None, product: float | None = None) -> float:
    """Return ``||A H B||_2 + ||A G D^-1||_2 ||D B||_2`` with ``H = (I + slopes) / 2``, ``G = I - H``, rounded up.

    Parameters
    ----------
    pair : Pair
    balance : ndarray, shape (k,)
        The diagonal of D, positive.
    linear, product : float, optional
        `middle_norm_up` of the pair, and its `product_bound` for this D, where they are known.

    Notes
    -----
    ``S = H + G T`` with ``|T_jj| <= 1``, and T commutes with D. For slopes that are all alpha this is ``(1 + alpha) /
    2 ||A B|| + (1 - alpha) / 2 ||A D^-1|| ||D B||``; at alpha = 1 the second term is 0 and the bound exact. Cost
    O(k p d) and three spectral norms, or nothing where both parts are known.
    """
    rest = 0.0
    if product is not None and (pair.slopes == pair.slopes[0]).all():
        rest = up((1 - float(pair.slopes[0])) / 2 * product, terms=2)
    elif (pair.slopes < 1).any():
        rest = product_bound(pair, balance, (1 - pair.slopes) / 2)
    return up((middle_norm_up(pair) if linear is None else linear) + rest, terms=2)


def middle_norm_up(pair: Pair) -> float:
    """Return an upper bound of ``||A H B||_2``, which no D enters. Cost O(k p d)."""
    return linear_norm_up(pair, (1 + pair.slopes) / 2)


def linear_norm_up(pair: Pair, weights: Floats) -> float:
    """Return an upper bound of ``||A diag(w) B||_2``. Cost O(k p d)."""
    left = pair.left * weights
    spread = norm_up(np.abs(left) @ np.abs(pair.right))
    slack = gamma(len(weights) + 4) * (1 + gamma(2 * len(weights) + 8)) * spread
    return up(spectral_norm_up(left @ pair.right) + slack, terms=4) if spread else 0.0
