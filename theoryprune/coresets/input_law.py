"""Mean-square error of a layer when its input is Gaussian: in closed form, without data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theoryprune.coresets.arguments import as_matrix, as_pair, as_slope
from theoryprune.coresets.intercept import centred, unit_means
from theoryprune.coresets.rays import rays_of
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry import gaussian_gram, second_moment_gram
from theoryprune.geometry.arguments import Floats, Indices

Law = Literal["gaussian", "second_moment"]
FAINT = 1e-4
"""Units that contribute less than this share of what the largest does are neither chosen for a fit nor refitted."""


@dataclass(frozen=True, eq=False)
class Features:
    """The units of a layer as random variables, each divided by the root of its mean square.

    Parameters
    ----------
    gram : ndarray, shape (n, n)
        Means of their products: ones on the diagonal, zeros for units that are always 0. With an intercept of their
        products less those of their means, and zeros for units that are constant.
    targets : ndarray, shape (p, n)
        V times `sizes`: the output is `targets` times the divided features.
    sizes : ndarray, shape (n,)
        Roots of the mean squares; deviations with an intercept.
    means : ndarray, shape (n,), or None
        Of the units themselves, with an intercept.
    """

    gram: Floats
    targets: Floats
    sizes: Floats
    means: Floats | None = None

    @property
    def faint(self) -> NDArray[np.bool_]:
        """Units with less than 1e-8 of the largest share of any in the output's mean square: nothing to divide by."""
        shares = np.linalg.norm(self.targets / (np.abs(self.targets).max() or 1.0), axis=0)
        return np.asarray(shares < FAINT * shares.max())


def features_of(
    rows: Floats,
    columns: Floats,
    slope: float,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    law: Law = "gaussian",
    *,
    intercept: bool = False,
) -> Features:
    """Return the Gram matrix of the units of checked arguments; of rows of any magnitude.

    Raises
    ------
    ValueError
        If a moment has the wrong shape, the law is unknown, or the output is beyond float64.
    """
    if law not in get_args(Law):
        raise ValueError(f"law must be one of {', '.join(map(repr, get_args(Law)))}, got {law!r}")
    rays = rays_of(rows)
    compute = gaussian_gram if law == "gaussian" else second_moment_gram
    gram = compute(rays.units, None, mean, covariance, slope)
    means = unit_means(rays.units, slope, mean, covariance, law) if intercept else None
    if means is not None:
        gram = centred(gram, means)
    roots = np.sqrt(np.diag(gram))
    divided = gram / np.where(roots > 0, roots, 1)[:, None] / np.where(roots > 0, roots, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = rays.lengths * roots
        targets = columns * sizes
    if not np.isfinite(sizes).all() or not np.isfinite(targets).all():
        raise ValueError(
            "incoming and outgoing multiply to more than float64 holds; divide one of them by a power of two and "
            "multiply the result by it"
        )
    return Features((divided + divided.T) / 2, targets, sizes, None if means is None else rays.lengths * means)


def mean_square_error(features: Features, kept: Indices, weights: Floats) -> float:
    """Return ``trace(C K C^T)^(1/2)``, C the outgoing weights less those of the coreset.

    Where the features have an intercept, K is centred: the error beside the best constant.
    """
    change = features.targets.copy()
    change[:, kept] -= weights * features.sizes[kept]
    largest = float(np.abs(change).max(initial=0))
    if not largest:
        return 0.0
    change /= largest
    return largest * float(np.sqrt(max(0.0, float(np.einsum("ij,ij->", change @ features.gram, change)))))


def output_rms(
    coreset: LayerCoreset,
    incoming: ArrayLike,
    outgoing: ArrayLike,
    *,
    slope: float = 0.0,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    law: Law = "gaussian",
) -> float:
    """Return the root of the mean squared norm of a coreset's error, if the input is Gaussian.

    Parameters
    ----------
    coreset : LayerCoreset
        By any method.
    incoming, outgoing, slope
        The layer that it stands for, as for `kernel_fit`.
    mean, covariance, law
        Of the input, as for `kernel_fit`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is not of this kind, or the coreset is of a layer with another number of units or outputs.

    Notes
    -----
    With a shift s the mean square is ``tr(C (K - m m^T) C^T) + |C m - s|^2``, C the outgoing weights less those of the
    coreset (`intercept_of`). Exact for dense layers; for convolutions it leaves out how positions are correlated. Cost
    O(n^2 (d + p)).
    """
    rows, columns = as_pair(incoming, outgoing)
    weights = as_matrix(coreset.outgoing, "the outgoing weights of the coreset")
    if coreset.units != len(rows) or len(weights) != len(columns):
        raise ValueError(
            f"coreset must be of this layer, with {len(rows)} units and {len(columns)} outputs, got {coreset.units} "
            f"and {len(weights)}"
        )
    shift, intercept = coreset.shift, coreset.shift is not None
    if shift is not None and np.shape(shift) != (len(columns),):
        raise ValueError(f"the shift of the coreset must have shape ({len(columns)},), got {np.shape(shift)}")
    features = features_of(rows, columns, as_slope(slope), mean, covariance, law, intercept=intercept)
    error = mean_square_error(features, coreset.kept, weights)
    if shift is None or features.means is None:
        return error
    left = columns @ features.means - weights @ features.means[coreset.kept] - shift
    return float(np.hypot(error, np.linalg.norm(left)))
