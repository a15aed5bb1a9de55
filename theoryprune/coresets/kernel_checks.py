"""Whether refitted outgoing weights are the best in mean square, and their error the one that is stated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.coresets.arguments import as_pair, as_slope
from theoryprune.coresets.fold import fold
from theoryprune.coresets.input_law import FAINT
from theoryprune.coresets.intercept import centred, unit_means
from theoryprune.coresets.record import Fit, LayerCoreset
from theoryprune.geometry import Verdict, gaussian_gram, is_best_fit, second_moment_gram
from theoryprune.geometry.arguments import Floats

_TOLERANCE = 1e-9


def is_kernel_fit(
    coreset: LayerCoreset,
    incoming: ArrayLike,
    outgoing: ArrayLike,
    *,
    slope: float = 0.0,
    mean: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    law: str = "gaussian",
) -> Verdict:
    """Check a `kernel_fit` by its normal equations, without solving them.

    Parameters
    ----------
    coreset : LayerCoreset
    incoming, outgoing, slope, mean, covariance, law
        As it was made.

    Returns
    -------
    Verdict
        With the root mean square error, as recomputed.

    Raises
    ------
    ValueError
        If the layer or a moment is not what `kernel_fit` takes.

    Notes
    -----
    With the Gram matrix of the rows as they are, not as divided for the solver: so their magnitudes must be ordinary,
    or it overflows. A blend is first taken apart with `fold`; for a share t of 0 only the error is checked.
    Tolerance 1e-9. Cost O(n^2 (d + p)).
    """
    rows, columns = as_pair(incoming, outgoing)
    kept, fit = np.asarray(coreset.kept), coreset.fit
    if fit is None or np.shape(coreset.outgoing) != (len(columns), len(kept)):
        return Verdict(False, False, float("nan"), "it has no fit, or its weights have the wrong shape")
    compute = gaussian_gram if law == "gaussian" else second_moment_gram
    gram = compute(rows, None, mean, covariance, as_slope(slope))
    change = columns.copy()
    change[:, kept] -= coreset.outgoing
    if fit.intercept != (coreset.shift is not None):
        return Verdict(False, False, float("nan"), "it states a constant without having one, or has one unstated")
    if coreset.shift is not None:
        means = unit_means(
            rows, as_slope(slope), mean, covariance, "gaussian" if law == "gaussian" else "second_moment"
        )
        sizes = np.abs(columns) @ np.abs(means) + np.abs(coreset.outgoing) @ np.abs(means[kept])
        if np.shape(coreset.shift) != (len(columns),) or (np.abs(change @ means - coreset.shift) > 1e-9 * sizes).any():
            return Verdict(False, False, float("nan"), "the shift is not what the weights leave of the mean")
        gram = centred(gram, means)
    rms, whole = (float(np.sqrt(max(0.0, float(np.sum(part @ gram * part))))) for part in (change, columns))
    # Errors far below the output are differences of it, squared.
    allowed = _TOLERANCE * fit.rms + 1e-7 * whole
    if not (abs(rms - fit.rms) <= allowed and abs(whole - fit.target_rms) <= _TOLERANCE * whole):
        return Verdict(False, False, rms, "the stated error is not that of these weights")
    if fit.blend and len(kept) < len(rows):
        weights = (coreset.outgoing - (1 - fit.blend) * fold(rows, columns, kept).outgoing) / fit.blend
        if not _solves(gram, columns, coreset, weights, fit):
            return Verdict(False, False, rms, "the weights do not solve the normal equations")
    return Verdict(True, False, rms, "no other outgoing weights have a smaller mean squared error, up to the ridge")


def _solves(gram: Floats, columns: Floats, coreset: LayerCoreset, weights: Floats, fit: Fit) -> bool:
    sizes = np.sqrt(np.diag(gram))
    safe = np.where(sizes > 0, sizes, 1)
    divided = gram / safe[:, None] / safe
    divided = (divided + divided.T) / 2
    targets = columns * sizes
    shares = np.sqrt(np.square(targets).sum(axis=0))
    faint = (shares < FAINT * shares.max())[coreset.kept]
    own = columns[:, coreset.kept[faint]]
    if not np.allclose(weights[:, faint] * (sizes[coreset.kept] > 0)[faint], own * (sizes[coreset.kept] > 0)[faint]):
        return False
    targets[:, coreset.kept[faint]] = 0
    heard = coreset.kept[~faint]
    return not len(heard) or bool(
        is_best_fit(divided, targets, heard, weights[:, ~faint] * sizes[heard], fit.ridge, _TOLERANCE)
    )
