"""The four bounds on a gain as a record, with the diagonals that prove them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.pair import Pair
from theoryprune.bounds.rounding import Floats, scale_up, up


@dataclass(frozen=True, eq=False)
class GainBounds:
    """Upper bounds of ``sup ||err(x)|| / ||x||``, rounding included; infinity for one that was not computed or proved.

    Parameters
    ----------
    triangle, product, centre, schur : float
        By `triangle_bound`, `product_bound`, `centre_bound` and the matrix inequality of `is_sector_bound`.
    balance, centre_balance : ndarray, shape (k,)
        The diagonal D behind `product` and behind `centre`, for the scaling of `Pair`.
    sector : ndarray, shape (k,), or None
        The multipliers T behind `schur`; None where it is infinite, or exact because every slope is 1.
    exponent, columns, shares : int, ndarray of int, shape (k,), ndarray of int, shape (k,)
        Of the `Pair`.
    """

    triangle: float
    product: float
    centre: float
    schur: float
    balance: Floats
    centre_balance: Floats
    sector: Floats | None
    exponent: int
    columns: Indices
    shares: Indices

    @property
    def best(self) -> float:
        """The least of the four."""
        return min(self.triangle, self.product, self.centre, self.schur)


def stated(
    pair: Pair,
    rounding: float,
    gains: tuple[float, float, float, float],
    balance: Floats,
    centre_balance: Floats,
    sector: Floats | None,
) -> GainBounds:
    """Return the record of four gains that were proved for the arrays of a pair.

    Parameters
    ----------
    pair : Pair
        What the diagonals refer to: that of the layer, or of flattened convolutions.
    rounding : float
        What the rounding of its arrays adds to any gain.
    gains : tuple of float
        Triangle, product, centre, schur, at the scale of the pair; they are stated at that of the layer.
    balance, centre_balance, sector : ndarray, shape (k,)
        As in `GainBounds`.
    """
    triangle, product, centre, schur = (
        scale_up(up(gain + rounding, terms=2), pair.exponent) if np.isfinite(gain) else float("inf") for gain in gains
    )
    diagonals = (balance, centre_balance, sector)
    return GainBounds(triangle, product, centre, schur, *diagonals, pair.exponent, pair.columns, pair.shares)


def nothing_stated(pair: Pair, rounding: float) -> GainBounds:
    """Return the record of a pair without columns: nothing but rounding is left of the error."""
    none = np.ones(0)
    return stated(pair, rounding, (0.0, 0.0, 0.0, 0.0), none, none, None)
