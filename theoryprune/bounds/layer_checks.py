"""The checker of layer certificates: every bound again from its diagonal, every witness again, by another route."""

from __future__ import annotations

from functools import partial
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.ball import ball_error
from theoryprune.bounds.bound_checks import wrong_bounds
from theoryprune.bounds.claim_checks import accepted, length_of, wrong_ball, wrong_observed, wrong_subject
from theoryprune.bounds.layer import Changes, Layer, as_layer, forms_of, nothing_kept
from theoryprune.bounds.layer_certificate import LayerCertificate
from theoryprune.bounds.layer_fold import no_fold
from theoryprune.bounds.rounding import Floats
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import refuted


def is_layer_certificate(
    certificate: LayerCertificate,
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    tol: float = 1e-8,
    **changes: Unpack[Changes],
) -> Verdict:
    """Check a certificate against the layers it is about.

    Parameters
    ----------
    certificate : LayerCertificate
    V, W, kept, U, slope
        As given to `certify_layer`.
    tol : float
        Relative: by how much a recomputed bound may exceed the stated one, besides 1e-14 of ``||v_j|| ||w_j||`` summed
        over the units that a fold moves or reaches: their residuals are rounded in another way here.
    **changes
        `kept_rows`, `bias`, `kept_bias`, `offset` and `kept_offset` as given to `certify_layer`.

    Returns
    -------
    Verdict
        Its value is the best gain stated.

    Raises
    ------
    ValueError, TypeError
        For layers that are none, as in `certify_layer`.

    Notes
    -----
    The residuals are formed in extended precision with an explicit fold matrix; products and norms come from singular
    value decompositions; the bound schur from the eigenvalues of ``T^(-1/2) A^T A T^(-1/2)`` and of the Schur
    complement. No optimiser and no Cholesky proof is involved. Cost O((n + d)^3).
    """
    step = 1.0 if certificate.tau is None else certificate.tau
    if not 0 < step < np.inf:
        return refuted("tau is not positive")
    layer = as_layer(V, W, kept, U, slope, tau=step, **changes)
    if problem := wrong_subject(certificate, layer.digest()):
        return refuted(problem)
    if layer.tau != certificate.tau:
        return refuted("tau is another one")
    whole, fold = nothing_kept(layer), (certificate.assignment, certificate.multipliers)
    forms = [certificate.gains, certificate.separate, certificate.constant]
    claims = [("", bounds, part, fold) for bounds, part in zip(forms, forms_of(layer), strict=False)]
    for name, bounds, part, rays in [*claims, ("nothing kept: ", certificate.full, whole, no_fold(layer))]:
        if bounds is None:
            return refuted("a form is missing")
        if problem := wrong_bounds(bounds, part, *rays, certificate.nonnegative, tol):
            return refuted(name + problem)
    proved = partial(ball_error, certificate.gains, certificate.separate, certificate.constant, tau=layer.tau)
    problem = wrong_observed(certificate, partial(_gain_at, layer), partial(_gain_at, whole), tol)
    problem = problem or wrong_ball(certificate, proved, partial(_error_at, layer), tol)
    return refuted(problem) if problem else accepted(certificate)


def _gain_at(layer: Layer, point: Floats) -> float:
    length = length_of(_lifted(layer, point))
    return _error_at(layer, point) / length if length > 0 else 0.0


def _error_at(layer: Layer, point: Floats) -> float:
    """The norm of the error at a point, NaN for a point of another shape."""
    lifted = _lifted(layer, point)
    if np.ndim(point) != 1 or len(lifted) != layer.rows.shape[1] or not np.isfinite(lifted).all():
        return float("nan")
    before, after = layer.rows @ lifted, layer.new_rows @ lifted
    kept = layer.slopes[layer.kept]
    first = layer.outgoing @ np.where(before > 0, before, layer.slopes * before)
    return length_of(first - layer.new_outgoing @ np.where(after > 0, after, kept * after) + layer.shift)


def _lifted(layer: Layer, point: Floats) -> Any:
    """The point with the coordinate of the biases, in extended precision."""
    return np.asarray(point if layer.tau is None else np.append(point, layer.tau), dtype=np.longdouble)
