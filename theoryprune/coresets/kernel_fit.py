"""Keep the units that span the output best, and refit their outgoing weights in mean square, without data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import Layer, as_layer
from theoryprune.coresets.fold import folded
from theoryprune.coresets.input_law import Features, Law, features_of, mean_square_error
from theoryprune.coresets.intercept import intercept_of
from theoryprune.coresets.record import Fit, LayerCoreset, identity
from theoryprune.coresets.selection import Select, chosen_units
from theoryprune.geometry import best_fit
from theoryprune.geometry.arguments import Floats, Indices


def kernel_fit(
    incoming: ArrayLike,
    outgoing: ArrayLike,
    budget: int,
    *,
    slope: float = 0.0,
    select: Select = "pivchol",
    blend: float = 1.0,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    law: Law = "gaussian",
    intercept: bool = False,
) -> LayerCoreset:
    """Keep units, and give them the outgoing weights with the least mean squared error for Gaussian inputs.

    Parameters
    ----------
    incoming, outgoing, budget, slope
        As for `merge`.
    select : {"pivchol", "facility"}
        How to choose: by pivoting on the same Gram matrix, the default here, or as `merge` does.
    blend : float
        t in [0, 1]: ``(1 - t) U_merge + t U_kernel``, between the tightest certificate and the least mean error.
    mean : array_like, shape (d,), optional
        Of the input; 0 by default. A bias is a column of `incoming`, so the last entry is 1 (or tau) where the
        others are known.
    covariance : array_like, shape (d, d) or (d,), optional
        Of the input, or its diagonal; the identity by default. 0 for the coordinate of the bias where the others are
        known.
    law : {"gaussian", "second_moment"}
        With a mean: exact for a Gaussian, or cheaper, as if the input were centred with the same second moments.
    intercept : bool
        Whether a constant goes with the weights, `LayerCoreset.shift`: both are then the best together.

    Returns
    -------
    LayerCoreset
        With its `Fit`, and the `Merging` that its choice of units has (of which ``blend=0`` makes full use).
        Deterministic.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, or something is beyond float64.

    Notes
    -----
    ``U = V K[:, C] K[C, C]^-1``, K the means of the products of two units (`theoryprune.geometry.gaussian_gram`; Cho
    and Saul, NIPS 2009, for the default law N(0, I)). Units are first divided by the root of their mean square, so the
    ridge of the solver does not depend on how a unit's scale is split between W and V. No choice of U has a lower mean
    squared error under that law, the weights of `merge` and of a mere selection included, up to that ridge. Units that
    contribute less than 1e-4 of what the largest one does keep the weights they had, and are chosen last: a fit would
    divide by almost nothing, and multiply what is wrong in the assumed law by as much. The fit
    usually lowers the largest error that is found too; the certified one is looser than that of `merge`.

    With an intercept K is centred, ``K - m m^T`` with the means m of the units, and the shift is ``V m - U m[C]``: no
    choice of U and of a constant has a lower mean squared error (`intercept_of` has the theorem), and the mean of the
    error is zero. Units are then divided by their deviations, and constant units cost nothing.

    For a convolution every tap gets the same map of channels; the reported error then leaves out how positions are
    correlated. Cost O(n^2 (d + p) + m^3), and two values of Owen's T function for each pair if there is a mean.

    See Also
    --------
    is_kernel_fit : The checker.
    output_rms : The same error for any coreset.

    Examples
    --------
    >>> result = kernel_fit([[1, 0], [2, 0], [0, 1]], [[1, 1, 1]], 2)
    >>> result.kept.tolist(), result.outgoing.round(6).tolist()
    ([0, 2], [[3.0, 1.0]])
    """
    layer = as_layer(incoming, outgoing, budget, slope)
    if not 0 <= blend <= 1:
        raise ValueError(f"blend must lie in [0, 1], from merge to the refitted weights, got {blend}")
    features = features_of(
        layer.incoming, layer.outgoing, layer.slope, mean, covariance, law, intercept=bool(intercept)
    )
    kept = chosen_units(layer, select, features)
    whole = mean_square_error(features, kept, np.zeros((len(layer.outgoing), len(kept))))
    if layer.budget == layer.units:
        shift = np.zeros(len(layer.outgoing)) if intercept else None
        fit = Fit(0.0, whole, 0.0, float(blend), intercept=bool(intercept))
        return replace(identity(layer, "kernel_fit"), fit=fit, shift=shift)
    return refitted(layer, kept, features, float(blend), whole)


def refitted(layer: Layer, kept: Indices, features: Features, blend: float, whole: float) -> LayerCoreset:
    """`kernel_fit` of checked arguments with the units chosen; `whole` is the root mean square of the output."""
    start = folded(layer.incoming, layer.outgoing, kept, "kernel_fit")
    fitted, ridge = _fitted(features, kept, layer.outgoing)
    weights = (1 - blend) * start.outgoing + blend * fitted if blend < 1 else fitted
    means, shift = features.means, None
    if means is not None:
        after = np.zeros_like(layer.outgoing)
        after[:, kept] = weights
        shift = intercept_of(layer.outgoing, after, means)
    fit = Fit(mean_square_error(features, kept, weights), whole, ridge, blend, intercept=means is not None)
    return replace(start, outgoing=weights, fit=fit, shift=shift)


def _fitted(features: Features, kept: Indices, columns: Floats) -> tuple[Floats, float]:
    heard = ~features.faint[kept]
    weights, ridge, strong = columns[:, kept], 0.0, kept[heard]
    if len(strong):
        targets = features.targets.copy()
        targets[:, kept[~heard]] = 0  # their part is there already
        largest = float(np.abs(targets).max()) or 1.0
        found = best_fit(features.gram, targets / largest, strong)
        sizes = features.sizes[strong]
        weights[:, heard] = found.weights * largest / np.where(sizes > 0, sizes, 1)
        ridge = found.ridge
    return np.where(features.sizes[kept] > 0, weights, 0.0), ridge
