"""Which predictions a certified error cannot change."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theoryprune.bounds.arguments import as_reals
from theoryprune.bounds.rounding import UNIT, Floats


def margins(logits: ArrayLike) -> Floats:
    """Return top logit minus second, rounded down, never below 0.

    Parameters
    ----------
    logits : array_like, shape (batch, classes)
        At least two classes, finite.

    Raises
    ------
    ValueError
        For another shape, or entries that are not finite.
    """
    values = as_reals(logits, "logits", (None, None))
    if values.shape[1] < 2:
        raise ValueError(f"logits must have at least two classes, got shape {values.shape}")
    top = np.partition(values, -2, axis=1)[:, -2:]
    with np.errstate(over="ignore"):
        return np.maximum(0.0, np.nextafter(top[:, 1] - top[:, 0], -np.inf))


def unchanged_predictions(logits: ArrayLike, errors: ArrayLike) -> NDArray[np.bool_]:
    """Whether the other network certainly predicts the same class.

    Parameters
    ----------
    logits : array_like, shape (batch, classes)
        Of either network, the original or the pruned one: the criterion is symmetric.
    errors : array_like, scalar or shape (batch,)
        Proved bounds of the l2 difference of the two networks' logits, such as `EndToEnd.error`, or per example
        ``block.error(||z||)`` of the block that ends in the logits.

    Returns
    -------
    ndarray of bool, shape (batch,)
        True where the top class is the only one, and stays it. False says nothing.

    Raises
    ------
    ValueError
        For shapes that do not fit, errors that are negative or NaN.

    Notes
    -----
    Two logits move against each other by at most ``|e_o - e_o'| <= sqrt(2) ||e||``, so ``||e|| < margin / sqrt(2)`` is
    enough; and it is needed, if all is known of e is its norm. About the real arithmetic of both networks: what the
    evaluation of `logits` itself rounded must be added to the errors.

    Examples
    --------
    >>> unchanged_predictions([[3.0, 1.0], [3.0, 2.9]], 1.0)
    array([ True, False])
    """
    gaps = margins(logits)
    bounds = np.asarray(errors, dtype=np.float64)
    if bounds.shape not in {(), gaps.shape}:
        raise ValueError(f"errors must be one number, or one for each of the {len(gaps)} rows, got {bounds.shape}")
    if not (bounds >= 0).all():
        raise ValueError("errors must not be negative or NaN")
    with np.errstate(over="ignore"):
        least = np.nextafter(bounds * (np.sqrt(2.0) * (1 + 8 * UNIT)), np.inf)
    return np.asarray(least < gaps)
