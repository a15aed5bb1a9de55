"""The checker of layer certificates: every bound again from its diagonal, every witness again, by another route."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.ball import ball_error
from theoryprune.bounds.bound_checks import wrong_bounds
from theoryprune.bounds.column_checks import long_norms
from theoryprune.bounds.layer import Layer, as_layer, forms_of, nothing_kept
from theoryprune.bounds.layer_certificate import ARITHMETIC, LayerCertificate
from theoryprune.bounds.rounding import Floats
from theoryprune.geometry import Verdict


def is_layer_certificate(
    certificate: LayerCertificate,
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    kept_rows: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    kept_bias: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    kept_offset: ArrayLike | None = None,
    tol: float = 1e-8,
) -> Verdict:
    """Check a certificate against the layers it is about.

    Parameters
    ----------
    certificate : LayerCertificate
    V, W, kept, U, slope, kept_rows, bias, kept_bias, offset, kept_offset
        As given to `certify_layer`.
    tol : float
        Relative: by how much a recomputed bound may exceed the stated one, besides 1e-14 of ``||v_j|| ||w_j||`` summed
        over the units that a fold moves or reaches: their residuals are rounded in another way here.

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
        return _no("tau is not positive")
    given = {"kept_rows": kept_rows, "bias": bias, "kept_bias": kept_bias, "offset": offset, "kept_offset": kept_offset}
    layer = as_layer(V, W, kept, U, slope, **given, tau=step)
    whole, fold = nothing_kept(layer), (certificate.assignment, certificate.multipliers)
    nobody = np.full(len(layer.slopes), -1), np.zeros(len(layer.slopes))
    if layer.digest() != certificate.digest:
        return _no("the hash is that of other weights")
    if certificate.arithmetic != ARITHMETIC:
        return _no("the claim is about other arithmetic")
    if layer.tau != certificate.tau:
        return _no("tau is another one")
    parts = forms_of(layer)
    stated = [certificate.gains, certificate.separate, certificate.constant][: len(parts)]
    for bounds, part in zip(stated, parts, strict=True):
        if bounds is None or (problem := wrong_bounds(bounds, part, *fold, certificate.nonnegative, tol)):
            return _no("a form is missing" if bounds is None else problem)
    if problem := wrong_bounds(certificate.full, whole, *nobody, certificate.nonnegative, tol):
        return _no(f"nothing kept: {problem}")
    if problem := _wrong_witness(certificate, layer, tol):
        return _no(problem)
    return Verdict(True, False, certificate.best, "every bound follows from its diagonal, every witness attains")


def _no(reason: str) -> Verdict:
    return Verdict(False, False, float("nan"), reason)


def _wrong_witness(certificate: LayerCertificate, layer: Layer, tol: float) -> str:
    """What is not so of the inputs, empty if nothing."""
    whole, slack = nothing_kept(layer), 1 + tol
    for name, pair, point, observed, bounds in (
        ("", layer, certificate.witness, certificate.observed, certificate.gains),
        ("nothing kept: ", whole, certificate.full_witness, certificate.full_observed, certificate.full),
    ):
        if not 0 <= observed <= _attained(pair, point, gain=True) * slack:
            return f"{name}the witness does not attain what is stated"
        if not observed <= bounds.best:
            return f"{name}an observed gain is above the proved one"
    points = (certificate.witness, certificate.full_witness, certificate.error_witness)
    if certificate.nonnegative and any((point < 0).any() for point in points if point is not None):
        return "a witness has negative coordinates"
    error, seen, far = certificate.error, certificate.error_observed, certificate.error_witness
    if certificate.radius is None:
        return "" if error is None and seen is None and far is None else "there is an error without a ball"
    if error is None or seen is None or far is None:
        return "the error on the ball is missing"
    proved = ball_error(certificate.gains, certificate.separate, certificate.constant, certificate.radius, layer.tau)
    if not proved <= error * slack:
        return "the error on the ball does not follow from the gains"
    if not float(long_norms(far[None].astype(np.longdouble))[0]) <= certificate.radius:
        return "the witness of the error lies outside the ball"
    if not 0 <= seen <= min(_attained(layer, far, gain=False) * slack, error):
        return "the witness of the error does not attain what is stated"
    return ""


def _attained(layer: Layer, point: Floats, gain: bool) -> float:
    """The error at a point, or its ratio to the input, in extended precision."""
    lifted = np.asarray(point if layer.tau is None else np.append(point, layer.tau), dtype=np.longdouble)
    if np.ndim(point) != 1 or len(lifted) != layer.rows.shape[1] or not np.isfinite(lifted).all():
        return float("nan")
    before, after = layer.rows @ lifted, layer.new_rows @ lifted
    kept = layer.slopes[layer.kept]
    first = layer.outgoing @ np.where(before > 0, before, layer.slopes * before)
    error = first - layer.new_outgoing @ np.where(after > 0, after, kept * after) + layer.shift
    length = long_norms(lifted[None])[0] if gain else np.longdouble(1)
    return float(long_norms(error[None])[0] / length) if length > 0 else 0.0
