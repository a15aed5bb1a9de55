"""The checker of convolution certificates: every bound again from its diagonal, every witness again."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.conv_attained import attained, length_of
from theoryprune.bounds.conv_bound_checks import wrong_conv_bounds
from theoryprune.bounds.conv_certificate import ConvCertificate
from theoryprune.bounds.conv_constant import constant_part, of_ones
from theoryprune.bounds.conv_layer import ConvLayer, as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.conv_witness import with_nothing_kept, without_biases
from theoryprune.bounds.layer_certificate import ARITHMETIC
from theoryprune.bounds.window import Window
from theoryprune.geometry import Verdict
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
    bias: ArrayLike | None = None,
    kept_rows: ArrayLike | None = None,
    kept_bias: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    kept_offset: ArrayLike | None = None,
    tol: float = 1e-8,
) -> Verdict:
    """Check a certificate against the convolutions it is about.

    Parameters
    ----------
    certificate : ConvCertificate
    V, W, kept, U, slope, size, producer, consumer, pool_gain, pool, bias, kept_rows, kept_bias, offset, kept_offset
        As given to `certify_conv_layer`.
    tol : float
        Relative: by how much a recomputed bound may exceed the stated one, besides 1e-14 of ``sum ||v_j|| ||w_j||``.

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
    given = {"kept_rows": kept_rows, "bias": bias, "kept_bias": kept_bias, "offset": offset, "kept_offset": kept_offset}
    layer = as_conv_layer(V, W, kept, U, slope, size, producer, consumer, pool=pool, pool_gain=pool_gain, **given)
    if layer.digest() != certificate.digest:
        return _no("the hash is that of other weights")
    if certificate.arithmetic != ARITHMETIC:
        return _no("the claim is about other arithmetic")
    fold, signs = (certificate.assignment, certificate.multipliers), certificate.nonnegative
    nobody = np.full(len(layer.flat.slopes), -1), np.zeros(len(layer.flat.slopes))
    still = without_biases(layer)
    claims = [("", certificate.gains, still, fold, signs)]
    claims.append(("nothing kept: ", certificate.full, with_nothing_kept(still), nobody, signs))
    if layer.biased:
        if certificate.of_biases is None:
            return _no("the bounds of the biases are missing")
        claims.append(("biases: ", certificate.of_biases, of_ones(layer), fold, True))
    for name, bounds, part, rays, above in claims:
        if problem := wrong_conv_bounds(bounds, part, *rays, above, tol):
            return _no(name + problem)
    if not constant_part(layer, certificate.of_biases) <= certificate.constant * (1 + tol):
        return _no("the constant part does not follow from the gain of the biases")
    if certificate.torus != conv_pair(still, *fold).torus:
        return _no("the torus is another one")
    if problem := _wrong_witness(certificate, layer, tol):
        return _no(problem)
    return Verdict(True, False, certificate.best, "every bound follows from its diagonal, every witness attains")


def _no(reason: str) -> Verdict:
    return Verdict(False, False, float("nan"), reason)


def _wrong_witness(certificate: ConvCertificate, layer: ConvLayer, tol: float) -> str:
    """What is not so of the inputs, empty if nothing."""
    still = without_biases(layer)
    whole, own = with_nothing_kept(still), (certificate.witness, certificate.observed, certificate.gains)
    other = certificate.full_witness, certificate.full_observed, certificate.full
    for name, part, (point, observed, bounds) in (("", still, own), ("nothing kept: ", whole, other)):
        reached = 0.0 if point is None else attained(part, point) / max(length_of(point), 2.0**-1000)
        if not 0 <= observed <= reached * (1 + tol):
            return f"{name}the witness does not attain what is stated"
        if not observed <= bounds.best:
            return f"{name}an observed gain is above the proved one"
    points = (certificate.witness, certificate.full_witness, certificate.error_witness)
    if certificate.nonnegative and any((x < 0).any() for x in points if x is not None):
        return "a witness has negative entries"
    ball = certificate.error, certificate.error_observed, certificate.error_witness
    if certificate.radius is None:
        return "" if all(part is None for part in ball) else "there is an error without a ball"
    if not 0 < certificate.radius < np.inf:
        return "the radius is none"
    error, seen, far = certificate.error, certificate.error_observed, certificate.error_witness
    if error is None or seen is None:
        return "the error on the ball is missing"
    if not certificate.best * certificate.radius + certificate.constant <= error * (1 + tol):
        return "the error on the ball does not follow from the gains"
    if far is not None and not length_of(far) <= certificate.radius:
        return "the witness of the error lies outside the ball"
    if not 0 <= seen <= min(0.0 if far is None else attained(layer, far) * (1 + tol), error):
        return "the witness of the error does not attain what is stated"
    return ""
