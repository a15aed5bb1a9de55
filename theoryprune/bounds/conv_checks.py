"""The checker of convolution certificates: every bound again from its diagonal, every witness again."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from numpy.typing import ArrayLike

from theoryprune.bounds.claim_checks import accepted, length_of, wrong_ball, wrong_observed, wrong_subject
from theoryprune.bounds.conv_attained import attained
from theoryprune.bounds.conv_bound_checks import wrong_conv_bounds
from theoryprune.bounds.conv_certificate import ConvCertificate
from theoryprune.bounds.conv_constant import constant_part, of_ones
from theoryprune.bounds.conv_layer import ConvLayer, as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.conv_witness import with_nothing_kept, without_biases
from theoryprune.bounds.layer import Changes
from theoryprune.bounds.layer_fold import no_fold
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window
from theoryprune.geometry import Verdict
from theoryprune.geometry.verdict import refuted
from theoryprune.layers import Layer as Record


def is_conv_certificate(
    certificate: ConvCertificate,
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    size: tuple[int, ...],
    producer: Window,
    consumer: Window | None,
    pool_gain: float = 1.0,
    pool: Record | None = None,
    tol: float = 1e-8,
    **changes: Unpack[Changes],
) -> Verdict:
    """Check a certificate against the convolutions it is about.

    Parameters
    ----------
    certificate : ConvCertificate
    V, W, kept, U, slope, size, producer, consumer, pool_gain, pool
        As given to `certify_conv_layer`.
    tol : float
        Relative: by how much a recomputed bound may exceed the stated one, besides 1e-14 of ``sum ||v_j|| ||w_j||``.
    **changes
        `kept_rows`, `bias`, `kept_bias`, `offset` and `kept_offset` as given to `certify_conv_layer`.

    Returns
    -------
    Verdict
        Its value is the best gain stated.

    Raises
    ------
    ValueError, TypeError, UnsupportedLayerError
        For layers that are none, as in `certify_conv_layer`.

    Notes
    -----
    Symbols come from the fast Fourier transform of the library, strides from aliased frequencies, norms from singular
    values, the matrix inequality from eigenvalues, the error at the witness from the convolutions of torch. Memory of
    all symbols of the torus at once; cost O(frequencies (k^3 + k^2 (p + d))).
    """
    layer = as_conv_layer(V, W, kept, U, slope, size, producer, consumer, pool=pool, pool_gain=pool_gain, **changes)
    if problem := wrong_subject(certificate, layer.digest()):
        return refuted(problem)
    fold, signs = (certificate.assignment, certificate.multipliers), certificate.nonnegative
    still = without_biases(layer)
    whole = with_nothing_kept(still)
    claims = [("", certificate.gains, still, fold, signs)]
    claims.append(("nothing kept: ", certificate.full, whole, no_fold(layer.flat), signs))
    if layer.biased:
        if certificate.of_biases is None:
            return refuted("the bounds of the biases are missing")
        claims.append(("biases: ", certificate.of_biases, of_ones(layer), fold, True))
    for name, bounds, part, rays, above in claims:
        if problem := wrong_conv_bounds(bounds, part, *rays, above, tol):
            return refuted(name + problem)
    if not constant_part(layer, certificate.of_biases) <= certificate.constant * (1 + tol):
        return refuted("the constant part does not follow from the gain of the biases")
    if certificate.torus != conv_pair(still, *fold).torus:
        return refuted("the torus is another one")
    problem = wrong_observed(certificate, partial(_gain_at, still), partial(_gain_at, whole), tol) or wrong_ball(
        certificate, lambda radius: certificate.best * radius + certificate.constant, partial(attained, layer), tol
    )
    return refuted(problem) if problem else accepted(certificate)


def _gain_at(layer: ConvLayer, point: Floats) -> float:
    return attained(layer, point) / max(length_of(point), 2.0**-1000)
