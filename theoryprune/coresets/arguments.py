"""Checks at the boundary of the room: one pair of layers comes in as finite float64, or an error says why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices


@dataclass(frozen=True, eq=False)
class Layer:
    """A hidden layer between two matrices, and how many of its units may stay.

    Parameters
    ----------
    incoming : ndarray, shape (n, d)
        W, one unit in each row; a bias is a column of it.
    outgoing : ndarray, shape (p, n)
        V, one unit in each column.
    budget : int
        m, at most n.
    slope : float
        Of the rectifier between them.
    """

    incoming: Floats
    outgoing: Floats
    budget: int
    slope: float

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.incoming)


def as_layer(incoming: ArrayLike, outgoing: ArrayLike, budget: int, slope: float) -> Layer:
    """Return the arguments that all constructions share, checked; a budget beyond n counts as n.

    Raises
    ------
    TypeError
        If `budget` is no integer.
    ValueError
        If `budget` is below 1, a matrix has an entry that is not finite, or the shapes or the slope do not fit.
    """
    rows, columns = as_pair(incoming, outgoing)
    return Layer(rows, columns, min(as_budget(budget), len(rows)), as_slope(slope))


def as_pair(incoming: ArrayLike, outgoing: ArrayLike) -> tuple[Floats, Floats]:
    """Return both matrices as float64; never a view that is written to.

    Raises
    ------
    ValueError
        If one is no finite matrix, or they disagree about the number of units.
    """
    rows, columns = as_matrix(incoming, "incoming"), as_matrix(outgoing, "outgoing")
    if columns.shape[1] != len(rows):
        raise ValueError(
            f"outgoing must have one column for each of the {len(rows)} rows of incoming, got shape {columns.shape}; "
            "a convolution of p x n x k x k goes in as moveaxis(1, -1).reshape(-1, n)"
        )
    return rows, columns


def as_matrix(values: ArrayLike, name: str) -> Floats:
    """Return a real, finite matrix with at least one row and one column, as float64.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must be a matrix with at least one row and one column, got shape {array.shape}")
    matrix = array.astype(np.float64, copy=False)
    finite = np.isfinite(matrix)
    if not finite.all():
        place = tuple(int(axis[0]) for axis in np.nonzero(~finite))
        raise ValueError(f"{name} must be finite, but {int((~finite).sum())} entries are not, the first at {place}")
    return matrix


def as_budget(budget: int) -> int:
    """Return a number of units, at least 1.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is below 1.
    """
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer):
        raise TypeError(f"budget must be an integer, the number of units to keep, got {budget!r}")
    if budget < 1:
        raise ValueError(f"budget must be at least 1 unit, got {budget}; a layer cannot do without any")
    return int(budget)


def as_slope(slope: float) -> float:
    """Return the slope of a leaky rectifier, between 0 (ReLU) and 1 (the identity).

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not 0 <= slope <= 1:
        raise ValueError(f"slope must lie in [0, 1], from ReLU to the identity, got {slope}")
    return float(slope)


def as_kept(kept: ArrayLike, units: int) -> Indices:
    """Return indices of kept units in ascending order.

    Raises
    ------
    ValueError
        If there is none, one is repeated or out of range, or they are no integers.
    """
    chosen = np.asarray(kept)
    if chosen.dtype.kind not in "iu" or chosen.ndim != 1 or not len(chosen):
        raise ValueError(f"kept must be a vector of at least one index, got {kept!r}")
    if chosen.min() < 0 or chosen.max() >= units or len(np.unique(chosen)) < len(chosen):
        raise ValueError(f"kept must be distinct indices in [0, {units}), got {kept!r}")
    return np.sort(chosen).astype(np.int64)
