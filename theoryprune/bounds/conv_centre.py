"""The linear map ``T_A diag(w) T_B`` of a pair of convolutions, and its norm: the middle of the sector."""

from __future__ import annotations

import numpy as np

from theoryprune.bounds.conv_norm import taps_norm
from theoryprune.bounds.conv_pair import ConvPair
from theoryprune.bounds.effort import Effort
from theoryprune.bounds.norms import spectral_norm_up
from theoryprune.bounds.rounding import Floats, gamma, norm_up, up
from theoryprune.bounds.taps import Taps


def composed(first: Taps, second: Taps) -> Taps:
    """Return the taps of the map `first` after the map `second`, without padding between.

    Notes
    -----
    The tap at m is ``sum_{s + t = m} A_s B_t``. Cost O(taps taps' p k inputs).
    """
    products = np.einsum("soj,tji->stoi", first.matrices, second.matrices, optimize=True)
    sums = (first.places[:, None] + second.places[None]).reshape(-1, first.places.shape[1])
    places, owner = np.unique(sums, axis=0, return_inverse=True)
    matrices = np.zeros((len(places), *products.shape[2:]))
    np.add.at(matrices, owner.ravel(), products.reshape(-1, *products.shape[2:]))
    return Taps(matrices, places)


def conv_linear_norm(pair: ConvPair, weights: Floats, effort: Effort) -> float:
    """Return an upper bound of ``||T_A diag(w) T_B||`` on the common torus, infinity if there is none.

    Notes
    -----
    Between two convolutions that of their composition, whose rounding is at most ``gamma |A| |B|`` entrywise; before a
    flattened map that of an explicit matrix with a row for each output.
    """
    if pair.torus is None:
        return float("inf")
    right = pair.right
    if pair.left is None:
        return _flattened(pair, weights)
    left = Taps(pair.left.matrices * weights, pair.left.places)
    count = left.matrices.shape[2] * min(len(left.matrices), len(right.matrices))
    spread = norm_up(np.abs(left.matrices).sum(axis=0) @ np.abs(right.matrices).sum(axis=0))
    slack = 2 * gamma(count + len(left.matrices) + len(right.matrices) + 16) * spread
    return up(taps_norm(composed(left, right), pair.torus, effort) + slack, terms=4) if spread else 0.0


def _flattened(pair: ConvPair, weights: Floats) -> float:
    """The rows of A go back through the transposed taps, onto the positions of the input.

    The input is 0 on the rest of the lattice, where what the rows become counts for nothing.
    """
    if pair.matrix is None or pair.torus is None:
        return float("inf")
    p, k = pair.matrix.shape[:2]
    right = pair.right
    left = (pair.matrix * weights[:, None]).reshape(p, k, *pair.hidden)
    total, spread = (np.zeros((p, right.matrices.shape[2], *pair.torus)) for _ in range(2))
    for tap, place in zip(right.matrices, right.places, strict=True):
        axes = zip(place, pair.hidden, pair.torus, strict=True)
        at = (slice(None), slice(None), *np.ix_(*((np.arange(n) + m) % side for m, n, side in axes)))
        total[at] += np.einsum("ji,oj...->oi...", tap, left, optimize=True)
        spread[at] += np.einsum("ji,oj...->oi...", np.abs(tap), np.abs(left), optimize=True)
    inside = (slice(None), slice(None), *(slice(n) for n in pair.real.shape[1:]))
    real = np.repeat(pair.real, total.shape[1] // len(pair.real), axis=0)
    size = norm_up(spread)
    slack = 2 * gamma(k + len(right.matrices) + 16) * size
    return up(spectral_norm_up((total[inside] * real).reshape(p, -1)) + slack, terms=4) if size else 0.0
