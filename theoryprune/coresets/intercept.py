"""The constant that goes with new outgoing weights, so that the error has mean zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry import rectified_moments
from theoryprune.geometry.arguments import Floats
from theoryprune.geometry.gaussian_features import gaussian_features

_CONSTANT = 1e-12  # of the mean square: a variance below is the rounding of its difference


def intercept_of(before: Floats, after: Floats, means: Floats, precision: float = 2.0**-52) -> Floats:
    """Return ``(V - V') m``: what new outgoing weights leave of the mean of the output.

    Parameters
    ----------
    before, after : ndarray, shape (..., p, n)
        V and V', with zeros for the units that are gone.
    means : ndarray, shape (..., n)
        m, the means of the units.
    precision : float
        Of the numbers in V': twice the largest relative error of their rounding.

    Returns
    -------
    ndarray, shape (..., p)

    Notes
    -----
    **Theorem.** Let h be the units, with means m and the Gram matrix ``K = E h h^T``. Of all constants s, those of
    ``E |V h - V' h - s|^2 = tr((V - V') (K - m m^T) (V - V')^T) + |(V - V') m - s|^2`` (the equation is the sum over
    rows of second moment = variance + squared mean) the one returned is best, and the mean of the error is then zero.
    So the best V' together with its constant is the least-squares fit with the **centred** Gram matrix ``K - m m^T``.

    Where the result is within the rounding of V' and of this sum it is 0: an exact fold leaves no mean, and no noise in
    its place. Data-free quantisation corrects biases alike (Nagel, van Baalen, Blankevoort, Welling, ICCV 2019,
    section 4.2); there weights are rounded, here units are gone. Cost O(p n).
    """
    change = before - after
    sizes = np.where(change != 0, np.abs(before) + np.abs(after), 0.0)
    left, scale = _times(change, means), _times(sizes, np.abs(means))
    stored = _times(np.where(change != 0, np.abs(after), 0.0), np.abs(means))
    rounding = precision * stored + 2.0**-53 * (before.shape[-1] + 2) * scale
    return np.where(np.abs(left) <= rounding, 0.0, left)


def _times(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray((matrix @ vector[..., None])[..., 0])


def unit_means(
    rows: Floats,
    slope: float,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    law: str = "gaussian",
) -> Floats:
    """Return the means of the units of checked arguments, under the law that `features_of` takes."""
    directions, means = gaussian_features(rows, None, mean, covariance)
    if law == "second_moment":
        directions, means = np.column_stack([directions, means]), np.zeros(len(rows))
    rectified = rectified_moments(means, np.linalg.norm(directions, axis=1))[0]
    return np.asarray(slope * means + (1 - slope) * rectified)


def centred(gram: Floats, means: Floats) -> Floats:
    """Return ``K - m m^T``, with zeros for units that are constant to the last digits."""
    varied = np.diag(gram) - means**2 > _CONSTANT * np.diag(gram)
    return np.where(varied[:, None] & varied, gram - means[:, None] * means, 0.0)
